// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "microtome/base/workers.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/testing/drawn_masks.h"
#include "microtome/concepts/testing/written_folder.h"

namespace microtome::concept_formats {
namespace {

using ::testing::ElementsAre;

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

// What each class covers, over all planes.
std::map<int, Mask> classes_of(const ImageLabels& labels) {
  std::map<int, Mask> classes;
  for (const LabelMap& plane : labels.planes) {
    for (size_t i = 0; i < plane.labels.size(); ++i) {
      if (plane.labels[i] == 0) continue;
      Mask& mask = classes[plane.labels[i]];
      mask.resize(plane.labels.size());
      mask[i] = 1;
    }
  }
  return classes;
}

const std::string kImages = R"("images": [
  {"id": 139, "file_name": "000000000139.jpg", "width": 12, "height": 9, "license": 2},
  {"id": 285, "file_name": "000000000285.jpg", "width": 7, "height": 5},
  {"id": 632, "file_name": "000000000632.jpg", "width": 3, "height": 4}])";

void write_pictures(const WrittenFolder& f, const std::string& folder) {
  f.write(folder + "/000000000139.jpg", flat_jpeg(12, 9));
  f.write(folder + "/000000000285.jpg", flat_jpeg(7, 5));
  f.write(folder + "/000000000632.jpg", flat_jpeg(3, 4));
}

const std::vector<float> kTriangle = {1.125f, 1.25f, 9.625f, 2.0f, 4.125f, 7.75f};
const std::vector<float> kBowTie = {5.125f, 0.125f, 11.25f, 8.125f, 11.375f, 0.25f, 5.25f, 8.75f};
const std::vector<float> kBeyond = {-3.125f, 2.25f, 4.125f, -1.75f, 9.625f, 9.125f};

const std::string kInstances = "annotations/instances_val2017.json";

void write_instances(const WrittenFolder& f) {
  write_pictures(f, "val2017");
  const auto array = [](const std::vector<float>& corners) { return fmt::format("[{}]", fmt::join(corners, ",")); };
  f.write(kInstances, fmt::format(R"({{"info": {{"year": 2017}}, {}, "annotations": [
  {{"id": 10, "image_id": 139, "category_id": 3, "iscrowd": 0, "area": 1.5, "segmentation": [{}]}},
  {{"id": 11, "image_id": 139, "category_id": 1, "iscrowd": 1, "segmentation": {{"size": [9, 12], "counts": [{}]}}}},
  {{"id": 12, "image_id": 139, "category_id": 3, "iscrowd": 0, "segmentation": [{},{}]}},
  {{"id": 13, "image_id": 285, "category_id": 18, "iscrowd": 0, "segmentation": {{"counts": {}, "size": [5, 7]}}}},
  {{"id": 14, "image_id": 285, "category_id": 1, "iscrowd": 0, "segmentation": [{}]}}],
"categories": [{{"supercategory": "animal", "id": 18, "name": "dog"}}, {{"supercategory": "person", "id": 1, "name": "person"}},
  {{"supercategory": "vehicle", "id": 3, "name": "car"}}]}})",
                                  kImages, array(kTriangle), fmt::join(runs_of(scattered(12, 9, 1), 12, 9), ","),
                                  array(kBowTie), array({0.125f, 0.125f, 2.25f, 0.25f, 1.25f, 3.125f}),
                                  quoted(text_of(runs_of(scattered(7, 5, 2), 7, 5))), array(kBeyond)));
}

TEST(CocoInstances, EveryClassHasAllItsPixels) {
  const WrittenFolder folder("instances");
  write_instances(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("object:person", "object:car", "object:dog"));
  ASSERT_EQ(set->size(), 3);
  const int64_t first = row_of(*set, "val2017/000000000139.jpg"), second = row_of(*set, "val2017/000000000285.jpg");
  EXPECT_EQ(set->image_info(first).split, "val");
  EXPECT_EQ(set->image_info(first).label_width, 12);
  EXPECT_EQ(set->image(first).height, 9);
  const ImageLabels one = set->labels(first), two = set->labels(second);
  const Mask car = drawn({kTriangle, kBowTie, {0.125f, 0.125f, 2.25f, 0.25f, 1.25f, 3.125f}}, 12, 9);
  EXPECT_EQ(classes_of(one), (std::map<int, Mask>{{1, scattered(12, 9, 1)}, {2, car}}));
  EXPECT_EQ(one.planes.size(), 2u) << "they overlap";
  EXPECT_EQ(classes_of(two), (std::map<int, Mask>{{1, drawn({kBeyond}, 7, 5)}, {3, scattered(7, 5, 2)}}));
  EXPECT_TRUE(set->labels(row_of(*set, "val2017/000000000632.jpg")).planes.empty()) << "nobody annotated it";
}

