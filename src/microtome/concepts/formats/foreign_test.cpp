// SPDX-License-Identifier: Apache-2.0
// What sets from elsewhere bring: photos that lie on their side, names in any bytes, folders without labels, files of
// another kind.
#include <fmt/format.h>
#include <sys/stat.h>

#include "microtome/base/json.h"
#include "microtome/base/plain_text.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/testing/broden_folder.h"
#include "microtome/concepts/testing/small_masks.h"
#include "microtome/concepts/testing/written_folder.h"
#include "microtome/concepts/validation.h"
#include "microtome/image/testing/tagged.h"

namespace microtome::concept_formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using F = const WrittenFolder&;

// 8 x 6, no two turns of it alike.
Image upright_picture() {
  Image image(kWidth, kHeight, 3, 10);
  for (int x = 0; x < 5; ++x) image.at(x, 0)[0] = 200;
  for (int y = 0; y < 3; ++y) image.at(0, y)[1] = 150;
  return image;
}

std::string tagged(int orientation) {
  return with_chunk(encode_png(as_stored(upright_picture(), orientation)), "eXIf", exif(orientation));
}

// Layouts with one picture, whose masks are of the given size.
struct Turned {
  const char* name;
  void (*write)(F folder, int width, int height);
};
const Turned kTurned[] = {
    {"mask_folder",
     [](F f, int width, int height) {
       f.write("images/one.png", "");
       f.write("masks/one.png", filled_mask(2, width, height));
       f.write("names.csv", "number,name\n2,road\n");
     }},
    {"half_masks",
     [](F f, int width, int height) {
       f.write("images/one.png", "");
       f.write("bits/one.png", filled_mask(2, width / 2, height / 2));
       f.write("names.csv", "number,name\n2,road\n");
     }},
    {"pascal_voc",
     [](F f, int width, int height) {
       f.write("JPEGImages/one.jpg", "");
       f.write("SegmentationClass/one.png", filled_mask(2, width, height));
       f.write("ImageSets/Segmentation/train.txt", "one\n");
       f.write("ImageSets/Segmentation/val.txt", "");
     }},
    {"coco",
     [](F f, int width, int height) {
       f.write("val/one.png", "");
       f.write("annotations/instances_val.json",
               fmt::format(R"({{"images":[{{"id":1,"file_name":"one.png","width":{},"height":{}}}],
 "categories":[{{"id":1,"name":"road"}}],"annotations":[]}})",
                           width, height));
     }},
    {"ade20k",
     [](F f, int width, int height) {
       f.write("images/training/a/abbey/one.jpg", "");
       f.write("images/training/a/abbey/one_atr.txt", "1 # 0 # 0 # road # road # \"\"\n");
       Image mask(width, height);
       for (size_t i = 0; i < mask.pixels.size(); i += 3) mask.pixels[i + 1] = 7, mask.pixels[i + 2] = 9;
       f.write("images/training/a/abbey/one_seg.png", encode_png(mask));
     }},
};

TEST(TurnedPictures, LieAsTheirMasksDo) {
  for (const Turned& layout : kTurned) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      for (const bool as_pixels : {false, true}) {  // Masks of the stored pixels, or of the upright picture.
        SCOPED_TRACE(fmt::format("{}, orientation {}, {}", layout.name, orientation, as_pixels));
        const bool swapped = as_pixels && orientation >= 5;
        const WrittenFolder folder(std::string("turned_") + layout.name);
        layout.write(folder, swapped ? kHeight : kWidth, swapped ? kWidth : kHeight);
        const std::string file = open_concept_set(folder.path())->image_info(0).file;
        folder.write(file, tagged(orientation));
        const auto set = open_concept_set(folder.path());
        EXPECT_EQ(set->image(0), swapped ? as_stored(upright_picture(), orientation) : upright_picture());
        EXPECT_EQ(set->image_info(0).width, swapped ? kHeight : kWidth);
        EXPECT_NO_THROW(set->labels(0));
        if (swapped) {
          EXPECT_THAT(set->remarks(), ElementsAre(HasSubstr(file + ": its EXIF orientation is not applied")));
        } else {
          EXPECT_THAT(set->remarks(), IsEmpty());
        }
        const ConceptCheck check = check_concepts(folder.path(), 1, *make_silent_reporter());
        EXPECT_TRUE(check.sound());
        EXPECT_EQ(check.by_kind().contains("picture"), swapped);
      }
    }
  }
}

TEST(TurnedPictures, AreUprightWithoutMasks) {
  const WrittenFolder folder("turned_list");
  for (int orientation = 1; orientation <= 8; ++orientation) {
    folder.write(fmt::format("{}.png", orientation), tagged(orientation));
  }
  const auto photos = open_concept_set(folder.path());
  folder.write("labels.csv", "image,label\n6.png,road\n");
  const auto list = open_concept_set(folder.path());
  ASSERT_EQ(photos->size(), 8);
  for (int64_t image = 0; image < 8; ++image) EXPECT_EQ(photos->image(image), upright_picture());
  EXPECT_EQ(list->image(0), upright_picture());
  EXPECT_EQ(list->image_info(0).label_width, kWidth / 2);
}

