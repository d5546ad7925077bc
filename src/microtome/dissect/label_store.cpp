// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/label_store.h"

#include <algorithm>
#include <cstddef>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/formats/broden_order.h"

namespace microtome {
namespace {

// Whether the set says which images are for training; otherwise Broden's rule decides.
bool has_splits(const ConceptSet& concepts, const std::vector<int64_t>& images) {
  int64_t train = 0;
  for (const int64_t image : images) train += concepts.image_info(image).split == "train";
  return train > 0 && train < static_cast<int64_t>(images.size());
}

LabelledImage read_labels(const ConceptSet& concepts, int64_t number, RepeatRule repeats, bool splits,
                          LabelCounts& counts) {
  const ConceptIndex& index = concepts.index();
  const ConceptImage& info = concepts.image_info(number);
  ImageLabels labels = concepts.labels(number);
  const bool says_zero = labels.says_zero;
  std::vector<std::pair<int, int64_t>> pairs;
  const auto collect = [&](const LabelRuns& runs) {
    runs.count_all(counts);
    for (const int label : counts.touched()) pairs.emplace_back(label, counts[label]);
    counts.clear();
    std::sort(pairs.begin(), pairs.end());
  };
  if (repeats == RepeatRule::kTruthOnly) collect(LabelRuns(labels, index.max_label(), false, info.file));
  LabelledImage out{number,
                    LabelRuns(std::move(labels), index.max_label(), repeats != RepeatRule::kPairs, info.file),
                    (splits ? info.split : broden_split(info.file)) == "train",
                    says_zero,
                    {},
                    {}};
  if (repeats != RepeatRule::kTruthOnly) collect(out.labels);
  out.truth = std::move(pairs);
  out.categories.assign(static_cast<size_t>(index.category_count()), 0);
  for (const auto& [label, count] : out.truth) {
    const int category = index.concept_of(label).category;
    if (category >= 0) out.categories[static_cast<size_t>(category)] = 1;
  }
  return out;
}

}  // namespace

LabelStore::LabelStore(const ConceptSet& concepts, const std::vector<int64_t>& images, const Settings& settings,
                       int threads, Reporter& reporter)
    : index_(concepts.index()) {
  const size_t labels = static_cast<size_t>(index_.max_label()) + 1;
  for (ConceptTotals* totals : {&totals_, &train_totals_, &held_out_totals_}) {
    totals->truth.resize(labels);
    totals->images.resize(labels);
  }
  carriers_.resize(labels);
  positions_.assign(images.empty() ? 0 : static_cast<size_t>(images.back()) + 1, -1);
  const bool splits = has_splits(concepts, images);
  std::vector<std::optional<LabelledImage>> read(images.size());
  std::vector<std::string> reasons(images.size());
  std::vector<LabelCounts> counts(static_cast<size_t>(std::max(1, threads)), LabelCounts(labels));
  Task task(reporter, "labels", static_cast<int64_t>(images.size()), "images");
  parallel_for(threads, static_cast<int64_t>(images.size()), [&](int worker, int64_t slot) {
    throw_if_stopped();
    const auto place = static_cast<size_t>(slot);
    try {
      read[place] = read_labels(concepts, images[place], settings.repeats, splits, counts[static_cast<size_t>(worker)]);
    } catch (const Error& error) {
      if (settings.strict || error.kind() == ErrorKind::kCancelled) throw;
      reasons[place] = error.what();
    }
    task.advance();
  });
  images_.reserve(images.size());
  for (size_t place = 0; place < images.size(); ++place) {
    if (read[place]) {
      add(std::move(*read[place]), settings.zero);
    } else {
      unreadable_.push_back({images[place], reasons[place]});
    }
  }
}

void LabelStore::add(LabelledImage image, ZeroRule zero) {
  const auto place = static_cast<int>(images_.size());
  positions_[static_cast<size_t>(image.image)] = place;
  // Label 0 only has truth where a convention gives it one.
  const bool nameless = zero == ZeroRule::kEverything || (zero == ZeroRule::kNameless && image.says_zero);
  if (nameless) image.truth.insert(image.truth.begin(), {0, image.labels.pixels()});
  for (ConceptTotals* totals : {&totals_, image.train ? &train_totals_ : &held_out_totals_}) {
    totals->pixels += image.labels.pixels();
    for (const auto& [label, count] : image.truth) {
      totals->truth[static_cast<size_t>(label)] += count;
      ++totals->images[static_cast<size_t>(label)];
    }
  }
  for (const auto& [label, count] : image.truth) carriers_[static_cast<size_t>(label)].push_back(place);
  images_.push_back(std::move(image));
}

int LabelStore::position(int64_t image) const {
  return image < static_cast<int64_t>(positions_.size()) ? positions_[static_cast<size_t>(image)] : -1;
}

size_t LabelStore::bytes() const {
  size_t bytes = positions_.capacity() * sizeof(int);
  for (const LabelledImage& image : images_) {
    bytes += sizeof image + image.labels.bytes() + image.truth.capacity() * sizeof image.truth[0];
  }
  for (const auto& carriers : carriers_) bytes += carriers.capacity() * sizeof(int);
  return bytes;
}

}  // namespace microtome
