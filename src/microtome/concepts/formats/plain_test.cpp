// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/plain.h"

#include <unistd.h>

#include <filesystem>

#include "microtome/concepts/automatic_colours.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/problem.h"
#include "microtome/concepts/testing/small_masks.h"
#include "microtome/concepts/testing/written_folder.h"
#include "microtome/concepts/validation.h"
#include "microtome/image/colour_names.h"

namespace microtome::concept_formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using F = const WrittenFolder&;

void write_masks(F f) {
  f.write("images/a/one.jpg", flat_jpeg(kWidth, kHeight));
  f.write("images/two.PNG", encode_png(Image(kWidth, kHeight, 3, 9)));
  std::vector<uint8_t> numbers(kWidth * kHeight, 0);
  numbers[0] = 7, numbers[1] = 255, numbers[5] = 2;
  f.write("masks/a/one.png", grey_mask(numbers, kWidth, kHeight));
  f.write("masks_parts/a/one.png", rgb_mask({0, 300, 300}));
  f.write("masks/two.png", rgb_mask({2, 0, 7}));
  f.write("names.csv", "number,name,category\n2,road,\n7,\"sky, clear\",object\n300,wheel,part\n255,,\n");
  f.write("splits.csv", "image,split\ntwo.PNG,val\n");
}

TEST(MaskFolder, NumbersBecomeLabels) {
  const WrittenFolder folder("masks");
  write_masks(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("object:road", "object:sky, clear", "part:wheel"));
  ASSERT_EQ(set->size(), 2);
  const int64_t one = row_of(*set, "images/a/one.jpg"), two = row_of(*set, "images/two.PNG");
  EXPECT_EQ(set->image_info(two).split, "val");
  const ImageLabels labels = set->labels(one);
  ASSERT_EQ(labels.planes.size(), 2u);
  EXPECT_EQ(labels.planes[0].labels[0], 2);
  EXPECT_EQ(labels.planes[0].labels[1], 0) << "255 is no label";
  EXPECT_EQ(labels.planes[0].labels[5], 1);
  EXPECT_THAT(std::vector<int>(labels.planes[1].labels.begin(), labels.planes[1].labels.begin() + 4),
              ElementsAre(0, 3, 3, 0));
  EXPECT_EQ(set->labels(two).planes.at(0).labels[2], 2);
}