TEST(CocoInstances, ClassesThatDoNotOverlapShareAPlane) {
  const WrittenFolder folder("instances_apart");
  write_instances(folder);
  folder.edit(kInstances, "\"id\": 14, \"image_id\": 285", "\"id\": 14, \"image_id\": 632");
  folder.edit(kInstances, fmt::format("[[{}]]", fmt::join(kBeyond, ",")), "[[0,0,1,0,1,4,0,4]]");
  folder.edit(kInstances, "{\"id\": 10,",
              R"({"id": 9, "image_id": 632, "category_id": 18, "segmentation": [[1,0,3,0,3,4,1,4]]}, {"id": 10,)");
  const auto set = open_concept_set(folder.path());
  const ImageLabels labels = set->labels(row_of(*set, "val2017/000000000632.jpg"));
  ASSERT_EQ(labels.planes.size(), 1u);
  EXPECT_THAT(labels.planes[0].labels, ElementsAre(1, 3, 3, 1, 3, 3, 1, 3, 3, 1, 3, 3));
}

TEST(CocoInstances, FilesOfTwoSplitsMakeOneSetAndOneWithoutPicturesIsLeftOut) {
  const WrittenFolder folder("instances_splits");
  write_instances(folder);
  folder.write("annotations/instances_train2017.json", folder.read(kInstances));
  EXPECT_EQ(open_concept_set(folder.path())->size(), 3);
  const std::string before = open_concept_set(folder.path())->hash();
  write_pictures(folder, "images/train2017");
  const auto set = open_concept_set(folder.path());
  EXPECT_EQ(set->size(), 6);
  EXPECT_EQ(set->image_info(row_of(*set, "images/train2017/000000000139.jpg")).split, "train");
  EXPECT_EQ(classes_of(set->labels(row_of(*set, "images/train2017/000000000285.jpg"))),
            classes_of(set->labels(row_of(*set, "val2017/000000000285.jpg"))));
  EXPECT_NE(set->hash(), before);
  std::vector<ImageLabels> alone(6), together(6);
  for (size_t i = 0; i < 6; ++i) alone[i] = set->labels(static_cast<int64_t>(i));
  parallel_for(3, 60, [&](int, int64_t i) {
    if (i < 6)
      together[static_cast<size_t>(i)] = set->labels(i);
    else
      set->labels(i % 6);
  });
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(alone[i].planes, together[i].planes);
}

TEST(CocoInstances, NumbersOfCategoriesMayBeginAtZero) {
  const WrittenFolder folder("instances_zero");
  write_instances(folder);
  std::string json = folder.read(kInstances);
  for (const std::string key : {"\"category_id\": 1,", "\"id\": 1,"}) {
    for (size_t at; (at = json.find(key)) != std::string::npos;) json[at + key.size() - 2] = '0';
  }
  folder.write(kInstances, json);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("object:person", "object:car", "object:dog"));
  const ImageLabels labels = set->labels(row_of(*set, "val2017/000000000139.jpg"));
  EXPECT_EQ(classes_of(labels).at(1), scattered(12, 9, 1));
}

TEST(Coco, ValuesOfAnyDepthAreRefused) {
  const WrittenFolder folder("instances_deep");
  write_instances(folder);
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 300000; ++i) deep += open;
    folder.write(kInstances, "{\"info\": " + deep);
    EXPECT_THROW(open_concept_set(folder.path()), Error);
  }
}

using F = const WrittenFolder&;

