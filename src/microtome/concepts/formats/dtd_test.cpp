// SPDX-License-Identifier: Apache-2.0
// The Describable Textures Dataset as it is unpacked.
#include "microtome/concepts/open.h"
#include "microtome/concepts/testing/small_masks.h"
#include "microtome/concepts/testing/written_folder.h"

namespace microtome::concept_formats {
namespace {

using ::testing::ElementsAre;
using F = const WrittenFolder&;

void write_dtd(F f) {
  for (const char* name : {"banded/banded_0002", "banded/banded_0004", "dotted/dotted_0001"}) {
    f.write(std::string("images/") + name + ".jpg", flat_jpeg(kWidth, kHeight));
  }
  f.write("labels/labels_joint_anno.txt",
          "banded/banded_0002.jpg banded \nbanded/banded_0004.jpg banded lined \r\ndotted/dotted_0001.jpg dotted\n");
  f.write("labels/train1.txt", "banded/banded_0002.jpg\n");
  f.write("labels/val1.txt", "dotted/dotted_0001.jpg\n");
  f.write("labels/test1.txt", "banded/banded_0004.jpg\n");
  f.write("labels/train2.txt", "dotted/dotted_0001.jpg\n");
}

TEST(Dtd, EveryTextureOfAPicture) {
  const WrittenFolder folder("dtd");
  write_dtd(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("texture:banded", "texture:dotted", "texture:lined"));
  const int64_t two = row_of(*set, "images/banded/banded_0004.jpg");
  EXPECT_THAT(set->labels(two).whole_image, ElementsAre(1, 3));
  EXPECT_EQ(set->image_info(two).split, "test");
  EXPECT_EQ(set->image_info(row_of(*set, "images/dotted/dotted_0001.jpg")).split, "val");
}

TEST(Dtd, SaysWhatIsWrong) {
  const std::string list = "labels/labels_joint_anno.txt", train = "labels/train1.txt";
  expect_clear_errors(
      "dtd", write_dtd,
      {{"empty",
        [=](F f) {
          f.write(list, "\n"), f.write(train, ""), f.write("labels/val1.txt", ""), f.write("labels/test1.txt", "");
        },
        {"no line names a picture"}},
       {"no_texture", [=](F f) { f.edit(list, "0002.jpg banded", "0002.jpg"); }, {list + ":1", "has no texture"}},
       {"texture_twice", [=](F f) { f.edit(list, "lined", "banded"); }, {list + ":2", "a texture twice"}},
       {"listed_twice",
        [=](F f) { f.edit(list, "dotted/dotted_0001.jpg dotted", "banded/banded_0002.jpg dotted"); },
        {list + ":3", "banded/banded_0002.jpg is listed twice"}},
       {"upward",
        [=](F f) { f.edit(list, "dotted/dotted_0001", "../dotted_0001"); },
        {list + ":3", "does not name a picture"}},
       {"no_folder",
        [=](F f) { f.edit(list, "dotted/dotted_0001", "dotted_0001"); },
        {list + ":3", "\"dotted_0001.jpg\" does not name"}},
       {"missing", [=](F f) { f.remove("images/dotted/dotted_0001.jpg"); }, {"no such file", list + ":3"}},
       {"cut", [=](F f) { f.cut("images/dotted/dotted_0001.jpg"); }, {"dotted_0001.jpg", "damaged JPEG"}},
       {"text", [=](F f) { f.write("images/dotted/dotted_0001.jpg", "x"); }, {"dotted_0001.jpg", "no JPEG or PNG"}},
       {"split_twice",
        [=](F f) { f.edit("labels/val1.txt", "dotted/dotted_0001", "banded/banded_0002"); },
        {"labels/val1.txt:1", "is in labels/train1.txt:1 already"}},
       {"split_of_none",
        [=](F f) { f.edit(train, "0002", "0003"); },
        {train + ":1", "banded/banded_0003.jpg is not in"}}});
}

}  // namespace
}  // namespace microtome::concept_formats