TEST(MaskFolder, SaysWhatIsWrong) {
  expect_clear_errors(
      "masks", write_masks,
      {{"no_names", [](F f) { f.remove("names.csv"); }, {"names.csv", "no such file"}},
       {"empty_names", [](F f) { f.write("names.csv", "number,name\n"); }, {"no row names a class"}},
       {"no_number", [](F f) { f.edit("names.csv", "\n7,", "\nseven,"); }, {"names.csv:3", "number is \"seven\""}},
       {"zero", [](F f) { f.edit("names.csv", "\n7,", "\n0,"); }, {"names.csv:3", "from 1 to 65535"}},
       {"twice", [](F f) { f.edit("names.csv", "\n7,", "\n2,"); }, {"names.csv:3", "number 2 is there twice"}},
       {"column", [](F f) { f.edit("names.csv", "category", "kind"); }, {"names.csv:1", "unknown column \"kind\""}},
       {"category", [](F f) { f.edit("names.csv", "part", "a/b"); }, {"names.csv:4", "\"a/b\" cannot be the name"}},
       {"unknown_number", [](F f) { f.edit("names.csv", "\n7,", "\n8,"); }, {"has the number 7", "not in names.csv"}},
       {"no_mask", [](F f) { f.remove("masks/two.png"); }, {"images/two.PNG", "there is no mask of it"}},
       {"no_picture",
        [](F f) {
          f.remove("images/two.PNG");
          f.write("splits.csv", "image,split\n");
        },
        {"masks/two.png", "no picture of this name"}},
       {"cut_mask", [](F f) { f.cut("masks/two.png"); }, {"masks/two.png", "damaged PNG"}},
       {"jpeg_mask",
        [](F f) { f.write("masks/two.png", flat_jpeg(kWidth, kHeight)); },
        {"masks/two.png", "a mask must be a PNG"}},
       {"text_mask", [](F f) { f.write("masks/two.txt", "2 0 7"); }, {"masks/two.txt", "a mask must be a PNG"}},
       {"shape", [](F f) { f.write("masks/two.png", filled_mask(2, 8, 3)); }, {"masks/two.png", "8 x 3", "8 x 6"}},
       {"two_sizes",
        [](F f) { f.write("masks_parts/a/one.png", filled_mask(2, 4, 3)); },
        {"masks_parts/a/one.png", "4 x 3"}},
       {"blue",
        [](F f) { f.write("masks/two.png", encode_png(Image(kWidth, kHeight, 3, 2))); },
        {"masks/two.png", "blue channel"}},
       {"same_stem",
        [](F f) { f.write("images/two.jpg", flat_jpeg(kWidth, kHeight)); },
        {"images/two.jpg", "cannot be told apart"}},
       {"no_jpeg", [](F f) { f.write("images/a/one.jpg", "x"); }, {"images/a/one.jpg", "no JPEG or PNG"}},
       {"stray", [](F f) { f.write("images/notes.txt", "x"); }, {"images/notes.txt", "this is no picture"}},
       {"split_of_none",
        [](F f) { f.edit("splits.csv", "two", "three"); },
        {"splits.csv:2", "no picture \"three.PNG\""}},
       {"empty_split", [](F f) { f.edit("splits.csv", "val", ""); }, {"splits.csv:2", "an empty split"}}});
}

void write_bits(F f) {
  f.write("images/one.jpg", flat_jpeg(kWidth, kHeight));
  f.write("images/two.jpg", flat_jpeg(kWidth, kHeight));
  std::vector<uint8_t> bits(kWidth * kHeight, 0);
  bits[0] = 1 | 4, bits[1] = 4, bits[2] = 1 | 2 | 4;
  f.write("bits/one.png", grey_mask(bits, kWidth, kHeight));
  f.write("bits/two.png", filled_mask(0));
  f.write("names.csv", "number,name,category\n1,person,\n2,hat,part\n3,red,colour\n");
}

TEST(BitMasks, EveryLabelOfAPixelCounts) {
  const WrittenFolder folder("bits");
  write_bits(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("colour:red", "object:person", "part:hat"));
  const ImageLabels labels = set->labels(row_of(*set, "images/one.jpg"));
  const auto at = [&](size_t pixel) {
    std::vector<int> out;
    for (const LabelMap& plane : labels.planes) {
      if (plane.labels[pixel] != 0) out.push_back(plane.labels[pixel]);
    }
    return out;
  };
  EXPECT_EQ(labels.planes.size(), 3u);
  EXPECT_THAT(at(0), UnorderedElementsAre(2, 1));
  EXPECT_THAT(at(1), UnorderedElementsAre(1));
  EXPECT_THAT(at(2), UnorderedElementsAre(1, 2, 3));
  EXPECT_TRUE(at(3).empty());
}