TEST(CocoInstances, SaysWhatIsWrong) {
  const auto edit = [](const char* from, const char* to) { return [=](F f) { f.edit(kInstances, from, to); }; };
  expect_clear_errors(
      "instances", write_instances,
      {{"cut", [](F f) { f.cut(kInstances); }, {kInstances, "damaged json", "line"}},
       {"no_pictures", [](F f) { f.remove("val2017"); }, {"the pictures of annotations/instances_*.json", "val2017/"}},
       {"no_table", edit("\"annotations\"", "\"notes\""), {"there is no \"annotations\""}},
       {"table_of_another_kind",
        edit("\"categories\": [", "\"categories\": 3, \"x\": ["),
        {"\"categories\" is not an array"}},
       {"no_picture",
        [](F f) { f.remove("val2017/000000000285.jpg"); },
        {"000000000285.jpg", "image 285", "no such file"}},
       {"cut_picture", [](F f) { f.cut("val2017/000000000285.jpg"); }, {"damaged JPEG"}},
       {"picture_size",
        [](F f) { f.write("val2017/000000000285.jpg", flat_jpeg(5, 7)); },
        {"the size is 5 x 7", "7 x 5"}},
       {"upward", edit("000000000285.jpg", "../000000000285.jpg"), {"image 285", "does not name a file"}},
       {"twice_an_image", edit("\"id\": 285", "\"id\": 139"), {"image 139", "this id is there twice"}},
       {"twice_a_picture", edit("000000000285.jpg", "000000000139.jpg"), {"image 285", "is listed twice"}},
       {"no_width", edit("\"width\": 7, ", ""), {"image 285", "there is no \"width\""}},
       {"zero_width", edit("\"width\": 7", "\"width\": 0"), {"\"width\" is 0, not a whole number from 1"}},
       {"unknown_image", edit("\"image_id\": 285", "\"image_id\": 286"), {"annotation 13", "there is no image 286"}},
       {"unknown_category", edit("\"category_id\": 18", "\"category_id\": 19"), {"annotation 13", "no category 19"}},
       {"twice_a_category", edit("\"id\": 18", "\"id\": 3"), {"category 3", "this category id is there twice"}},
       {"twice_a_name", edit("\"dog\"", "\"car\""), {"category 3", "category 18 is called \"car\" as well"}},
       {"nameless", edit("\"dog\"", "\"\""), {"category 18", "\"name\" is not a text"}},
       {"odd_polygon", edit("[-3.125,", "["), {"annotation 14", "x and y by turns"}},
       {"far_polygon", edit("[-3.125,", "[1e30,"), {"annotation 14", "far outside"}},
       {"text_in_polygon", edit("[-3.125,", "[\"a\","), {"annotation 14", "is not a number"}},
       {"no_segmentation",
        edit("\"segmentation\": [[-3", "\"s\": [[-3"),
        {"annotation 14", "there is no \"segmentation\""}},
       {"segmentation_kind",
        edit("\"segmentation\": [[-3", "\"segmentation\": 4, \"s\": [[-3"),
        {"annotation 14", "neither polygons"}},
       {"run_size", edit("\"size\": [5, 7]", "\"size\": [7, 5]"), {"annotation 13", "the size is 5 x 7", "image 285"}},
       {"run_size_kind", edit("\"size\": [5, 7]", "\"size\": [5]"), {"annotation 13", "height and width"}},
       {"run_sum",
        edit("\"size\": [9, 12], \"counts\": [", "\"size\": [9, 12], \"counts\": [1,0,"),
        {"annotation 11", "add up to 12 x 9"}},
       {"run_kind",
        edit("\"size\": [9, 12], \"counts\": [", "\"size\": [9, 12], \"counts\": [-1,"),
        {"annotation 11", "a run length is no whole number"}},
       {"run_text", edit("\"counts\": \"", "\"counts\": \" "), {"annotation 13", "is no text of run lengths"}},
       {"counts_kind", edit("\"counts\": \"", "\"counts\": 3, \"c\": \""), {"annotation 13", "neither a text nor"}},
       {"crowd", edit("\"iscrowd\": 1", "\"iscrowd\": 2"), {"annotation 11", "\"iscrowd\" is 2, not a whole number"}}});
}

const std::string kPanoptic = "annotations/panoptic_val2017.json";

std::string segment_png(int width, int height, const std::vector<uint32_t>& ids) {
  Image image(width, height);
  for (size_t i = 0; i < ids.size(); ++i) {
    image.pixels[3 * i] = static_cast<uint8_t>(ids[i] % 256);
    image.pixels[3 * i + 1] = static_cast<uint8_t>(ids[i] / 256 % 256);
    image.pixels[3 * i + 2] = static_cast<uint8_t>(ids[i] / 65536);
  }
  return encode_png(image);
}

