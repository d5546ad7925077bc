// SPDX-License-Identifier: Apache-2.0
// concept_statistics(): how often each concept occurs, and its ceiling.
#include <algorithm>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/formats/broden_counts.h"
#include "microtome/concepts/validation.h"

namespace microtome {
namespace {

struct ImageCounts {
  int64_t grid_pixels = 0;
  std::vector<LabelPixels> labels;
  std::string failure;
};

ImageCounts count_image(const ConceptSet& set, int64_t image) {
  ImageCounts out;
  try {
    const ImageLabels labels = set.labels(image);
    out.grid_pixels = int64_t{labels.width} * labels.height;
    // The planes do not say their category, and G does not need it.
    out.labels = count_cell(0, labels.planes, labels.whole_image, out.grid_pixels);
  } catch (const Error& error) {
    out.failure = error.what();
  }
  return out;
}

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0.0; }

void add_image(const ImageCounts& image, const ConceptIndex& index, ConceptStatistics& out,
               std::vector<LabelTotals>& totals) {
  ++out.images;
  out.grid_pixels += image.grid_pixels;
  std::set<int> carried;
  for (const LabelPixels& item : image.labels) {
    LabelTotals& total = totals[static_cast<size_t>(item.label)];
    ++total.images;
    total.pixels += item.pixels;
    out.label_pixels += item.pixels;
    const int category = index.concept_of(item.label).category;
    carried.insert(category);
    out.categories[static_cast<size_t>(category)].label_pixels += item.pixels;
  }
  for (const int category : carried) {
    ++out.categories[static_cast<size_t>(category)].images;
    out.categories[static_cast<size_t>(category)].grid_pixels += image.grid_pixels;
  }
}

void finish_concepts(const ConceptIndex& index, const std::vector<LabelTotals>& totals, ConceptStatistics& out) {
  for (int label = 1; label <= index.max_label(); ++label) {
    const Concept& item = index.concept_of(label);
    if (item.category < 0) continue;
    ConceptStatistics::Category& category = out.categories[static_cast<size_t>(item.category)];
    const LabelTotals& total = totals[static_cast<size_t>(label)];
    category.concepts += total.pixels > 0;
    const auto truth = static_cast<double>(total.pixels), carried = static_cast<double>(category.grid_pixels);
    const double area = out.tail * carried;
    out.concepts.push_back({label, index.display_name(label), category.name, total.images, total.pixels,
                            ratio(truth, static_cast<double>(out.label_pixels)), ratio(truth, carried),
                            ratio(std::min(area, truth), std::max(area, truth))});
  }
}

}  // namespace

ConceptStatistics concept_statistics(const ConceptSet& set, double tail, int threads, Reporter& reporter) {
  if (!(tail > 0 && tail < 1)) throw Error(ErrorKind::kUsage, "tail", "it must lie between 0 and 1");
  std::vector<ImageCounts> counts(static_cast<size_t>(set.size()));
  {
    Task task(reporter, "counting concepts", set.size(), "images");
    parallel_for(threads, set.size(), [&](int, int64_t image) {
      throw_if_stopped();
      counts[static_cast<size_t>(image)] = count_image(set, image);
      task.advance();
    });
  }
  ConceptStatistics out;
  out.tail = tail;
  for (const std::string& name : set.index().categories()) out.categories.push_back({name, 0, 0, 0, 0});
  std::vector<LabelTotals> totals(static_cast<size_t>(set.index().max_label()) + 1);
  for (const ImageCounts& image : counts) {
    if (image.failure.empty()) {
      add_image(image, set.index(), out, totals);
    } else {
      out.skipped.push_back(image.failure);
      reporter.warn(image.failure);
    }
  }
  finish_concepts(set.index(), totals, out);
  return out;
}

Json to_json(const ConceptStatistics& statistics) {
  Json concepts = Json::array(), categories = Json::array();
  for (const ConceptStatistics::Item& item : statistics.concepts) {
    concepts.push_back({{"label", item.label},
                        {"name", item.name},
                        {"category", item.category},
                        {"images", item.images},
                        {"pixels", item.pixels},
                        {"share", item.share},
                        {"share_in_category", item.share_in_category},
                        {"ceiling", item.ceiling}});
  }
  for (const ConceptStatistics::Category& item : statistics.categories) {
    categories.push_back({{"name", item.name},
                          {"concepts", item.concepts},
                          {"images", item.images},
                          {"grid_pixels", item.grid_pixels},
                          {"label_pixels", item.label_pixels}});
  }
  return {{"images", statistics.images},
          {"grid_pixels", statistics.grid_pixels},
          {"label_pixels", statistics.label_pixels},
          {"tail", statistics.tail},
          {"categories", std::move(categories)},
          {"concepts", std::move(concepts)},
          {"skipped", statistics.skipped}};
}

}  // namespace microtome