TEST(TurnedPictures, TagsMayStandBehindLargeOnes) {
  const WrittenFolder folder("turned_late");
  const Image stored = as_stored(upright_picture(), 6);
  const std::string png = with_chunk(encode_png(stored), "eXIf", exif(6)), note(30000, 'x');
  folder.write("1.png", with_chunk(png, "tEXt", std::string("Comment\0", 8) + note));
  folder.write("2.jpg", with_segment(with_exif(encode_jpeg(stored, 95), 6), 0xE5, note));
  const auto set = open_concept_set(folder.path());
  EXPECT_EQ(set->image(row_of(*set, "1.png")), upright_picture());
  for (int64_t image = 0; image < 2; ++image) EXPECT_EQ(set->image_info(image).width, kWidth);
}

TEST(TurnedPictures, ColoursThatAreNotAppliedAreOneLine) {
  const WrittenFolder folder("colours_said");
  const std::string linear = with_chunk(encode_png(upright_picture()), "gAMA", big_endian(100000, 4));
  for (const char* name : {"b.png", "a.png", "c.png"}) folder.write(name, linear);
  const auto set = open_concept_set(folder.path());
  for (int64_t image = 0; image < 3; ++image) set->image(image), set->image(image);
  EXPECT_THAT(set->remarks(), ElementsAre("a.png and 2 other pictures: its gamma of 1 is not applied, the numbers are "
                                          "taken as sRGB"));
}

// Everything that is printed or stored of a set.
void expect_utf8(const std::string& spec) {
  std::unique_ptr<ConceptSet> set;
  try {
    set = open_concept_set(spec);
  } catch (const Error&) {
  }
  if (set) {
    for (int label = 1; label <= set->index().max_label(); ++label) {
      EXPECT_TRUE(is_utf8(set->index().concept_of(label).name));
      for (const std::string& name : set->index().concept_of(label).synonyms) EXPECT_TRUE(is_utf8(name));
    }
    for (const std::string& category : set->index().categories()) EXPECT_TRUE(is_utf8(category));
    EXPECT_NO_THROW(to_json(concept_statistics(*set, 0.005, 1, *make_silent_reporter())).dump());
  }
  try {
    EXPECT_NO_THROW(to_json(check_concepts(spec, 1, *make_silent_reporter())).dump());
  } catch (const Error&) {
  }
}

TEST(NamesInAnyBytes, AreShownAndNeverADefect) {
  const std::string cafe = "caf\xE9";
  const WrittenFolder masks("latin1_masks"), list("latin1_list"), classes("latin1_classes"), dtd("latin1_dtd"),
      coco("latin1_coco");
  kTurned[0].write(masks, kWidth, kHeight);
  masks.write("images/one.png", encode_png(upright_picture()));
  masks.write("names.csv", "number,name,category\n2," + cafe + ",k\xFC" + "che\n");
  EXPECT_THAT(concept_names(*open_concept_set(masks.path())), ElementsAre("k\xEF\xBF\xBD"
                                                                          "che:caf\xEF\xBF\xBD"));
  list.write(cafe + ".png", encode_png(upright_picture()));
  list.write("labels.csv", "image,label\n" + cafe + ".png," + cafe + "\n");
  EXPECT_EQ(open_concept_set(list.path())->image(0), upright_picture()) << "files are found by their bytes";
  classes.write(cafe + "/1.png", encode_png(upright_picture()));
  classes.write("bar/" + cafe + ".png", "x");
  dtd.write("images/" + cafe + "/1.jpg", flat_jpeg(8, 6));
  dtd.write("labels/labels_joint_anno.txt", cafe + "/1.jpg " + cafe + "\nnone/" + cafe + ".jpg x\n");
  kTurned[3].write(coco, 8, 6);
  coco.edit("annotations/instances_val.json", "road", cafe);
  EXPECT_THAT(concept_names(*open_concept_set(coco.path())), ElementsAre("object:caf\xEF\xBF\xBD"));
  for (F folder : {std::cref(masks), std::cref(list), std::cref(classes), std::cref(dtd), std::cref(coco)}) {
    expect_utf8(folder.path());
  }
}