TEST(BitMasks, SaysWhatIsWrong) {
  expect_clear_errors(
      "bits", write_bits,
      {{"no_names", [](F f) { f.remove("names.csv"); }, {"names.csv", "no such file"}},
       {"too_large", [](F f) { f.edit("names.csv", "3,red", "17,red"); }, {"names.csv:4", "from 1 to 16"}},
       {"twice", [](F f) { f.edit("names.csv", "3,red", "2,red"); }, {"names.csv:4", "number 2 is there twice"}},
       {"unnamed_bit", [](F f) { f.edit("names.csv", "3,red", "4,red"); }, {"bits/one.png", "the number 3"}},
       {"no_mask", [](F f) { f.remove("bits/two.png"); }, {"images/two.jpg", "no mask of it in bits/"}},
       {"no_picture", [](F f) { f.remove("images/two.jpg"); }, {"bits/two.png", "no picture of this name"}},
       {"colours",
        [](F f) { f.write("bits/two.png", encode_png(Image(kWidth, kHeight, 3))); },
        {"bits/two.png", "palette or grey"}},
       {"shape", [](F f) { f.write("bits/two.png", filled_mask(1, 3, 8)); }, {"bits/two.png", "3 x 8"}},
       {"cut", [](F f) { f.cut("bits/one.png"); }, {"bits/one.png", "damaged PNG"}},
       {"cut_picture", [](F f) { f.cut("images/one.jpg"); }, {"images/one.jpg", "damaged JPEG"}},
       {"uneven", [](F f) { f.edit("names.csv", "2,hat,part", "2,hat"); }, {"names.csv:3", "2 fields, the header 3"}},
       {"no_pictures",
        [](F f) { f.remove("images"), f.write("images/.keep", ""), f.remove("bits"), f.write("bits/.keep", ""); },
        {"no picture with a mask"}}});
}

void write_classes(F f) {
  f.write("train/cat/1.jpg", flat_jpeg(kWidth, kHeight));
  f.write("train/dog/deep/2.JPEG", flat_jpeg(kWidth, kHeight));
  f.write("val/dog/3.png", encode_png(Image(kWidth, kHeight, 3)));
  f.write("train/dog/.thumbs/x.bin", "x");
  f.write("readme.txt", "mine");
}

TEST(ClassFolder, TheFolderIsTheLabel) {
  const WrittenFolder folder("classes");
  write_classes(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("class:cat", "class:dog"));
  ASSERT_EQ(set->size(), 3);
  const int64_t two = row_of(*set, "train/dog/deep/2.JPEG"), three = row_of(*set, "val/dog/3.png");
  EXPECT_EQ(set->image_info(two).split, "train");
  EXPECT_EQ(set->image_info(three).split, "val");
  EXPECT_THAT(set->labels(two).whole_image, ElementsAre(2));
  EXPECT_THAT(set->labels(row_of(*set, "train/cat/1.jpg")).whole_image, ElementsAre(1));
  EXPECT_TRUE(set->labels(two).planes.empty());
  EXPECT_EQ(set->labels(two).width, kWidth / 2);
  folder.remove("train");
  folder.write("val/cat/4.jpg", flat_jpeg(kWidth, kHeight));
  const auto flat = open_concept_set(folder.path("val"));
  EXPECT_EQ(flat->size(), 2);
  EXPECT_EQ(flat->image_info(0).split == "train" || flat->image_info(0).split == "val", true);
}

TEST(ClassFolder, LinksAreFollowedAndLoopsRefused) {
  const WrittenFolder folder("links"), elsewhere("links_elsewhere");
  write_classes(folder);
  elsewhere.write("more/4.jpg", flat_jpeg(kWidth, kHeight));
  elsewhere.write("bird/5.jpg", flat_jpeg(kWidth, kHeight));
  std::filesystem::create_directory_symlink(elsewhere.path("more"), folder.path("train/cat/more"));
  std::filesystem::create_directory_symlink(elsewhere.path("bird"), folder.path("train/bird"));
  const auto set = open_concept_set(folder.path());
  EXPECT_EQ(set->size(), 5);
  EXPECT_THAT(concept_names(*set), ElementsAre("class:bird", "class:cat", "class:dog"));
  EXPECT_EQ(set->image(row_of(*set, "train/cat/more/4.jpg")).width, kWidth);
  // Two links to one folder are no loop.
  std::filesystem::create_directory_symlink(elsewhere.path("more"), folder.path("train/dog/more"));
  EXPECT_EQ(open_concept_set(folder.path())->size(), 6);
  std::filesystem::create_directory_symlink(folder.path("train/dog"), folder.path("train/dog/deep/again"));
  try {
    open_concept_set(folder.path());
    ADD_FAILURE() << "a loop";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("train/dog/deep/again"));
  }
}

