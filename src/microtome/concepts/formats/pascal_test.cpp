// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/pascal_names.h"

#include <fmt/format.h>
#include <zlib.h>

#include "microtome/concepts/open.h"
#include "microtome/concepts/testing/matlab_writing.h"
#include "microtome/concepts/testing/written_folder.h"

namespace microtome::concept_formats {
namespace {

using ::testing::ElementsAre;
using F = const WrittenFolder&;
constexpr int kWidth = 9, kHeight = 7;

Mask scattered(const std::vector<int>& values, uint64_t seed) {
  Rng rng(seed, "pascal");
  Mask mask;
  for (int i = 0; i < kWidth * kHeight; ++i)
    mask.push_back(values[static_cast<size_t>(rng.below(static_cast<int64_t>(values.size())))]);
  return mask;
}

std::string chunk(const std::string& type, const std::string& data) {
  const auto word = [](uint64_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
    return out;
  };
  const std::string body = type + data;
  return word(data.size()) + body +
         word(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
}

// A palette PNG of 4 or 8 bits. Two entries of the palette have one colour, so that colours do not tell classes.
std::string palette_png(const Mask& mask, int width, int height, int bits) {
  std::string rows, palette, head;
  for (int y = 0; y < height; ++y) {
    std::string row((static_cast<size_t>(width * bits) + 7) / 8, '\0');
    for (int x = 0; x < width; ++x) {
      const int value = mask[static_cast<size_t>(y * width + x)];
      row[static_cast<size_t>(x * bits / 8)] |= static_cast<char>(bits == 8 ? value : value << (x % 2 == 0 ? 4 : 0));
    }
    rows += '\0' + row;
  }
  for (int i = 0; i < 1 << bits; ++i) palette += {static_cast<char>(i / 2), static_cast<char>(i % 5), 9};
  for (const int side : {width, height}) head += {0, 0, 0, static_cast<char>(side)};
  head += {static_cast<char>(bits), 3, 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + chunk("PLTE", palette) +
         chunk("IDAT", mat::packed(rows).substr(8)) + chunk("IEND", "");
}

void expect_numbers(const LabelMap& plane, const Mask& mask, const std::map<int, int>& labels) {
  ASSERT_EQ(plane.labels.size(), mask.size());
  for (size_t i = 0; i < mask.size(); ++i) EXPECT_EQ(plane.labels[i], labels.at(mask[i])) << i;
}

const Mask kVocOne = scattered({0, 1, 15, 20, 255}, 1), kVocTwo = scattered({0, 3, 15}, 2);

void write_voc(F f) {
  f.write("ImageSets/Segmentation/train.txt", "2007_000032\n");
  f.write("ImageSets/Segmentation/val.txt", "2007_000033\r\n\n2007_000042");
  f.write("ImageSets/Segmentation/trainval.txt", "2007_000032\n2007_000033\n");
  for (const std::string name : {"2007_000032", "2007_000033", "2007_000042", "2012_999999"}) {
    f.write("JPEGImages/" + name + ".jpg", flat_jpeg(kWidth, kHeight));
  }
  f.write("SegmentationClass/2007_000032.png", palette_png(kVocOne, kWidth, kHeight, 8));
  f.write("SegmentationClass/2007_000033.png", palette_png(kVocTwo, kWidth, kHeight, 4));
  f.write("SegmentationClass/2007_000042.png", palette_png(kVocTwo, kWidth, kHeight, 8));
}

TEST(PascalVoc, SamplesAreClassesAndVoidIsNone) {
  const WrittenFolder folder("voc");
  write_voc(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_EQ(set->index().max_label(), 20);
  EXPECT_EQ(set->index().concept_of(1).name, "aeroplane");
  EXPECT_EQ(set->index().concept_of(20).name, "tvmonitor");
  ASSERT_EQ(set->size(), 3);
  const int64_t one = row_of(*set, "JPEGImages/2007_000032.jpg"), two = row_of(*set, "JPEGImages/2007_000033.jpg");
  EXPECT_EQ(set->image_info(one).split, "train");
  EXPECT_EQ(set->image_info(two).split, "val");
  EXPECT_EQ(set->image_info(two).label_height, kHeight);
  expect_numbers(set->labels(one).planes.at(0), kVocOne, {{0, 0}, {1, 1}, {15, 15}, {20, 20}, {255, 0}});
  expect_numbers(set->labels(two).planes.at(0), kVocTwo, {{0, 0}, {3, 3}, {15, 15}});
}

TEST(PascalVoc, SaysWhatIsWrong) {
  const std::string train = "ImageSets/Segmentation/train.txt", val = "ImageSets/Segmentation/val.txt";
  const std::string mask = "SegmentationClass/2007_000033.png";
  expect_clear_errors(
      "voc", write_voc,
      {{"no_list", [=](F f) { f.remove(val); }, {val, "no such file"}},
       {"empty_lists", [=](F f) { f.write(train, ""), f.write(val, "\n"); }, {"train.txt and val.txt name no picture"}},
       {"upward", [=](F f) { f.write(train, "../2007_000032"); }, {train + ":1", "\"../2007_000032\" does not name"}},
       {"twice", [=](F f) { f.write(val, "2007_000033\n2007_000033\n"); }, {val + ":2", "2007_000033 is listed twice"}},
       {"twice_in_two", [=](F f) { f.write(val, "2007_000032\n"); }, {val + ":1", "2007_000032 is listed twice"}},
       {"no_picture", [=](F f) { f.remove("JPEGImages/2007_000033.jpg"); }, {val + ":1", "no such file"}},
       {"no_jpeg", [=](F f) { f.write("JPEGImages/2007_000033.jpg", "x"); }, {val + ":1", "this is no JPEG or PNG"}},
       {"cut_picture", [=](F f) { f.cut("JPEGImages/2007_000042.jpg"); }, {val + ":3", "damaged JPEG"}},
       {"no_mask", [=](F f) { f.remove(mask); }, {mask, val + ":1", "no such file"}},
       {"cut_mask", [=](F f) { f.cut(mask); }, {mask, "damaged PNG"}},
       {"jpeg_mask", [=](F f) { f.write(mask, flat_jpeg(kWidth, kHeight)); }, {mask, "a mask must be a PNG"}},
       {"colour_mask",
        [=](F f) { f.write(mask, encode_png(Image(kWidth, kHeight))); },
        {mask, "a palette or grey PNG"}},
       {"mask_size",
        [=](F f) { f.write(mask, palette_png(kVocTwo, kHeight, kWidth, 8)); },
        {mask, "the size is 7 x 9", "9 x 7"}},
       {"class",
        [=](F f) { f.write(mask, palette_png(Mask(63, 21), kWidth, kHeight, 8)); },
        {mask, "class 21; there are 1 to 20"}}});
}

const Mask kContextOne = scattered({0, 2, 9, 431, 459}, 3), kContextTwo = scattered({431, 9}, 4);

std::string context_mat(const Mask& mask, bool pack, const std::string& name = "LabelMap") {
  const std::string map =
      mat::array(11, name, {kHeight, kWidth}, mat::element(4, mat::columns<uint16_t>(mask, kWidth, kHeight)));
  return mat::file(pack ? mat::packed(map) : map);
}

void write_context(F f) {
  f.write("labels.txt", "2: aeroplane\n9: bag\n431: unknown\n459: wood\n10: bed frame");
  f.write("ImageSets/Main/train.txt", "2008_000002\n");
  f.write("ImageSets/Main/val.txt", "2008_000003\n");
  for (const std::string name : {"2008_000002", "2008_000003", "2008_000004"}) {
    f.write("JPEGImages/" + name + ".jpg", flat_jpeg(kWidth, kHeight));
  }
  f.write("trainval/2008_000002.mat", context_mat(kContextOne, true));
  f.write("trainval/2008_000003.mat", context_mat(kContextTwo, false));
}

TEST(PascalContext, NumbersAreThoseOfTheTextAndUnknownIsNone) {
  const WrittenFolder folder("context");
  write_context(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("object:aeroplane", "object:bag", "object:bed frame", "object:wood"));
  ASSERT_EQ(set->size(), 2);
  const int64_t one = row_of(*set, "JPEGImages/2008_000002.jpg"), two = row_of(*set, "JPEGImages/2008_000003.jpg");
  EXPECT_EQ(set->image_info(one).split, "train");
  EXPECT_EQ(set->image_info(two).split, "val");
  expect_numbers(set->labels(one).planes.at(0), kContextOne, {{0, 0}, {2, 1}, {9, 2}, {431, 0}, {459, 4}});
  expect_numbers(set->labels(two).planes.at(0), kContextTwo, {{9, 2}, {431, 0}});
}

TEST(PascalContext, SaysWhatIsWrong) {
  const std::string one = "trainval/2008_000002.mat", two = "trainval/2008_000003.mat";
  const auto edit = [](const char* from, const char* to) { return [=](F f) { f.edit("labels.txt", from, to); }; };
  expect_clear_errors(
      "context", write_context,
      {{"empty_table", [](F f) { f.write("labels.txt", "\n"); }, {"labels.txt", "the table has no names"}},
       {"no_colon", edit("9: bag", "9 bag"), {"labels.txt:2", "\"9 bag\" is not \"NUMBER: NAME\""}},
       {"no_name", edit("9: bag", "9:"), {"labels.txt:2", "\"9:\" is not"}},
       {"number", edit("9: bag", "65536: bag"), {"labels.txt:2", "65536 is not from 1 to 65535"}},
       {"number_twice", edit("9: bag", "2: bag"), {"labels.txt:2", "the number 2 is there twice"}},
       {"name_twice", edit("9: bag", "9: aeroplane"), {"labels.txt:2", "\"aeroplane\" is there twice"}},
       {"no_line", edit("9: bag\n", ""), {"trainval/", "class 9, which labels.txt does not have"}},
       {"no_mats", [=](F f) { f.remove(one), f.remove(two); }, {"trainval", "there is no .mat file"}},
       {"no_picture", [](F f) { f.remove("JPEGImages/2008_000003.jpg"); }, {"of " + two, "no such file"}},
       {"cut_packed", [=](F f) { f.cut(one); }, {one, "damaged MATLAB file"}},
       {"cut", [=](F f) { f.write(two, f.read(two).substr(0, 200)); }, {two, "damaged MATLAB file at byte 128"}},
       {"hdf5", [=](F f) { f.edit(two, "MATLAB 5.0", "MATLAB 7.3"); }, {two, "HDF5", "save -v7"}},
       {"big_endian", [=](F f) { f.edit(two, "IM", "MI"); }, {two, "big-endian"}},
       {"variable",
        [=](F f) { f.write(two, context_mat(kContextTwo, true, "Map")); },
        {two, "no variable \"LabelMap\""}},
       {"text", [=](F f) { f.write(two, mat::file(mat::words("x", "LabelMap"))); }, {two, "no matrix of numbers"}},
       {"size",
        [](F f) { f.write("JPEGImages/2008_000003.jpg", flat_jpeg(kHeight, kWidth)); },
        {two, "LabelMap is 9 x 7", "is 7 x 9"}},
       {"fraction",
        [=](F f) {
          f.write(two, mat::file(mat::array(6, "LabelMap", {kHeight, kWidth},
                                            mat::element(9, mat::columns<double>(kContextTwo, kWidth, kHeight)
                                                                .replace(0, 8, bytes_of<double>({2.5}))))));
        },
        {two, "class 2.5"}}});
}

TEST(PascalPart, NamesLoseAdjectivesAndNumbers) {
  EXPECT_EQ(pascal_part_name("lfuleg"), "leg");
  EXPECT_EQ(pascal_part_name("rear"), "ear");
  EXPECT_EQ(pascal_part_name("engine_3"), "engine");
  EXPECT_EQ(pascal_part_name("engine_10"), "engine");
  EXPECT_EQ(pascal_part_name("fliplate"), "license plate");
  EXPECT_EQ(pascal_part_name("croofside_2"), "coach roof");
  EXPECT_EQ(pascal_part_name("rfho"), "hoof");
  EXPECT_EQ(pascal_part_name("backside"), "");
  for (const char* none : {"", "_3", "flipper", "engine_", "engine_x"})
    EXPECT_EQ(pascal_part_name(none), std::nullopt) << none;
  const auto names = pascal_part_names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (const std::string& name : names) {
    for (const char* adjective : {"left", "right", "front", "back", "upper", "lower", "side"}) {
      EXPECT_EQ(fmt::format(" {} ", name).find(fmt::format(" {} ", adjective)), std::string::npos) << name;
    }
  }
}

// The objects of the first picture: a horse with two legs of which the second covers the first, and an aeroplane.
const Mask kHorse = scattered({0, 1}, 5), kLeg = scattered({0, 1}, 6), kHoof = scattered({0, 1}, 7);
const Mask kPlane = scattered({0, 0, 1}, 8), kEngine = scattered({0, 0, 1}, 9), kSide = scattered({0, 0, 0, 1}, 10);

std::string logical(const Mask& mask) { return mat::logical(mask, kWidth, kHeight); }

std::string part_mat(bool pack, const std::string& engine = "engine_3", const std::string& object = "aeroplane") {
  const std::string horse =
      mat::structs({"part_name", "mask"}, {mat::words("lfuleg"), logical(kLeg), mat::words("rbho"), logical(kHoof)});
  const std::string plane = mat::structs(
      {"part_name", "mask"}, {mat::words(engine), logical(kEngine), mat::words("leftside"), logical(kSide)});
  const std::string objects = mat::structs({"class", "class_ind", "mask", "parts"},
                                           {mat::words("horse"), mat::number(13), logical(kHorse), horse,
                                            mat::words(object), mat::number(1), logical(kPlane), plane});
  const std::string anno = mat::structs({"imname", "objects"}, {mat::words("2008_000002"), objects}, "anno");
  return mat::file(pack ? mat::packed(anno) : anno);
}

void write_parts(F f) {
  for (const std::string name : {"2008_000002", "2008_000003", "2008_000004"}) {
    f.write("JPEGImages/" + name + ".jpg", flat_jpeg(kWidth, kHeight));
  }
  f.write("Annotations_Part/2008_000002.mat", part_mat(true));
  f.write("Annotations_Part/2008_000003.mat",
          mat::file(mat::structs(
              {"imname", "objects"},
              {mat::words("x"), mat::structs({"class", "class_ind", "mask", "parts"},
                                             {mat::words("boat"), mat::number(4), logical(kHorse), mat::nothing()})},
              "anno")));
  f.write("Annotations_Part/2008_000004.mat",
          mat::file(mat::structs({"imname", "objects"}, {mat::words("x"), mat::nothing()}, "anno")));
}

TEST(PascalPart, LaterPartsCoverEarlierOnes) {
  for (const bool pack : {false, true}) {
    const WrittenFolder folder("parts");
    write_parts(folder);
    folder.write("Annotations_Part/2008_000002.mat", part_mat(pack));
    const auto set = open_concept_set(folder.path());
    EXPECT_THAT(set->index().categories(), ElementsAre("object", "part"));
    EXPECT_EQ(set->index().concept_of(1).name, "airplane");
    const auto label = [&](const char* name) { return *set->index().find(name); };
    ASSERT_EQ(set->size(), 3);
    const ImageLabels labels = set->labels(row_of(*set, "JPEGImages/2008_000002.jpg"));
    ASSERT_EQ(labels.planes.size(), 2u);
    for (size_t i = 0; i < kHorse.size(); ++i) {
      int object = kHorse[i] ? label("horse") : 0, part = kLeg[i] ? label("leg") : 0;
      if (kPlane[i]) object = label("airplane");
      if (kHoof[i]) part = label("hoof");
      if (kEngine[i]) part = label("engine");
      if (kSide[i]) part = 0;
      EXPECT_EQ(labels.planes[0].labels[i], object) << i;
      EXPECT_EQ(labels.planes[1].labels[i], part) << i;
    }
    EXPECT_EQ(set->labels(row_of(*set, "JPEGImages/2008_000003.jpg")).planes.size(), 1u) << "no parts";
    EXPECT_TRUE(set->labels(row_of(*set, "JPEGImages/2008_000004.jpg")).planes.empty()) << "no objects";
    const std::string split = set->image_info(0).split;
    EXPECT_TRUE(split == "train" || split == "val");
  }
}

TEST(PascalPart, SaysWhatIsWrong) {
  const std::string one = "Annotations_Part/2008_000002.mat", two = "Annotations_Part/2008_000003.mat";
  const auto anno = [=](const std::vector<std::string>& fields, const std::vector<std::string>& values) {
    return [=](F f) { f.write(two, mat::file(mat::structs({"objects"}, {mat::structs(fields, values)}, "anno"))); };
  };
  const std::vector<std::string> fields = {"class", "mask", "parts"};
  const auto part = [=](const std::vector<std::string>& names, const std::vector<std::string>& values) {
    return anno(fields, {mat::words("cat"), logical(kHorse), mat::structs(names, values)});
  };
  const std::string ten = mat::logical(Mask(20, 1), 2, 10);
  expect_clear_errors(
      "parts", write_parts,
      {{"no_mats",
        [](F f) {
          for (const char* n : {"2", "3", "4"}) f.remove(std::string("Annotations_Part/2008_00000") + n + ".mat");
        },
        {"Annotations_Part", "no .mat file"}},
       {"no_picture", [](F f) { f.remove("JPEGImages/2008_000003.jpg"); }, {"of " + two, "no such file"}},
       {"cut", [=](F f) { f.cut(one); }, {one, "damaged MATLAB file"}},
       {"variable", [=](F f) { f.write(two, mat::file(mat::number(1, "an"))); }, {two, "no variable \"anno\""}},
       {"anno_kind", [=](F f) { f.write(two, mat::file(mat::number(1, "anno"))); }, {two, "\"anno\" is no struct"}},
       {"no_objects",
        [=](F f) { f.write(two, mat::file(mat::structs({"o"}, {mat::nothing()}, "anno"))); },
        {two, "anno: there is no field \"objects\""}},
       {"objects_kind",
        [=](F f) { f.write(two, mat::file(mat::structs({"objects"}, {mat::words("x")}, "anno"))); },
        {two, "\"objects\" is no struct array"}},
       {"no_class",
        anno({"mask", "parts"}, {logical(kHorse), mat::nothing()}),
        {two, "object 1: there is no field \"class\""}},
       {"class_kind",
        anno(fields, {mat::number(3), logical(kHorse), mat::nothing()}),
        {two, "\"class\" is of another kind"}},
       {"class",
        [=](F f) { f.write(one, part_mat(true, "engine_3", "airship")); },
        {one, "object 2: there is no class \"airship\""}},
       {"no_mask",
        anno({"class", "parts"}, {mat::words("cat"), mat::nothing()}),
        {two, "object 1: there is no field \"mask\""}},
       {"mask_size",
        anno(fields, {mat::words("cat"), ten, mat::nothing()}),
        {two, "object 1: its mask is 2 x 10, the picture 9 x 7"}},
       {"no_parts",
        anno({"class", "mask"}, {mat::words("cat"), logical(kHorse)}),
        {two, "object 1: there is no field \"parts\""}},
       {"parts_kind",
        anno(fields, {mat::words("cat"), logical(kHorse), mat::number(1)}),
        {two, "\"parts\" is no struct array"}},
       {"part",
        [=](F f) { f.write(one, part_mat(false, "propeller_3")); },
        {one, "object 2, part 1: there is no part \"propeller_3\""}},
       {"no_part_name", part({"mask"}, {logical(kLeg)}), {two, "object 1, part 1: there is no field \"part_name\""}},
       {"part_mask",
        part({"part_name", "mask"}, {mat::words("tail"), ten}),
        {two, "object 1, part 1: its mask is 2 x 10"}}});
}

TEST(Pascal, DamagedFilesGiveErrorsOnly) {
  const WrittenFolder voc("voc_fuzz"), context("context_fuzz"), parts("parts_fuzz");
  write_voc(voc), write_context(context), write_parts(parts);
  expect_only_errors(voc, "ImageSets/Segmentation/val.txt", 200);
  expect_only_errors(voc, "SegmentationClass/2007_000033.png", 60);
  expect_only_errors(context, "labels.txt", 200);
  expect_only_errors(context, "trainval/2008_000002.mat", 400);
  expect_only_errors(context, "trainval/2008_000003.mat", 300);
  expect_only_errors(parts, "Annotations_Part/2008_000002.mat", 400);
  parts.write("Annotations_Part/2008_000002.mat", part_mat(false));
  expect_only_errors(parts, "Annotations_Part/2008_000002.mat", 800);
}

}  // namespace
}  // namespace microtome::concept_formats
