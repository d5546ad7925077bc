// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/ade20k_annotations.h"

#include <fmt/format.h>

#include "microtome/concepts/open.h"
#include "microtome/concepts/testing/written_folder.h"

namespace microtome::concept_formats {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using F = const WrittenFolder&;

// What a test draws: for each pixel a class and an instance.
struct Drawn {
  int number = 0, instance = 0;
};

// Red tells the class / 256, green the rest, blue the instance, in levels that rise unevenly.
std::string ade_png(int width, int height, const std::vector<Drawn>& pixels, const std::vector<uint8_t>& blues) {
  Image image(width, height);
  for (size_t i = 0; i < pixels.size(); ++i) {
    image.pixels[3 * i] = static_cast<uint8_t>(pixels[i].number / 256 * 10);
    image.pixels[3 * i + 1] = static_cast<uint8_t>(pixels[i].number % 256);
    image.pixels[3 * i + 2] = blues.at(static_cast<size_t>(pixels[i].instance));
  }
  return encode_png(image);
}

constexpr int kWidth = 10, kHeight = 6;
const std::vector<uint8_t> kBlues = {0, 51, 102, 170, 255};

// Instances 0 (none) to `instances` in a pattern, of the given classes.
std::vector<Drawn> pattern(const std::vector<int>& classes, int step) {
  std::vector<Drawn> pixels;
  for (int i = 0; i < kWidth * kHeight; ++i) {
    const int instance = i * step % 11 % (static_cast<int>(classes.size()) + 1);
    pixels.push_back({instance == 0 ? 0 : classes[static_cast<size_t>(instance) - 1], instance});
  }
  return pixels;
}

// Classes: door 774 (object and part), wall 2978, car 401, wheel 3050 (part), spoke 7 (part of a part). Two doors.
const std::vector<int> kObjects = {774, 2978, 774, 401}, kParts = {3050, 774}, kSpokes = {7};

const std::string kAbbey = "images/training/a/abbey/ADE_train_00000001";
const std::string kOutlier = "images/validation/outliers/ADE_val_00000002";
const std::string kWindow = "images/validation/b/bow_window/indoor/ADE_val_00000003";

void write_2016(F f) {
  for (const std::string& stem : {kAbbey, kOutlier, kWindow}) f.write(stem + ".jpg", flat_jpeg(kWidth, kHeight));
  f.write(kAbbey + "_seg.png", ade_png(kWidth, kHeight, pattern(kObjects, 3), kBlues));
  f.write(kAbbey + "_parts_1.png", ade_png(kWidth, kHeight, pattern(kParts, 5), {0, 9, 10}));
  f.write(kAbbey + "_parts_2.png", ade_png(kWidth, kHeight, pattern(kSpokes, 2), {0, 200}));
  f.write(kAbbey + "_atr.txt",
          "001 # 0 # 0 # door # door # \"open\"\r\n"
          "002 # 0 # 1 # wall # wall # \"\"\r\n"
          "003 # 0 # 0 # door # front door # \"closed # locked\"\r\n"
          "004 # 0 # 0 # car, auto, automobile # car # \"\"\r\n"
          "001 # 1 # 0 # wheel # wheel # \"\"\r\n"
          "002 # 1 # 0 # door # door # \"\"\r\n"
          "001 # 2 # 0 # sp\xf4ke, radius # spoke # \"\"\r\n"  // Latin-1.
          "300 # 0 # 0 # wall # a hidden wall # \"\"\r\n");
  f.write(kOutlier + "_seg.png", ade_png(kWidth, kHeight, pattern({2978}, 4), {3, 4}));
  f.write(kOutlier + "_atr.txt", "001 # 0 # 0 # wall # wall # \"\"\n");
  f.write(kWindow + "_seg.png", ade_png(kWidth, kHeight, pattern({9}, 4), {0, 4}));
  f.write(kWindow + "_atr.txt", "1 # 0 # 0 # car, railcar # car # \"\"\n");
}

void expect_plane(const LabelMap& plane, const std::vector<Drawn>& truth, const std::map<int, std::string>& names,
                  const std::string& category, const ConceptSet& set) {
  ASSERT_EQ(plane.width, kWidth);
  for (size_t i = 0; i < truth.size(); ++i) {
    const Concept& item = set.index().concept_of(plane.labels[i]);
    const auto name = names.find(truth[i].number);
    EXPECT_EQ(item.name, name == names.end() ? "" : name->second) << i;
    if (item.category < 0) continue;
    EXPECT_EQ(set.index().categories().at(static_cast<size_t>(item.category)), category);
  }
}

TEST(Ade20k2016, NamesInstancesByTheirLines) {
  const WrittenFolder folder("ade2016");
  write_2016(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("object:car, auto, automobile", "object:car, railcar", "object:door",
                                               "object:wall", "part:door", "part:sp\xc3\xb4ke", "part:wheel",
                                               "scene:abbey-s", "scene:bow_window-indoor-s"));
  ASSERT_EQ(set->size(), 3);
  const int64_t abbey = row_of(*set, kAbbey + ".jpg");
  EXPECT_EQ(set->image_info(abbey).split, "train");
  EXPECT_EQ(set->image_info(abbey).label_width, kWidth);
  const ImageLabels labels = set->labels(abbey);
  ASSERT_EQ(labels.planes.size(), 3u);
  expect_plane(labels.planes[0], pattern(kObjects, 3), {{774, "door"}, {2978, "wall"}, {401, "car, auto, automobile"}},
               "object", *set);
  expect_plane(labels.planes[1], pattern(kParts, 5), {{3050, "wheel"}, {774, "door"}}, "part", *set);
  expect_plane(labels.planes[2], pattern(kSpokes, 2), {{7, "sp\xc3\xb4ke"}}, "part", *set);
  EXPECT_THAT(labels.whole_image, ElementsAre(*set->index().find("abbey-s")));
  const int64_t outlier = row_of(*set, kOutlier + ".jpg");
  EXPECT_EQ(set->image_info(outlier).split, "val");
  EXPECT_THAT(set->labels(outlier).whole_image, IsEmpty());
  expect_plane(set->labels(outlier).planes.at(0), pattern({2978}, 4), {{2978, "wall"}}, "object", *set);
  EXPECT_THAT(set->labels(row_of(*set, kWindow + ".jpg")).whole_image,
              ElementsAre(*set->index().find("bow_window-indoor-s")));
}

TEST(Ade20k2016, TheFolderTellsTheScene) {
  EXPECT_EQ(ade_scene_of_folder("a/abbey"), "abbey");
  EXPECT_EQ(ade_scene_of_folder("b/bow_window/indoor"), "bow_window-indoor");
  for (const char* none : {"", "outliers", "misc", "u/~unlabelled", "outliers/abbey"}) {
    EXPECT_EQ(ade_scene_of_folder(none), "") << none;
  }
}

TEST(Ade20k2016, SaysWhatIsWrong) {
  const std::string table = kAbbey + "_atr.txt", mask = kAbbey + "_seg.png";
  const auto edit = [=](const char* from, const char* to) { return [=](F f) { f.edit(table, from, to); }; };
  expect_clear_errors(
      "ade2016", write_2016,
      {{"no_table", [=](F f) { f.remove(table); }, {table, "of " + kAbbey + ".jpg", "no such file"}},
       {"few_fields", edit("002 # 0 # 1 # wall", "002 # 0 # wall"), {table + ":2", "5 fields between '#', not 6"}},
       {"instance", edit("002 # 0", "0x2 # 0"), {table + ":2", "\"0x2\" is no instance number"}},
       {"large_instance", edit("002 # 0", "65536 # 0"), {table + ":2", "\"65536\" is no instance number"}},
       {"level", edit("002 # 0", "002 # -1"), {table + ":2", "\"-1\" is no part level"}},
       {"nameless", edit("# wall # wall", "# # wall"), {table + ":2", "has no name"}},
       {"instance_twice", edit("002 # 0", "001 # 0"), {table + ":2", "instance 1 of level 0 is there twice"}},
       {"no_mask", [=](F f) { f.remove(mask); }, {mask, "no such file"}},
       {"cut_mask", [=](F f) { f.cut(mask); }, {mask, "damaged PNG"}},
       {"jpeg_mask", [=](F f) { f.write(mask, flat_jpeg(kWidth, kHeight)); }, {mask, "a mask must be a PNG"}},
       {"no_line", edit("004 # 0", "005 # 0"), {mask, "instance 4 of level 0 is not in the _atr.txt"}},
       {"no_part_line", edit("002 # 1", "007 # 1"), {"_parts_1.png", "instance 2 of level 1"}},
       {"two_names", edit("003 # 0 # 0 # door", "003 # 0 # 0 # gate"), {mask, "class 774 has two names"}},
       {"part_size",
        [](F f) { f.write(kAbbey + "_parts_2.png", encode_png(Image(6, 10))); },
        {"_parts_2.png", "6 x 10"}},
       {"cut_picture", [](F f) { f.cut(kAbbey + ".jpg"); }, {kAbbey + ".jpg", "damaged JPEG"}},
       {"no_picture",
        [](F f) {
          f.remove("images/training/a"), f.remove("images/validation");
          f.write("images/training/b/x", "");
        },
        {"there is no picture"}}});
}

const std::string kStreet = "images/ADE/training/urban/street/ADE_train_00016869";
const std::string kNowhere = "images/ADE/validation/misc/ADE_val_00000009";

std::string object_json(int id, const char* name, int number, int level) {
  return fmt::format(R"({{"id": {}, "name": "{}", "name_ndx": {}, "hypernym": ["x"], "raw_name": "y", "attributes": [],
 "depth_ordering_rank": 1, "occluded": "no", "crop": "0", "parts": {{"hasparts": [], "ispartof": [], "part_level": {}}},
 "instance_mask": "i.png", "polygon": {{"x": [1, 2], "y": [3, 4]}}, "saved_date": "18-Dec-2005 06:56:48"}})",
                     id, name, number, level);
}