// Segments of the first picture: a person, a crowd of persons, grass, void.
constexpr uint32_t kPerson = 3226956, kCrowd = 70000, kGrass = 5;
std::vector<uint32_t> segments() {
  std::vector<uint32_t> ids;
  for (const uint8_t piece : scattered(12, 9, 4)) ids.push_back(piece ? kPerson : kGrass);
  for (size_t i = 0; i < 20; ++i) ids[i * 5] = i % 3 == 0 ? 0 : kCrowd;
  return ids;
}

void write_panoptic(F f) {
  write_pictures(f, "val2017");
  f.write("annotations/panoptic_val2017/000000000139.png", segment_png(12, 9, segments()));
  f.write("annotations/panoptic_val2017/000000000285.png", segment_png(7, 5, std::vector<uint32_t>(35, 16777215)));
  f.write(kPanoptic, "{" + kImages + R"(, "annotations": [
  {"image_id": 139, "file_name": "000000000139.png", "segments_info": [
    {"id": 3226956, "category_id": 1, "iscrowd": 0, "bbox": [0, 0, 1, 1], "area": 3},
    {"id": 70000, "category_id": 1, "iscrowd": 1}, {"id": 5, "category_id": 193, "iscrowd": 0}]},
  {"image_id": 285, "file_name": "000000000285.png", "segments_info": [{"id": 16777215, "category_id": 92, "iscrowd": 0}]}],
"categories": [{"supercategory": "person", "isthing": 1, "id": 1, "name": "person"},
  {"supercategory": "textile", "isthing": 0, "id": 92, "name": "banner"},
  {"supercategory": "plant", "isthing": 0, "id": 193, "name": "grass-merged"}]})");
}

TEST(CocoPanoptic, EveryPixelIsOfItsSegmentsClass) {
  const WrittenFolder folder("panoptic");
  write_panoptic(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("object:person", "stuff:banner", "stuff:grass-merged"));
  ASSERT_EQ(set->size(), 3);
  const ImageLabels labels = set->labels(row_of(*set, "val2017/000000000139.jpg"));
  ASSERT_EQ(labels.planes.size(), 1u);
  const std::vector<uint32_t> ids = segments();
  for (size_t i = 0; i < ids.size(); ++i) {
    const int truth = ids[i] == 0 ? 0 : ids[i] == kGrass ? 3 : 1;
    EXPECT_EQ(labels.planes[0].labels[i], truth) << i;
  }
  EXPECT_EQ(set->labels(row_of(*set, "val2017/000000000285.jpg")).planes.at(0), LabelMap(7, 5, 2));
  EXPECT_TRUE(set->labels(row_of(*set, "val2017/000000000632.jpg")).planes.empty());
}

TEST(CocoPanoptic, SaysWhatIsWrong) {
  const std::string png = "annotations/panoptic_val2017/000000000139.png";
  const auto edit = [](const char* from, const char* to) { return [=](F f) { f.edit(kPanoptic, from, to); }; };
  expect_clear_errors(
      "panoptic", write_panoptic,
      {{"cut", [](F f) { f.cut(kPanoptic); }, {kPanoptic, "damaged json"}},
       {"no_pictures", [](F f) { f.remove("val2017"); }, {"the pictures of annotations/panoptic_*.json"}},
       {"no_masks", [](F f) { f.remove("annotations/panoptic_val2017"); }, {"panoptic_val2017/", "no such file"}},
       {"no_mask", [=](F f) { f.remove(png); }, {png, "image 139", "no such file"}},
       {"cut_mask", [=](F f) { f.cut(png); }, {png, "damaged PNG"}},
       {"jpeg_mask", [=](F f) { f.write(png, flat_jpeg(12, 9)); }, {png, "a mask must be a PNG"}},
       {"mask_size", [=](F f) { f.write(png, segment_png(9, 12, segments())); }, {png, "the size is 9 x 12"}},
       {"unknown_segment",
        [=](F f) { f.write(png, segment_png(12, 9, std::vector<uint32_t>(108, 6))); },
        {png, "segment 6 is not in"}},
       {"empty_segment",
        [=](F f) { f.write(png, segment_png(12, 9, std::vector<uint32_t>(108, 5))); },
        {png, "no pixel belongs to segment 70000"}},
       {"segment_twice", edit("\"id\": 70000", "\"id\": 5"), {"segment 5 is listed twice"}},
       {"segment_range", edit("\"id\": 70000", "\"id\": 16777216"), {"annotation of image 139, a segment", "\"id\""}},
       {"segment_category",
        edit("\"category_id\": 193", "\"category_id\": 194"),
        {"image 139, segment 5", "no category 194"}},
       {"no_segments", edit("\"segments_info\"", "\"segments\""), {"there is no \"segments_info\""}},
       {"two_annotations",
        edit("\"image_id\": 285", "\"image_id\": 139"),
        {"annotation of image 139", "there are two of them"}},
       {"unknown_image", edit("\"image_id\": 285", "\"image_id\": 286"), {"there is no image 286"}},
       {"upward", edit("000000000139.png", "../x.png"), {"\"../x.png\" does not name a PNG"}},
       {"no_isthing", edit("\"isthing\": 0, \"id\": 92", "\"id\": 92"), {"category 92", "there is no \"isthing\""}},
       {"isthing", edit("\"isthing\": 1", "\"isthing\": 7"), {"category 1", "\"isthing\" is 7, not a whole number"}}});
}

