// SPDX-License-Identifier: Apache-2.0
// Several concept sets as one in Broden's layout: one vocabulary, one size.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/json.h"
#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"

namespace microtome {

// A label of one of the sets, as the merge sees it.
struct SourceLabel {
  int set = 0;
  int label = 0;
  int category = -1;               // Of its set.
  std::vector<std::string> names;  // Its own, then its synonyms; never empty.
  int64_t images = 0;              // With at least one pixel of it.
  double coverage = 0;             // Sum of covered fractions of the label grid, in whole images.
};

struct MergeRules {
  // Labels below either are dropped: Broden's bounds.
  int64_t min_images = 10;
  double min_coverage = 0.5;
  // Names that are never the same concept, though one is a synonym of the other.
  std::vector<std::pair<std::string, std::string>> apart = {{"car", "machine"}, {"bicycle", "wheel"}};
};

// Rules in the manner of Broden's (docs/concept_sets.md). Labels come in the order of falling (images,
// coverage, then as given). A label
//   1. joins the concept that is called as itself or, failing that, has its name as a synonym (of several the one of
//   the
//      closest mean size, coverage / images; then the more frequent), unless the two names are kept apart or the
//      concept holds a label of the same set and category already, which is then another thing of that name;
//   2. otherwise begins a concept under the first of its names that none is called by;
//   3. when there is no such name, joins the concept of the closest mean size among those that took its names.
// Concepts whose sums fall below the bounds are dropped, the rest are numbered by falling (images, coverage) from 0.
struct UnifiedLabels {
  std::vector<std::string> names;         // By concept.
  std::vector<std::vector<int>> members;  // By concept: indices of source labels, the one that named it first.
  std::vector<int> concept_of;            // By source label; -1 when it is dropped.
};
UnifiedLabels unify_labels(const std::vector<SourceLabel>& labels, const MergeRules& rules);

struct MergeRequest {
  std::vector<std::string> sets;  // As for open_concept_set.
  std::string out;                // A folder that is not there yet, or is empty.
  int size = 224;                 // Pictures are scaled to a square of this side and masks to half of it; 0 keeps both.
  MergeRules rules;
};

struct MergeReport {
  int64_t images = 0;                // Written.
  int64_t unlabelled = 0;            // Left out: none of their labels is in the merged set.
  std::vector<std::string> skipped;  // What went wrong with images that could not be read.
  std::vector<SourceLabel> labels;
  UnifiedLabels unified;
};

// Pictures go to SET/FILE, where SET is the name of the set's folder, or to FILE when there is one set. A mask of each
// category and plane; whole-image labels stay such. Images that cannot be read are left out with a warning. The result
// does not depend on `threads`. Throws Error(kUsage) when the folder is in use, and as open_concept_set.
MergeReport merge_concepts(const MergeRequest& request, int threads, Reporter& reporter);

Json to_json(const MergeReport& report);

}  // namespace microtome