std::string picture_json(const std::string& scene, const std::string& objects) {
  return fmt::format(R"({{"annotation": {{"filename": "x.jpg", "folder": "y", "imsize": [6, 10, 3], "source": {{}},
 "scene": {}, "object": {}}}}})",
                     scene, objects);
}

void write_2021(F f) {
  f.write(kStreet + ".jpg", flat_jpeg(kWidth, kHeight));
  f.write(kStreet + "_seg.png", ade_png(kWidth, kHeight, pattern(kObjects, 3), kBlues));
  f.write(kStreet + "_parts_1.png", ade_png(kWidth, kHeight, pattern(kParts, 5), kBlues));
  f.write(kStreet + "_parts_2.png", ade_png(kWidth, kHeight, pattern(kSpokes, 2), kBlues));
  f.write(kStreet + "/instance_000_ADE_train_00016869.png", encode_png(Image(kWidth, kHeight, 1)));
  f.write(kStreet + ".json",
          picture_json(R"(["outdoor", "urban", "street"])",
                       "[" + object_json(0, "door", 774, 0) + "," + object_json(1, "wall", 2978, 0) + "," +
                           object_json(2, "door", 774, 0) + "," + object_json(3, "car, auto", 401, 0) + "," +
                           object_json(4, "wheel", 3050, 1) + "," + object_json(5, "door", 774, 1) + "," +
                           object_json(6, "sp\xf4ke, radius", 7, 2) + "]"));  // Latin-1.
  f.write(kNowhere + ".jpg", flat_jpeg(kWidth, kHeight));
  f.write(kNowhere + "_seg.png", ade_png(kWidth, kHeight, pattern({5}, 7), kBlues));
  f.write(kNowhere + ".json", picture_json(R"(["outdoor", "~not labeled"])", object_json(0, "wall", 5, 0)));
}