TEST(ClassFolder, WhatMayNotBeReadIsNamed) {
  const WrittenFolder folder("forbidden");
  write_classes(folder);
  namespace fs = std::filesystem;
  for (const std::string name : {"train/dog/deep", "train", "train/cat/1.jpg"}) {
    fs::permissions(folder.path(name), fs::perms::none);
    // Root may read everything; "nobody" may not.
    const bool root = geteuid() == 0;
    ASSERT_EQ(seteuid(root ? 65534 : geteuid()), 0);
    std::string message;
    try {
      read_everything(folder.path());
    } catch (const Error& error) {
      message = error.what();
    }
    ASSERT_EQ(seteuid(root ? 0 : geteuid()), 0);
    EXPECT_THAT(message, testing::AllOf(HasSubstr(name), HasSubstr("ermission denied")));
    fs::permissions(folder.path(name), static_cast<fs::perms>(0755));
  }
}

TEST(ClassFolder, SaysWhatIsWrong) {
  const std::string whole = flat_jpeg(kWidth, kHeight);
  expect_clear_errors(
      "classes", write_classes,
      {{"empty_class", [](F f) { f.write("train/fox/.keep", ""); }, {"train/fox", "the class folder is empty"}},
       {"no_class", [](F f) { f.write("test/.keep", ""); }, {"test", "there is no class folder"}},
       {"beside", [=](F f) { f.write("train/4.jpg", whole); }, {"train/4.jpg", "in no class folder"}},
       {"on_top", [=](F f) { f.write("4.jpg", whole); }, {"4.jpg", "in no class folder"}},
       {"no_picture", [](F f) { f.write("train/cat/notes.txt", "x"); }, {"train/cat/notes.txt", "this is no picture"}},
       {"webp", [](F f) { f.write("train/cat/5.webp", "RIFF"); }, {"train/cat/5.webp", "must end in .jpg"}},
       {"text_as_jpeg",
        [](F f) { f.write("train/cat/1.jpg", "this is text, and longer than a header"); },
        {"train/cat/1.jpg", "no JPEG or PNG"}},
       {"empty_file", [](F f) { f.write("val/dog/3.png", ""); }, {"val/dog/3.png", "the file is empty"}},
       {"cut_jpeg", [](F f) { f.cut("train/cat/1.jpg"); }, {"train/cat/1.jpg", "damaged JPEG"}},
       {"cut_png", [](F f) { f.cut("val/dog/3.png"); }, {"val/dog/3.png", "damaged PNG"}},
       {"capitals", [=](F f) { f.write("val/Cat/4.jpg", whole); }, {"val/Cat", "capitals alone"}}});
}

void write_list(F f) {
  f.write("labels.csv",
          "image,label,category,split\npics/1.jpg,dog,animal,train\npics/1.jpg,\"indoors, "
          "lit\",,\npics/2.png,dog,animal,\n");
  f.write("pics/1.jpg", flat_jpeg(kWidth, kHeight));
  f.write("pics/2.png", encode_png(Image(kWidth, kHeight, 3)));
}

TEST(LabelList, ARowIsALabel) {
  const WrittenFolder folder("list");
  write_list(folder);
  const auto set = open_concept_set(folder.path());
  EXPECT_THAT(concept_names(*set), ElementsAre("animal:dog", "class:indoors, lit"));
  EXPECT_EQ(set->size(), 2);
  const int64_t one = row_of(*set, "pics/1.jpg");
  EXPECT_THAT(set->labels(one).whole_image, ElementsAre(1, 2));
  EXPECT_EQ(set->image_info(one).split, "train");
  EXPECT_THAT(set->labels(row_of(*set, "pics/2.png")).whole_image, ElementsAre(1));
}