// Bytes put into every table of every layout that has one.
TEST(NamesInAnyBytes, AreReadWhereverTheyStand) {
  const WrittenFolder masks("bytes_masks"), voc("bytes_voc"), coco("bytes_coco"), ade("bytes_ade"), dtd("bytes_dtd"),
      list("bytes_list"), context("bytes_context");
  kTurned[0].write(masks, kWidth, kHeight);
  masks.write("splits.csv", "image,split\none.png,val\n");
  kTurned[2].write(voc, kWidth, kHeight);
  kTurned[3].write(coco, kWidth, kHeight);
  kTurned[4].write(ade, kWidth, kHeight);
  dtd.write("images/banded/1.jpg", flat_jpeg(8, 6));
  dtd.write("labels/labels_joint_anno.txt", "banded/1.jpg banded lined\n");
  list.write("labels.csv", "image,label,category,split\n1.jpg,dog,animal,val\n");
  list.write("1.jpg", flat_jpeg(8, 6));
  context.write("JPEGImages/1.jpg", flat_jpeg(8, 6));
  context.write("labels.txt", "1: sky\n2: road\n");
  context.write("trainval/1.mat", "x");
  const std::pair<const WrittenFolder*, std::vector<std::string>> tables[] = {
      {&masks, {"names.csv", "splits.csv"}},
      {&voc, {"ImageSets/Segmentation/train.txt"}},
      {&coco, {"annotations/instances_val.json"}},
      {&ade, {"images/training/a/abbey/one_atr.txt"}},
      {&dtd, {"labels/labels_joint_anno.txt"}},
      {&list, {"labels.csv"}},
      {&context, {"labels.txt"}}};
  Rng rng(8, "any bytes");
  const auto damage = [&](std::string text) {
    for (int64_t n = rng.between(1, 3); n > 0; --n) {
      text.insert(static_cast<size_t>(rng.below(static_cast<int64_t>(text.size()))), 1,
                  static_cast<char>(rng.between(128, 255)));
    }
    return text;
  };
  for (const auto& [folder, files] : tables) {
    for (const std::string& file : files) {
      SCOPED_TRACE(folder->path(file));
      const std::string whole = folder->read(file);
      for (int round = 0; round < 60; ++round) {
        folder->write(file, damage(whole));
        expect_utf8(folder->path());
      }
      folder->write(file, whole);
    }
  }
  const BrodenFolder broden("bytes");
  for (const std::string file : {"index.csv", "label.csv", "category.csv", "c_object.csv"}) {
    const std::string whole = read_file(broden.path(file));
    for (int round = 0; round < 60; ++round) {
      broden.write(file, damage(whole));
      expect_utf8(broden.path());
    }
    broden.write(file, whole);
  }
}

TEST(Photos, AreASetWithoutLabels) {
  const WrittenFolder folder("photos");
  folder.write("all/2.jpg", flat_jpeg(8, 6));
  folder.write("all/1.JPG", flat_jpeg(8, 6));
  folder.write("all/notes.txt", "taken in May");
  folder.write("all/broken.png", "");
  const auto set = open_concept_set(folder.path());
  ASSERT_EQ(set->size(), 3);
  EXPECT_EQ(set->index().max_label(), 0);
  EXPECT_THAT(set->labels(row_of(*set, "all/2.jpg")).whole_image, IsEmpty());
  EXPECT_THROW(set->image(row_of(*set, "all/broken.png")), Error);
  const ConceptCheck check = check_concepts(folder.path(), 2, *make_silent_reporter());
  EXPECT_EQ(check.layout, "photos");
  EXPECT_EQ(check.count(Severity::kError), 1);
  EXPECT_EQ(check.by_kind().at("no labels"), 1);
  folder.write("labels.json", "{}");
  EXPECT_THROW(open_concept_set(folder.path()), Error) << "tables of an unknown layout are not passed over";
}

TEST(Sets, SayWhatAFileIsInstead) {
  const WrittenFolder folder("instead");
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 5\n";
  folder.write("set.zip", "PK\x03\x04...");
  folder.write("notes.txt", "x");
  folder.write("pictures/1.jpg", pointer);
  folder.write("pictures/2.jpg", "<!DOCTYPE html><html>");
  folder.write("pictures/3.jpg", "");
  const auto message = [](const auto& work) -> std::string {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message([&] { open_concept_set(folder.path("set.zip")); }),
              HasSubstr("this is a ZIP archive, and a concept set is a folder; unpack it"));
  EXPECT_THAT(message([&] { open_concept_set(folder.path("notes.txt")); }), HasSubstr("this is a file, and"));
  EXPECT_THAT(message([&] { open_concept_set(folder.path("none")); }), HasSubstr("there is no such folder"));
  const auto set = open_concept_set(folder.path("pictures"));
  EXPECT_THAT(message([&] { set->image(row_of(*set, "1.jpg")); }),
              HasSubstr("1.jpg: this is a Git LFS pointer, not the file"));
  EXPECT_THAT(message([&] { set->labels(row_of(*set, "2.jpg")); }), HasSubstr("2.jpg: this is an HTML page"));
  EXPECT_THAT(message([&] { set->image(row_of(*set, "3.jpg")); }), HasSubstr("3.jpg: the file is empty"));
}

TEST(Sets, WhatMayNotBeEnteredIsNoAbsence) {
  const WrittenFolder folder("closed");
  kTurned[0].write(folder, kWidth, kHeight);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0), 0);
  const bool root = ::geteuid() == 0;
  ASSERT_EQ(::seteuid(root ? 65534 : ::geteuid()), 0);
  std::string what;
  try {
    open_concept_set(folder.path());
  } catch (const std::exception& error) {
    what = error.what();
  }
  ASSERT_EQ(::seteuid(root ? 0 : ::geteuid()), 0);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0700), 0);
  EXPECT_THAT(what, testing::AllOf(HasSubstr("ermission denied"), HasSubstr(folder.path())));
}

}  // namespace
}  // namespace microtome::concept_formats
