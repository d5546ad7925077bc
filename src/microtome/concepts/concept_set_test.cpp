// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/concept_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "microtome/base/error.h"
#include "microtome/base/hash.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/broden_writer.h"
#include "microtome/concepts/formats/csv.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/testing/broden_folder.h"

namespace microtome {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Csv, ReadsQuotesLineEndsAndEmptyFields) {
  const auto rows = parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n\"x,\"\"y\"\"\nz\",\n\n,2",
      "t.csv");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].fields, ElementsAre("a", "b"));
  EXPECT_THAT(rows[1].fields, ElementsAre("x,\"y\"\nz", ""));
  EXPECT_THAT(rows[2].fields, ElementsAre("", "2"));
  EXPECT_EQ(rows[1].line, 2);
  EXPECT_EQ(rows[2].line, 5);
  EXPECT_THROW(parse_csv("a\n\"b", "t.csv"), Error);
  EXPECT_THROW(parse_csv("\"b\"c", "t.csv"), Error);
}

TEST(Csv, FieldsComeBack) {
  for (const std::string text : {"", "plain", "a,b", "\"", "two\nlines", " blank", "a;b"}) {
    EXPECT_EQ(parse_csv("x," + csv_field(text), "t.csv").front().fields.back(), text);
  }
  EXPECT_EQ(parse_integer("-12"), -12);
  for (const char* text : {"", "1x", " 1", "1.0", "99999999999999999999"}) EXPECT_FALSE(parse_integer(text)) << text;
  EXPECT_EQ(parse_number("2.5"), 2.5);
  for (const char* text : {"", "nan", "inf", "1,5"}) EXPECT_FALSE(parse_number(text)) << text;
}

TEST(ConceptIndex, FindsNamesAndWhatPeopleSay) {
  const ConceptIndex index({"scene"},
                           {{}, {1, "swimming_pool-s", 0, {0}}, {}, {3, "street", 0, {0}}, {4, "street-s", 0, {0}}});
  EXPECT_EQ(index.display_name(1), "swimming pool");
  EXPECT_EQ(index.find("swimming pool"), 1);
  EXPECT_EQ(index.find("swimming_pool-s"), 1);
  EXPECT_EQ(index.find("street"), 3);
  EXPECT_EQ(index.find("street-s"), 4);
  EXPECT_EQ(index.find(""), std::nullopt);
  EXPECT_EQ(index.find("lake"), std::nullopt);
  EXPECT_EQ(index.max_label(), 4);
}

TEST(Broden, ReadsEveryOddity) {
  const BrodenFolder folder("oddities");
  const auto set = open_concept_set(folder.path());
  const ConceptIndex& index = set->index();
  EXPECT_THAT(index.categories(), ElementsAre("scene", "object", "color"));
  EXPECT_EQ(index.max_label(), 300);
  EXPECT_EQ(index.concept_of(3).name, "cat, \"tom\"");
  EXPECT_EQ(index.concept_of(4).category, 0);  // Covers 1 as a scene, 0.25 as an object.
  EXPECT_THAT(index.concept_of(4).categories, ElementsAre(0, 1));
  EXPECT_EQ(index.concept_of(7).category, -1);
  EXPECT_EQ(index.concept_of(6).name, "");
  ASSERT_EQ(set->size(), 4);
  EXPECT_EQ(set->image_info(1).file, "a/2.jpg");
  EXPECT_EQ(set->image_info(1).split, "val");
  EXPECT_EQ(set->image_info(1).width, 8);
  EXPECT_EQ(set->image_info(1).label_height, 3);

  const ImageLabels first = set->labels(0), second = set->labels(1), third = set->labels(2), fourth = set->labels(3);
  ASSERT_EQ(first.planes.size(), 3u);
  EXPECT_EQ(first.planes[0].at(2, 0), 4);
  EXPECT_EQ(first.planes[1].at(2, 1), 300);
  EXPECT_EQ(first.planes[2].at(3, 2), 2);
  EXPECT_THAT(first.whole_image, ElementsAre(4, 3));
  EXPECT_EQ(first.width, 4);
  EXPECT_TRUE(second.whole_image.empty()) << "label 0 is no label";
  EXPECT_EQ(second.planes.size(), 1u);
  EXPECT_THAT(third.whole_image, ElementsAre(1));
  EXPECT_TRUE(fourth.planes.empty() && fourth.whole_image.empty());
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(set->image(i).width, 8);
}