const std::string kStuff = "annotations/stuff_train2017.json";

void write_stuff(F f) {
  write_pictures(f, "images/train2017");
  f.write(kStuff, fmt::format(R"({{{}, "annotations": [
  {{"id": 20, "image_id": 139, "category_id": 105, "iscrowd": 0, "segmentation": {{"size": [9, 12], "counts": {}}}}},
  {{"id": 21, "image_id": 139, "category_id": 92, "iscrowd": 0, "segmentation": {{"size": [9, 12], "counts": {}}}}},
  {{"id": 22, "image_id": 285, "category_id": 183, "iscrowd": 0, "segmentation": {{"size": [5, 7], "counts": "0S1"}}}}],
"categories": [{{"supercategory": "textile", "id": 92, "name": "banner"}}, {{"supercategory": "plant", "id": 105, "name": "bush"}},
  {{"supercategory": "other", "id": 183, "name": "other"}}]}})",
                              kImages, quoted(text_of(runs_of(scattered(12, 9, 5), 12, 9))),
                              quoted(text_of(runs_of(scattered(12, 9, 6), 12, 9)))));
}

TEST(CocoStuff, ReadsRunLengthsAndOtherIsNoLabel) {
  const WrittenFolder folder("stuff");
  write_stuff(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("stuff:banner", "stuff:bush"));
  EXPECT_EQ(classes_of(set->labels(row_of(*set, "images/train2017/000000000139.jpg"))),
            (std::map<int, Mask>{{1, scattered(12, 9, 6)}, {2, scattered(12, 9, 5)}}));
  EXPECT_TRUE(classes_of(set->labels(row_of(*set, "images/train2017/000000000285.jpg"))).empty());
  EXPECT_EQ(set->image_info(0).split, "train");
}

std::string grey_png(int width, int height, const std::vector<uint8_t>& samples) {
  Image image(width, height, 1);
  image.pixels = samples;
  return encode_png(image);
}

// Category ids that the maps of the first picture hold.
std::vector<uint8_t> map_samples() {
  std::vector<uint8_t> samples;
  for (int i = 0; i < 108; ++i)
    samples.push_back(std::vector<uint8_t>{0, 92, 105, 183}[static_cast<size_t>(i * i % 7 % 4)]);
  return samples;
}

void write_stuff_maps(F f) {
  write_stuff(f);
  const std::string maps = "annotations/stuff_train2017_pixelmaps/";
  f.write(maps + "000000000139.png", grey_png(12, 9, map_samples()));
  f.write(maps + "000000000285.png", grey_png(7, 5, std::vector<uint8_t>(35, 105)));
  f.write(maps + "000000000632.png", grey_png(3, 4, std::vector<uint8_t>(12, 0)));
}

