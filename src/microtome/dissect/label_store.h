// SPDX-License-Identifier: Apache-2.0
// All labels of a concept set as runs in memory: every image is read once, whatever is counted afterwards.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/convention.h"
#include "microtome/dissect/label_runs.h"

namespace microtome {

// By label number, over some images.
struct ConceptTotals {
  std::vector<int64_t> truth;   // G
  std::vector<int64_t> images;  // that carry the label
  int64_t pixels = 0;           // of all label grids
};

struct LabelledImage {
  int64_t image = 0;  // in the concept set
  LabelRuns labels;
  // Of the split "train"; all other splits are held out. A set with one split only is split as Broden is, by the
  // image's name.
  bool train = false;
  bool says_zero = false;
  std::vector<std::pair<int, int64_t>> truth;  // G of each label that it carries, by label
  std::vector<uint8_t> categories;             // whether it carries one
};

class LabelStore {
 public:
  struct Settings {
    RepeatRule repeats = RepeatRule::kPairs;
    ZeroRule zero = ZeroRule::kIgnored;
    bool strict = false;  // the first image whose labels cannot be read throws its Error
  };
  // `images`: numbers in the concept set, rising. Those whose labels cannot be read are left out.
  LabelStore(const ConceptSet& concepts, const std::vector<int64_t>& images, const Settings& settings, int threads,
             Reporter& reporter);

  const ConceptIndex& index() const { return index_; }
  const std::vector<LabelledImage>& images() const { return images_; }
  // Place among images() of a number in the concept set, -1 when it was left out.
  int position(int64_t image) const;
  const ConceptTotals& totals() const { return totals_; }
  const ConceptTotals& train_totals() const { return train_totals_; }
  const ConceptTotals& held_out_totals() const { return held_out_totals_; }
  // Places of the images that carry a label, rising.
  const std::vector<int>& carriers(int label) const { return carriers_[static_cast<size_t>(label)]; }
  struct Unreadable {
    int64_t image = 0;
    std::string reason;
  };
  const std::vector<Unreadable>& unreadable() const { return unreadable_; }
  size_t bytes() const;

 private:
  void add(LabelledImage image, ZeroRule zero);

  ConceptIndex index_;
  std::vector<LabelledImage> images_;
  std::vector<int> positions_;  // by number in the concept set
  ConceptTotals totals_, train_totals_, held_out_totals_;
  std::vector<std::vector<int>> carriers_;
  std::vector<Unreadable> unreadable_;
};

}  // namespace microtome