TEST(Ade20k2021, NamesClassesByTheirNumbers) {
  const WrittenFolder folder("ade2021");
  write_2021(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("object:wall 5", "object:car", "object:door", "object:wall 2978",
                                               "part:sp\xc3\xb4ke", "part:door", "part:wheel", "scene:street-s"));
  ASSERT_EQ(set->size(), 2);
  const int64_t street = row_of(*set, kStreet + ".jpg"), nowhere = row_of(*set, kNowhere + ".jpg");
  const ImageLabels labels = set->labels(street);
  ASSERT_EQ(labels.planes.size(), 3u);
  expect_plane(labels.planes[0], pattern(kObjects, 3), {{774, "door"}, {2978, "wall 2978"}, {401, "car"}}, "object",
               *set);
  expect_plane(labels.planes[1], pattern(kParts, 5), {{3050, "wheel"}, {774, "door"}}, "part", *set);
  expect_plane(labels.planes[2], pattern(kSpokes, 2), {{7, "sp\xc3\xb4ke"}}, "part", *set);
  EXPECT_THAT(labels.whole_image, ElementsAre(*set->index().find("street")));
  EXPECT_THAT(set->labels(nowhere).whole_image, IsEmpty());
  EXPECT_EQ(set->image_info(street).split, "train");
  EXPECT_EQ(set->image_info(nowhere).split, "val");
  const std::string before = set->hash();
  EXPECT_EQ(open_concept_set(folder.path())->hash(), before);
  folder.edit(kNowhere + ".json", "\"crop\": \"0\"", "\"crop\": \"1\"");
  EXPECT_NE(open_concept_set(folder.path())->hash(), before);
}