TEST(LabelList, SaysWhatIsWrong) {
  expect_clear_errors(
      "list", write_list,
      {{"no_header",
        [](F f) { f.write("labels.csv", "pics/1.jpg,dog\n"); },
        {"labels.csv:1", "unknown column \"pics/1.jpg\""}},
       {"no_label_column",
        [](F f) { f.write("labels.csv", "image,category\npics/1.jpg,dog\n"); },
        {"no column \"label\""}},
       {"no_rows", [](F f) { f.write("labels.csv", "image,label\n"); }, {"no row gives a picture a label"}},
       {"missing", [](F f) { f.remove("pics/2.png"); }, {"pics/2.png", "labels.csv:4", "no such file"}},
       {"upward",
        [](F f) { f.edit("labels.csv", "pics/2.png", "../2.png"); },
        {"labels.csv:4", "does not name a picture of the set"}},
       {"empty_label",
        [](F f) { f.edit("labels.csv", "pics/2.png,dog", "pics/2.png,"); },
        {"labels.csv:4", "an empty label"}},
       {"twice",
        [](F f) { f.edit("labels.csv", "\"indoors, lit\",,", "dog,animal,"); },
        {"labels.csv:3", "has the label dog already"}},
       {"two_splits",
        [](F f) { f.edit("labels.csv", "lit\",,", "lit\",,val"); },
        {"labels.csv:3", "\"val\" here and \"train\" before"}},
       {"category",
        [](F f) { f.edit("labels.csv", "dog,animal,train", "dog,a;b,train"); },
        {"labels.csv:2", "\"a;b\" cannot be the name"}},
       {"open_quote", [](F f) { f.edit("labels.csv", "lit\"", "lit"); }, {"labels.csv:3", "a quote that never closes"}},
       {"short_row",
        [](F f) { f.edit("labels.csv", "pics/2.png,dog,animal,", "pics/2.png,dog"); },
        {"labels.csv:4", "2 fields"}},
       {"cut", [](F f) { f.cut("pics/1.jpg"); }, {"pics/1.jpg", "damaged JPEG"}}});
}

// One bad picture among many is left out by its name; the rest is not lost with it.
TEST(Layouts, APictureThatCannotBeMeasuredIsOneOfTheSet) {
  const struct {
    std::string name, picture;
    void (*write)(const WrittenFolder& folder);
    int64_t images;
  } layouts[] = {{"bad_masks", "images/two.PNG", write_masks, 2},
                 {"bad_bits", "images/two.jpg", write_bits, 2},
                 {"bad_classes", "train/cat/1.jpg", write_classes, 3},
                 {"bad_list", "pics/1.jpg", write_list, 2}};
  for (const auto& layout : layouts) {
    SCOPED_TRACE(layout.name);
    const WrittenFolder folder(layout.name);
    layout.write(folder);
    folder.write(layout.picture, "no picture at all, though it is called one");
    const auto set = open_concept_set(folder.path());
    ASSERT_EQ(set->size(), layout.images);
    int64_t read = 0;
    for (int64_t image = 0; image < set->size(); ++image) {
      if (set->image_info(image).file == layout.picture) {
        EXPECT_THROW(set->image(image), Error);
      } else {
        read += set->image(image).width > 0 && set->labels(image).width > 0;
      }
    }
    EXPECT_EQ(read, layout.images - 1);
    const ConceptCheck check = check_concepts(folder.path(), 1, *make_silent_reporter());
    EXPECT_FALSE(check.sound());
    for (const ConceptProblem& problem : check.problems) {
      EXPECT_TRUE(problem.severity == Severity::kWarning || problem.file == layout.picture) << problem.file;
    }
  }
}

