// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/concepts/formats/broden_writer.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/testing/broden_folder.h"

namespace microtome {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

ConceptCheck check(const BrodenFolder& folder, int threads = 1) {
  return check_concepts(folder.path(), threads, *make_silent_reporter());
}

std::vector<ConceptProblem> of_kind(const ConceptCheck& check, const std::string& kind) {
  std::vector<ConceptProblem> out;
  for (const ConceptProblem& problem : check.problems) {
    if (problem.kind == kind) out.push_back(problem);
  }
  return out;
}

TEST(CheckConcepts, WarnsOfOdditiesOnly) {
  const BrodenFolder folder("check");
  const ConceptCheck result = check(folder);
  EXPECT_TRUE(result.sound());
  EXPECT_EQ(result.images, 4);
  EXPECT_EQ(result.masks, 4);
  EXPECT_THAT(result.by_kind(), ElementsAre(Pair("empty concept", 2), Pair("odd table", 1), Pair("unlabelled image", 1),
                                            Pair("whole-image 0", 1)));
  const auto zero = of_kind(result, "whole-image 0");
  EXPECT_EQ(zero[0].file, "index.csv");
  EXPECT_EQ(zero[0].line, 3);
}

TEST(CheckConcepts, ListsEveryProblemNotOnlyTheFirst) {
  const BrodenFolder folder("check_all");
  folder.remove("images/a/1_object_2.png");
  folder.cut("images/a/1.png");
  folder.write("images/a/2_object.png", BrodenFolder::mask({{299, 2}}));
  folder.write("images/3.webp", encode_webp(Image(8, 7), 0));
  folder.edit("index.csv", "4.png,,test,6", "4.png,,test,-6");
  folder.edit("index.csv", ",4,train", ",44,train");
  for (const int threads : {1, 3}) {
    const ConceptCheck result = check(folder, threads);
    std::vector<std::string> errors;
    for (const ConceptProblem& problem : result.problems) {
      if (problem.severity != Severity::kError) continue;
      errors.push_back(problem.file + ":" + std::to_string(problem.line) + " " + problem.what);
    }
    EXPECT_THAT(errors, ElementsAre(HasSubstr("index.csv:2 the scene cell names label 44"),
                                    HasSubstr("index.csv:5 ih is \"-6\""), HasSubstr("images/a/1.png:2 damaged PNG"),
                                    "images/a/1_object_2.png:2 there is no such file",
                                    HasSubstr("images/a/2_object.png:3 label 299 is not"),
                                    "images/3.webp:4 the size is 8 x 7, index.csv says 8 x 6"));
    EXPECT_TRUE(of_kind(result, "stale frequency").empty()) << "the truth is not known";
    EXPECT_EQ(to_json(result)["errors"], 6);
  }
}

TEST(CheckConcepts, ComparesEveryFrequency) {
  const BrodenFolder folder("check_stale");
  folder.edit("label.csv", "2,1.25,road", "3,1.25,road");
  folder.edit("c_color.csv", "1,0.5", "1,0.4");
  const auto stale = of_kind(check(folder), "stale frequency");
  ASSERT_EQ(stale.size(), 2u);
  EXPECT_EQ(stale[0].file, "label.csv");
  EXPECT_EQ(stale[0].line, 5);
  EXPECT_EQ(stale[0].what, "label 4 (street) is in 2 images and covers 1.250000, not 3 and 1.250000");
  EXPECT_EQ(stale[1].file, "c_color.csv");
  EXPECT_EQ(stale[1].line, 3);
}

TEST(CheckConcepts, SeesDuplicatesAndLabelsOfOtherCategories) {
  const BrodenFolder folder("check_twice");
  folder.edit("index.csv", "4.png", "3.webp");
  folder.write("images/a/2_object.png", BrodenFolder::mask({{1, 2}}));
  const ConceptCheck result = check(folder);
  ASSERT_EQ(of_kind(result, "duplicate image").size(), 1u);
  EXPECT_EQ(of_kind(result, "duplicate image")[0].line, 5);
  ASSERT_EQ(of_kind(result, "other category").size(), 1u);
  EXPECT_THAT(of_kind(result, "other category")[0].what, HasSubstr("which is not in c_object.csv"));
}

TEST(CheckConcepts, ReportsTablesThatCannotBeRead) {
  const BrodenFolder folder("check_tables");
  folder.remove("c_object.csv");
  const ConceptCheck missing = check(folder);
  ASSERT_EQ(missing.problems.size(), 1u);
  EXPECT_EQ(missing.problems[0].file, "c_object.csv");
  EXPECT_EQ(missing.problems[0].kind, "missing file");
  EXPECT_THROW(check_concepts(folder.path("nowhere"), 1, *make_silent_reporter()), Error);
}

TEST(CheckConcepts, FindsNothingInWhatTheWriterWrites) {
  const BrodenFolder folder("check_written");
  std::filesystem::remove_all(folder.path());
  BrodenWriter writer(folder.path(), {"color", "object"}, {{}, {1, "red-c", 0, {0}}, {2, "cat", 1, {1}}});
  LabelMap mask(3, 3, 1);
  mask.at(1, 1) = 2;
  writer.add(1, "b.jpg", "", Image(6, 6), {{0, {{LabelMap(3, 3, 1)}, {}}}, {1, {{}, {2}}}});
  writer.add(0, "a.png", "", Image(6, 6), {{1, {{mask, mask}, {}}}});
  writer.finish();
  EXPECT_THAT(check(folder).by_kind(), ElementsAre());
  EXPECT_EQ(read_file(folder.path("label.csv")),
            "number,name,category,frequency,coverage,syns\n"
            "1,red-c,color(1);object(1),2,2.777778,\n"
            "2,cat,object(2),2,1.222222,\n");
}

TEST(ConceptStatistics, CountsByHand) {
  const BrodenFolder folder("statistics");
  const auto set = open_concept_set(folder.path());
  for (const int threads : {1, 3}) {
    const ConceptStatistics result = concept_statistics(*set, 0.25, threads, *make_silent_reporter());
    EXPECT_EQ(result.images, 4);
    EXPECT_EQ(result.grid_pixels, 48);
    EXPECT_EQ(result.label_pixels, 18 + 6 + 15 + 15 + 3);
    ASSERT_EQ(result.concepts.size(), 6u);  // 7 has no category.
    const auto& red = result.concepts[0];
    EXPECT_EQ(red.name, "red");
    EXPECT_EQ(red.category, "color");
    EXPECT_EQ(red.images, 2);
    EXPECT_EQ(red.pixels, 18);
    EXPECT_DOUBLE_EQ(red.share, 18.0 / 57);
    EXPECT_DOUBLE_EQ(red.share_in_category, 18.0 / 24);
    EXPECT_DOUBLE_EQ(red.ceiling, 6.0 / 18);  // A = 0.25 * 24.
    const auto& street = result.concepts[3];
    EXPECT_EQ(street.category, "scene");
    EXPECT_EQ(street.images, 1);
    EXPECT_EQ(street.pixels, 15);  // 3 as an object, 12 as the scene.
    EXPECT_DOUBLE_EQ(street.ceiling, 3.0 / 15);
    EXPECT_EQ(result.concepts[4].ceiling, 0);
    EXPECT_EQ(result.concepts[5].label, 300);
    EXPECT_DOUBLE_EQ(result.concepts[5].ceiling, 3.0 / 6);
    EXPECT_EQ(result.categories[1].images, 2);
    EXPECT_EQ(result.categories[1].concepts, 2);
    EXPECT_EQ(result.categories[0].grid_pixels, 12);
    EXPECT_EQ(to_json(result)["concepts"][5]["name"], "far thing");
  }
  EXPECT_THROW(concept_statistics(*set, 0, 1, *make_silent_reporter()), Error);
}

TEST(ConceptStatistics, SkipsAndNamesWhatCannotBeRead) {
  const BrodenFolder folder("statistics_skip");
  folder.remove("images/a/2_object.png");
  const auto result = concept_statistics(*open_concept_set(folder.path()), 0.005, 2, *make_silent_reporter());
  EXPECT_EQ(result.images, 3);
  EXPECT_THAT(result.skipped, ElementsAre(HasSubstr("a/2_object.png (index.csv:3)")));
}

TEST(CheckConcepts, FindsTheStaleFrequenciesOfTheRealSet) {
  const char* shared = std::getenv("MICROTOME_SHARED");
  const std::string folder = std::string(shared ? shared : "../shared") + "/datasets/minibroden";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  const ConceptCheck result = check_concepts(folder, 2, *make_silent_reporter());
  EXPECT_TRUE(result.sound());
  EXPECT_GT(of_kind(result, "stale frequency").size(), 100u);
}

}  // namespace
}  // namespace microtome