TEST(Ade20k2021, SaysWhatIsWrong) {
  const std::string table = kStreet + ".json", mask = kStreet + "_seg.png";
  const auto edit = [=](const char* from, const char* to) { return [=](F f) { f.edit(table, from, to); }; };
  expect_clear_errors(
      "ade2021", write_2021,
      {{"no_table", [=](F f) { f.remove(table); }, {table, "no such file"}},
       {"cut_table", [=](F f) { f.cut(table); }, {table, "damaged json"}},
       {"no_annotation", edit("\"annotation\"", "\"a\""), {table, "the document: there is no \"annotation\""}},
       {"no_objects", edit("\"object\"", "\"o\""), {table, "annotation: there is no \"object\""}},
       {"objects_kind", edit("\"object\": [", "\"object\": 3, \"o\": ["), {table, "\"object\" is not an array"}},
       {"no_id", edit("\"id\": 3,", ""), {table, "object at position 3", "\"id\""}},
       {"no_name", edit("\"name\": \"car, auto\",", ""), {table, "object 3: there is no \"name\""}},
       {"class_kind", edit("\"name_ndx\": 401", "\"name_ndx\": 4.5"), {table, "object 3: \"name_ndx\""}},
       {"class_range", edit("\"name_ndx\": 401", "\"name_ndx\": 6656"), {table, "0 to 6655"}},
       {"no_level", edit("\"part_level\": 1", "\"l\": 1"), {table, "object 4, parts: there is no \"part_level\""}},
       {"two_names",
        edit("\"name\": \"door\"", "\"name\": \"gate\""),
        {table, "class 774 is \"door\" here and \"gate\""}},
       {"unnamed_class", edit("\"name_ndx\": 401", "\"name_ndx\": 402"), {mask, "class 401, which no json names"}},
       {"scene_kind", edit("\"street\"", "4"), {table, "\"scene\" holds something else"}},
       {"no_mask", [=](F f) { f.remove(mask); }, {mask, "no such file"}},
       {"cut_mask", [=](F f) { f.cut(mask); }, {mask, "damaged PNG"}},
       {"part_size",
        [](F f) { f.write(kStreet + "_parts_1.png", encode_png(Image(5, 5))); },
        {"_parts_1.png", "the size is 5 x 5"}},
       {"no_jpeg", [](F f) { f.write(kStreet + ".jpg", "GIF89a"); }, {kStreet + ".jpg"}}});
}

TEST(Ade20k, DamagedFilesGiveErrorsOnly) {
  const WrittenFolder old("ade2016_fuzz"), late("ade2021_fuzz");
  write_2016(old), write_2021(late);
  expect_only_errors(old, kAbbey + "_atr.txt", 300);
  expect_only_errors(old, kAbbey + "_seg.png", 60);
  expect_only_errors(old, kAbbey + ".jpg", 60);
  expect_only_errors(late, kStreet + ".json", 300);
}

}  // namespace
}  // namespace microtome::concept_formats