TEST(Broden, TheHashFollowsEveryTableAndMask) {
  const BrodenFolder folder("hash");
  std::string last = open_concept_set(folder.path())->hash();
  EXPECT_EQ(last.size(), 64u);
  EXPECT_EQ(open_concept_set(folder.path())->hash(), last);
  folder.edit("index.csv", "test", "val");
  EXPECT_NE(open_concept_set(folder.path())->hash(), last);
  last = open_concept_set(folder.path())->hash();
  folder.edit("c_scene.csv", "0,0", "0,0.0");
  EXPECT_NE(open_concept_set(folder.path())->hash(), last);
  last = open_concept_set(folder.path())->hash();
  // Two labels exchanged: the same size.
  const std::string before = BrodenFolder::mask({{1, 6}, {2, 6}}), after = BrodenFolder::mask({{2, 6}, {1, 6}});
  ASSERT_EQ(before.size(), after.size());
  folder.write("images/a/1_color.png", after);
  EXPECT_NE(open_concept_set(folder.path())->hash(), last);
  folder.write("images/a/1_color.png", before);
  EXPECT_EQ(open_concept_set(folder.path())->hash(), last);
}

struct Broken {
  const char* name;
  void (*damage)(const BrodenFolder& folder);
  const char* message;  // What the error must say, behind the folder's name.
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

using F = const BrodenFolder&;
const Broken kBroken[] = {
    {"no_index", [](F f) { f.remove("index.csv"); }, ": this folder is no concept set"},
    {"no_labels", [](F f) { f.remove("label.csv"); }, "/label.csv: "},
    {"no_category_table", [](F f) { f.remove("c_scene.csv"); }, "/c_scene.csv: "},
    {"unknown_column", [](F f) { f.edit("index.csv", "scene", "weather"); },
     "/index.csv:1: unknown column \"weather\""},
    {"missing_column", [](F f) { f.edit("label.csv", "number", "syns"); }, "/label.csv:1: "},
    {"twice_a_column", [](F f) { f.edit("index.csv", "iw", "ih"); }, "/index.csv:1: the column \"ih\" is there twice"},
    {"empty_table", [](F f) { f.write("category.csv", ""); }, "/category.csv:1: the file is empty"},
    {"uneven_row", [](F f) { f.edit("index.csv", "train", "train,x"); },
     "/index.csv:2: the row has 10 fields, the header 9"},
    {"open_quote", [](F f) { f.edit("label.csv", "red-c", "\"red-c"); }, "/label.csv:2: text after a closing quote"},
    {"bad_size", [](F f) { f.edit("index.csv", "val,6", "val,six"); },
     "/index.csv:3: ih is \"six\", not a whole number"},
    {"zero_size", [](F f) { f.edit("index.csv", "val,6", "val,0"); }, "/index.csv:3: ih is \"0\""},
    {"bad_label_number", [](F f) { f.edit("label.csv", "5,sea", "5x,sea"); }, "/label.csv:6: number is \"5x\""},
    {"too_large_label", [](F f) { f.edit("label.csv", "5,sea", "65536,sea"); }, "/label.csv:6: number is \"65536\""},
    {"label_twice", [](F f) { f.edit("label.csv", "5,sea", "4,sea"); }, "/label.csv:6: label 4 is there twice"},
    {"nameless_label", [](F f) { f.edit("label.csv", "ghost", ""); }, "/label.csv:7: label 7 has no name"},
    {"bad_coverage", [](F f) { f.edit("c_color.csv", "1.5", "much"); }, "/c_color.csv:2: coverage is \"much\""},
    {"category_of_nothing", [](F f) { f.edit("c_scene.csv", "2,5", "2,6"); },
     "/c_scene.csv:3: label 6 is not in label.csv"},
    {"cell_beyond", [](F f) { f.edit("index.csv", ",4,", ",301,"); }, "/index.csv:2: the scene cell names label 301"},
    {"cell_negative", [](F f) { f.edit("index.csv", ",4,", ",-4,"); }, "/index.csv:2: the scene cell names label -4"},
    {"cell_ghost", [](F f) { f.edit("index.csv", ",4,", ",7,"); }, "/index.csv:2: the scene cell names label 7"},
    {"cell_number", [](F f) { f.edit("index.csv", ",4,", ",4.5,"); }, "/index.csv:2: the scene cell holds \"4.5\""},
    {"cell_gap", [](F f) { f.edit("index.csv", ";3;", ";;"); }, "/index.csv:2: the object cell holds \"\""},
    {"upward_mask", [](F f) { f.edit("index.csv", "a/2_o", "../2_o"); },
     "/index.csv:3: \"../2_object.png\" in the object column"},
    {"upward_image", [](F f) { f.edit("index.csv", "3.webp", "a/../../3.webp"); }, "/index.csv:4: \"a/../../3.webp\""},
    {"absolute_image", [](F f) { f.edit("index.csv", "3.webp", "/3.webp"); }, "/index.csv:4: \"/3.webp\""},
    {"no_mask", [](F f) { f.remove("images/a/2_object.png"); },
     "/images/a/2_object.png (index.csv:3): there is no such file"},
    {"cut_mask", [](F f) { f.cut("images/a/2_object.png"); }, "/images/a/2_object.png (index.csv:3): damaged PNG"},
    {"grey_mask", [](F f) { f.write("images/a/2_object.png", encode_png(Image(4, 3, 1))); },
     "/images/a/2_object.png (index.csv:3): a label mask must be"},
    {"mask_size", [](F f) { f.write("images/a/2_object.png", encode_label_png(LabelMap(3, 4))); },
     "/images/a/2_object.png (index.csv:3): the size is 3 x 4, index.csv says 4 x 3"},
    {"mask_label_gap",
     [](F f) {
       f.write("images/a/2_object.png", f.mask({{6, 1}}));
     },
     "/images/a/2_object.png (index.csv:3): label 6 is not"},
    {"mask_label_beyond",
     [](F f) {
       f.write("images/a/2_object.png", f.mask({{301, 1}}));
     },
     "/images/a/2_object.png (index.csv:3): label 301 is not"},
    {"no_image", [](F f) { f.remove("images/3.webp"); }, "/images/3.webp (index.csv:4): there is no such file"},
    {"cut_image", [](F f) { f.cut("images/a/2.jpg"); }, "/images/a/2.jpg (index.csv:3): damaged JPEG"},
    {"image_size", [](F f) { f.write("images/4.png", encode_png(Image(6, 8))); },
     "/images/4.png (index.csv:5): the size is 6 x 8"},
};

class BrokenBroden : public testing::TestWithParam<Broken> {};

TEST_P(BrokenBroden, SaysWhatIsWrongAndWhere) {
  const BrodenFolder folder(std::string("broken_") + GetParam().name);
  GetParam().damage(folder);
  try {
    const auto set = open_concept_set(folder.path());
    for (int64_t i = 0; i < set->size(); ++i) set->image(i), set->labels(i);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith(folder.path() + GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, BrokenBroden, testing::ValuesIn(kBroken),
                         [](const auto& variant) { return std::string(variant.param.name); });

TEST(Broden, KnowsItsOrderAndSplit) {
  const auto digest = md5("ade20k/x.jpg");
  EXPECT_NEAR(broden_key("ade20k/x.jpg"), (digest[0] * 256 + digest[1]) / 65536.0, 1.0 / 65536);
  int train = 0;
  for (int i = 0; i < 2000; ++i) train += broden_split("image_" + std::to_string(i)) == "train";
  EXPECT_NEAR(train, 1400, 80);
}

LabelMap random_mask(Rng& rng, int width, int height) {
  static constexpr uint16_t kLabels[] = {0, 1, 2, 3, 400};
  LabelMap map(width, height);
  for (uint16_t& label : map.labels) label = kLabels[rng.below(5)];
  return map;
}

TEST(BrodenWriter, TheReaderFindsWhatWasWritten) {
  const BrodenFolder folder("writer");
  std::filesystem::remove_all(folder.path());
  std::vector<Concept> concepts(401);
  for (const int label : {1, 2, 3, 400})
    concepts[static_cast<size_t>(label)] = {label, "c, " + std::to_string(label), label % 2, {}};
  constexpr int kImages = 20;
  std::vector<Image> images;
  std::vector<std::map<int, BrodenWriter::Cell>> cells;
  Rng rng(3, "writer");
  for (int i = 0; i < kImages; ++i) {
    images.emplace_back(10, 8, 3, static_cast<uint8_t>(i));
    auto& cell = cells.emplace_back();
    for (int category = 0; category < 2; ++category) {
      for (int64_t n = rng.below(3); n > 0; --n) cell[category].planes.push_back(random_mask(rng, 5, 4));
      if (rng.chance(0.3)) cell[category].whole_image.push_back(static_cast<int>(rng.between(1, 3)));
    }
  }
  BrodenWriter writer(folder.path(), {"color", "object"}, concepts);
  parallel_for(3, kImages, [&](int, int64_t i) {
    const int64_t image = kImages - 1 - i;
    const auto slot = static_cast<size_t>(image);
    writer.add(image, "sub/" + std::to_string(image) + ".png", image % 2 ? "val" : "", images[slot], cells[slot]);
  });
  writer.finish();
  const auto set = open_concept_set(folder.path());
  ASSERT_EQ(set->size(), kImages);
  for (int i = 0; i < kImages; ++i) {
    const auto slot = static_cast<size_t>(i);
    EXPECT_EQ(set->image(i), images[slot]);
    EXPECT_EQ(set->image_info(i).split, i % 2 ? "val" : broden_split("sub/" + std::to_string(i) + ".png"));
    std::vector<LabelMap> planes;
    std::vector<int> whole;
    for (const auto& [category, cell] : cells[slot]) {
      planes.insert(planes.end(), cell.planes.begin(), cell.planes.end());
      whole.insert(whole.end(), cell.whole_image.begin(), cell.whole_image.end());
    }
    EXPECT_EQ(set->labels(i).planes, planes);
    EXPECT_EQ(set->labels(i).whole_image, whole);
  }
}

TEST(BrodenWriter, RefusesWhatTheReaderWould) {
  const BrodenFolder folder("writer_refuses");
  BrodenWriter writer(folder.path(), {"object"}, {{}, {1, "cat", 0, {0}}});
  const Image image(4, 4);
  const LabelMap mask(2, 2, 1);
  writer.add(0, "a.png", "", image, {{0, {{mask}, {}}}});
  EXPECT_THROW(writer.add(0, "b.png", "", image, {}), Error) << "index twice";
  EXPECT_THROW(writer.add(1, "a.png", "", image, {}), Error) << "name twice";
  EXPECT_THROW(writer.add(2, "a.jpg", "", image, {{0, {{mask}, {}}}}), Error) << "mask name twice";
  EXPECT_THROW(writer.add(3, "../c.png", "", image, {}), Error);
  EXPECT_THROW(writer.add(4, "c.bmp", "", image, {}), Error);
  EXPECT_THROW(writer.add(5, "c.png", "", image, {{0, {{LabelMap(2, 2, 9)}, {}}}}), Error) << "unknown label";
  EXPECT_THROW(writer.add(6, "d.png", "", image, {{0, {{}, {0}}}}), Error) << "label 0";
  EXPECT_THROW(writer.add(7, "e.png", "", image, {{0, {{mask, LabelMap(3, 2)}, {}}}}), Error) << "two sizes";
  EXPECT_THROW(writer.add(8, "f.png", "", image, {{1, {{mask}, {}}}}), Error) << "unknown category";
}

TEST(Broden, OpensTheRealSet) {
  const char* shared = std::getenv("MICROTOME_SHARED");
  const std::string folder = std::string(shared ? shared : "../shared") + "/datasets/minibroden";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  const auto set = open_concept_set(folder);
  EXPECT_EQ(set->size(), 428);
  EXPECT_EQ(set->index().category_count(), 6);
  EXPECT_EQ(set->index().max_label(), 230);
  EXPECT_EQ(set->index().concept_of(*set->index().find("black")).name, "black-c");
  int64_t planes = 0;
  for (int64_t i = 0; i < set->size(); ++i) {
    EXPECT_EQ(set->image(i).width, 224);
    planes += static_cast<int64_t>(set->labels(i).planes.size());
  }
  EXPECT_EQ(planes, 950);
}

}  // namespace
}  // namespace microtome