TEST(Layouts, AreTriedInOrderAndMayBeNamed) {
  const WrittenFolder folder("named");
  write_masks(folder);
  folder.write("labels.csv", "image,label\nimages/two.PNG,night\n");
  EXPECT_THAT(concept_names(*open_concept_set(folder.path())), testing::Contains("object:road"));
  EXPECT_THAT(concept_names(*open_concept_set("label_list:" + folder.path())), ElementsAre("class:night"));
  try {
    open_concept_set("dtd:" + folder.path());
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no set in the layout dtd; it must hold images/TEXTURE"));
  }
}

TEST(Layouts, TheHashFollowsTheMasks) {
  const WrittenFolder folder("edited_mask");
  write_masks(folder);
  const std::string before = filled_mask(1), after = filled_mask(2);
  ASSERT_EQ(before.size(), after.size());
  folder.write("masks/two.png", before);
  const std::string ones = open_concept_set(folder.path())->hash();
  folder.write("masks/two.png", after);
  EXPECT_NE(open_concept_set(folder.path())->hash(), ones);
  folder.write("masks/two.png", before);
  EXPECT_EQ(open_concept_set(folder.path())->hash(), ones);
}

TEST(Layouts, ColoursComeFromThePictures) {
  const WrittenFolder folder("colours");
  write_list(folder);
  Image half(kWidth, kHeight, 3, 0);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth / 2; ++x) half.at(x, y)[0] = 250;
  }
  folder.write("pics/2.png", encode_png(half));
  const auto plain = open_concept_set(folder.path()), set = open_concept_set("colours:label_list:" + folder.path());
  EXPECT_NE(plain->hash(), set->hash());
  EXPECT_EQ(set->index().max_label(), 2 + static_cast<int>(kColourNames.size()));
  const ImageLabels labels = set->labels(row_of(*set, "pics/2.png"));
  EXPECT_THAT(labels.whole_image, ElementsAre(1));
  ASSERT_EQ(labels.planes.size(), 1u);
  EXPECT_EQ(set->index().display_name(labels.planes[0].at(0, 0)), "red");
  EXPECT_EQ(set->index().display_name(labels.planes[0].at(kWidth / 2 - 1, 2)), "black");
  EXPECT_THROW(open_concept_set("colours:colours:" + folder.path()), Error);
}

TEST(CheckConcepts, NamesEveryProblemOfAnyLayout) {
  const WrittenFolder folder("check_layout");
  write_masks(folder);
  for (const int threads : {1, 3}) {
    const ConceptCheck sound = check_concepts(folder.path(), threads, *make_silent_reporter());
    EXPECT_TRUE(sound.sound());
    EXPECT_EQ(sound.layout, "mask_folder");
    EXPECT_EQ(sound.images, 2);
    EXPECT_EQ(sound.masks, 3);
  }
  folder.write("images/three.jpg", flat_jpeg(kWidth, kHeight));
  folder.write("masks/three.png", filled_mask(9));
  folder.write("images/four.jpg", flat_jpeg(kWidth, kHeight));
  folder.cut("images/two.PNG");
  folder.edit("names.csv", "300,", "x,");
  const ConceptCheck result = check_concepts(folder.path(), 2, *make_silent_reporter());
  std::vector<std::string> errors;
  for (const ConceptProblem& problem : result.problems) {
    if (problem.severity == Severity::kError)
      errors.push_back(problem.file + ":" + std::to_string(problem.line) + " " + problem.what);
  }
  EXPECT_THAT(errors,
              UnorderedElementsAre(HasSubstr("names.csv:4 number is \"x\""),
                                   "images/four.jpg:0 there is no mask of it in masks/",
                                   HasSubstr("images/two.PNG:0 damaged PNG"),
                                   HasSubstr("images/a/one.jpg:0 masks_parts/a/one.png: a pixel has the number 300"),
                                   HasSubstr("images/three.jpg:0 masks/three.png: a pixel has the number 9")));
}

}  // namespace
}  // namespace microtome::concept_formats