TEST(CocoStuff, ReadsPixelMapsWhenTheyAreThere) {
  const WrittenFolder folder("stuff_maps");
  write_stuff_maps(folder);
  const auto set = open_concept_set(folder.path());
  const ImageLabels labels = set->labels(row_of(*set, "images/train2017/000000000139.jpg"));
  const std::vector<uint8_t> samples = map_samples();
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(labels.planes.at(0).labels[i], samples[i] == 92 ? 1 : samples[i] == 105 ? 2 : 0) << i;
  }
  EXPECT_EQ(set->labels(row_of(*set, "images/train2017/000000000285.jpg")).planes.at(0), LabelMap(7, 5, 2));
}

TEST(CocoStuff, SaysWhatIsWrong) {
  const std::string map = "annotations/stuff_train2017_pixelmaps/000000000139.png";
  const auto edit = [](const char* from, const char* to) { return [=](F f) { f.edit(kStuff, from, to); }; };
  expect_clear_errors(
      "stuff", write_stuff_maps,
      {{"cut", [](F f) { f.cut(kStuff); }, {kStuff, "damaged json"}},
       {"no_document", [](F f) { f.write(kStuff, "[1, 2]"); }, {kStuff, "no object that holds tables"}},
       {"no_pictures", [](F f) { f.remove("images"); }, {"the pictures of annotations/stuff_*.json"}},
       {"no_categories", edit("\"categories\"", "\"cats\""), {"there is no \"categories\""}},
       {"category_id",
        edit("\"id\": 105", "\"id\": \"105\""),
        {"category at position 1", "\"id\" is \"105\", not a whole number"}},
       {"no_map", [=](F f) { f.remove(map); }, {map, "no such file"}},
       {"cut_map", [=](F f) { f.cut(map); }, {map, "damaged PNG"}},
       {"jpeg_map", [=](F f) { f.write(map, flat_jpeg(12, 9)); }, {map, "a mask must be a PNG"}},
       {"colour_map", [=](F f) { f.write(map, segment_png(12, 9, segments())); }, {map, "a palette or grey PNG"}},
       {"map_size", [=](F f) { f.write(map, grey_png(9, 12, map_samples())); }, {map, "the size is 9 x 12"}},
       {"map_category",
        [=](F f) { f.write(map, grey_png(12, 9, std::vector<uint8_t>(108, 255))); },
        {map, "category 255"}},
       {"image_is_text", edit("{\"id\": 285", "5, {\"id\": 285"), {"image at position 1", "no json object"}}});
  expect_clear_errors(
      "stuff_runs", write_stuff,
      {{"cut", [](F f) { f.cut(kStuff); }, {"damaged json"}},
       {"run_text",
        [](F f) {
          f.edit(kStuff, "\"category_id\": 183", "\"category_id\": 92");
          f.edit(kStuff, "0S1", "0s");
        },
        {"annotation 22", "text of run lengths"}},
       {"run_sum",
        [](F f) {
          f.edit(kStuff, "\"category_id\": 183", "\"category_id\": 92");
          f.edit(kStuff, "0S1", "01");
        },
        {"annotation 22", "add up to 7 x 5"}},
       {"no_id", edit("\"id\": 22, ", ""), {"annotation at position 2", "there is no \"id\""}},
       {"no_image", edit("\"image_id\": 285", "\"image_id\": 1"), {"annotation 22", "no image 1"}},
       {"no_image_id", edit("\"image_id\": 285, ", ""), {"annotation at position 2", "there is no \"image_id\""}},
       {"size", edit("[5, 7]", "[5, 8]"), {"annotation 22", "the size is 8 x 5"}},
       {"category", edit("\"category_id\": 183", "\"category_id\": 0"), {"annotation 22", "no category 0"}},
       {"nameless_file", edit("\"file_name\": \"000000000285.jpg\", ", ""), {"image 285", "there is no \"file_name\""}},
       {"other_twice", edit("\"bush\"", "\"banner\""), {"\"banner\" as well"}}});
}

TEST(Coco, DamagedFilesGiveErrorsOnly) {
  const WrittenFolder instances("instances_fuzz"), panoptic("panoptic_fuzz"), stuff("stuff_fuzz");
  write_instances(instances), write_panoptic(panoptic), write_stuff(stuff);
  expect_only_errors(instances, kInstances, 400);
  expect_only_errors(panoptic, kPanoptic, 300);
  expect_only_errors(panoptic, "annotations/panoptic_val2017/000000000139.png", 50);
  expect_only_errors(stuff, kStuff, 300);
}

}  // namespace
}  // namespace microtome::concept_formats
