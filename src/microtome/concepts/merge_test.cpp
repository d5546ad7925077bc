// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/merge.h"

#include "microtome/concepts/open.h"
#include "microtome/concepts/testing/written_folder.h"
#include "microtome/concepts/validation.h"

namespace microtome {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SourceLabel label(int set, int number, std::vector<std::string> names, int64_t images, double coverage,
                  int category = 0) {
  return {set, number, category, std::move(names), images, coverage};
}

TEST(UnifyLabels, SameNamesOfTwoSetsAreOneConcept) {
  const UnifiedLabels out =
      unify_labels({label(0, 1, {"cat"}, 20, 4), label(1, 1, {"dog"}, 40, 4), label(1, 2, {"cat"}, 30, 9)}, {});
  EXPECT_THAT(out.names, ElementsAre("cat", "dog"));
  EXPECT_THAT(out.concept_of, ElementsAre(0, 1, 0));
  EXPECT_THAT(out.members[0], ElementsAre(2, 0)) << "the more frequent named it";
}

TEST(UnifyLabels, SynonymsJoinUpwardsUnlessKeptApart) {
  const std::vector<SourceLabel> labels = {label(0, 1, {"airplane", "aeroplane"}, 50, 9),
                                           label(1, 1, {"aeroplane"}, 20, 3), label(0, 2, {"car", "machine"}, 60, 9),
                                           label(1, 2, {"machine"}, 20, 3)};
  const UnifiedLabels out = unify_labels(labels, {});
  EXPECT_THAT(out.names, ElementsAre("airplane", "car", "machine"));
  EXPECT_THAT(out.concept_of, ElementsAre(0, 0, 1, 2));
  MergeRules together;
  together.apart.clear();
  EXPECT_THAT(unify_labels(labels, together).concept_of, ElementsAre(1, 1, 0, 0));
}

TEST(UnifyLabels, OneNameForTwoThingsOfASet) {
  // Two classes of one set that begin the same: the rarer one goes by its next name, or by none of its own.
  const UnifiedLabels out =
      unify_labels({label(0, 1, {"plant", "flora"}, 90, 30), label(0, 2, {"plant", "works"}, 20, 2),
                    label(0, 3, {"plant"}, 15, 1), label(0, 4, {"plant"}, 12, 1, 1)},
                   {});
  EXPECT_THAT(out.names, ElementsAre("plant", "works"));
  EXPECT_THAT(out.concept_of, ElementsAre(0, 1, 0, 0)) << "a part of the same name is another category of the concept";
}

TEST(UnifyLabels, WithoutANameOfItsOwnTheClosestSizeDecides) {
  const UnifiedLabels out = unify_labels(
      {label(0, 1, {"bat"}, 90, 45), label(0, 2, {"club"}, 80, 0.8), label(0, 3, {"bat", "club"}, 20, 0.2)}, {});
  EXPECT_THAT(out.concept_of, ElementsAre(1, 0, 0));
}

TEST(UnifyLabels, RareConceptsAreDroppedBySum) {
  const std::vector<SourceLabel> labels = {label(0, 1, {"a"}, 6, 1), label(1, 1, {"a"}, 6, 1), label(0, 2, {"b"}, 9, 5),
                                           label(0, 3, {"c"}, 50, 0.4), label(0, 4, {"d"}, 0, 0)};
  EXPECT_THAT(unify_labels(labels, {}).concept_of, ElementsAre(0, 0, -1, -1, -1));
  EXPECT_THAT(unify_labels(labels, {0, 0, {}}).concept_of, ElementsAre(1, 1, 2, 0, -1)) << "no pixel, no concept";
}

void write_set(const WrittenFolder& folder, const std::string& names, uint16_t number, int images) {
  folder.write("names.csv", names);
  for (int i = 0; i < images; ++i) {
    const std::string name = "p" + std::to_string(i);
    folder.write("images/" + name + ".jpg", flat_jpeg(12, 8));
    LabelMap map(12, 8);
    for (int x = 0; x < 6; ++x) map.at(x, i % 8) = number;
    folder.write("masks/" + name + ".png", encode_label_png(map));
  }
}

TEST(MergeConcepts, WritesOneSoundSet) {
  const WrittenFolder one("merge_one"), two("merge_two"), out("merge_out");
  write_set(one, "number,name,category\n3,car,\n4,wheel,part\n", 3, 12);
  write_set(two, "number,name\n9,car\n8,tree\n", 9, 11);
  LabelMap both(12, 8, 9);
  for (int x = 0; x < 12; ++x) both.at(x, 0) = 8;
  two.write("masks/p3.png", encode_label_png(both));
  two.cut("images/p4.jpg");
  two.write("masks/p5.png", encode_label_png(LabelMap(12, 8)));
  MergeRequest request;
  request.sets = {one.path(), two.path()};
  request.out = out.path();
  request.size = 0;
  const MergeReport report = merge_concepts(request, 2, *make_silent_reporter());
  EXPECT_EQ(report.images, 12 + 11 - 2);
  EXPECT_EQ(report.unlabelled, 1);
  ASSERT_EQ(report.skipped.size(), 1u);
  EXPECT_THAT(report.skipped[0], HasSubstr("p4.jpg"));
  EXPECT_THAT(report.unified.names, ElementsAre("car"));
  const ConceptCheck check = check_concepts(out.path(), 1, *make_silent_reporter());
  EXPECT_TRUE(check.sound());
  EXPECT_EQ(check.by_kind().count("stale frequency"), 0u);
  const auto set = open_concept_set(out.path());
  ASSERT_EQ(set->size(), report.images);
  for (int64_t i = 0; i < set->size(); ++i) {
    const ImageLabels labels = set->labels(i);
    const bool doubled = set->image_info(i).file.ends_with("merge_two/p3.jpg");
    EXPECT_EQ(std::count(labels.planes.at(0).labels.begin(), labels.planes[0].labels.end(), 1), doubled ? 12 * 7 : 6);
  }
  EXPECT_THROW(merge_concepts(request, 1, *make_silent_reporter()), Error) << "the folder is in use";
}

TEST(MergeConcepts, OfOneSetIsAnExport) {
  const WrittenFolder one("export_one"), out("export_out");
  write_set(one, "number,name,category\n3,car,\n4,wheel,part\n", 3, 4);
  const MergeReport report =
      merge_concepts({{"colours:" + one.path()}, out.path(), 8, {0, 0, {}}}, 1, *make_silent_reporter());
  EXPECT_EQ(report.images, 4);
  const auto set = open_concept_set(out.path());
  EXPECT_EQ(set->image_info(0).width, 8);
  EXPECT_EQ(set->image_info(0).label_width, 4);
  EXPECT_THAT(set->index().categories(), ElementsAre("object", "part", "color"));
  EXPECT_EQ(set->labels(0).planes.size(), 2u) << "a mask of the object and one of colours";
}

}  // namespace
}  // namespace microtome
