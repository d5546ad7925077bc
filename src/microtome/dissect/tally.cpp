// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/tally.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"
#include "microtome/dissect/counts.h"
#include "microtome/dissect/label_runs.h"
#include "microtome/dissect/survey_state.h"
#include "microtome/dissect/upsampling.h"

namespace microtome {
namespace {

// Sums of whole numbers are the same in any order, so threads may share the tables.
void add_shared(int64_t& total, int64_t count) {
  std::atomic_ref<int64_t>(total).fetch_add(count, std::memory_order_relaxed);
}

struct Layer {
  const SurveyState* survey = nullptr;
  std::vector<float> thresholds;  // by row
  RowCounts counts;
};

// A surviving region: where to look for a part of the image's work.
struct Piece {
  uint32_t layer = 0, row = 0, region = 0;
};

// Pieces grouped by image.
struct WorkList {
  std::vector<int64_t> images;  // rising
  std::vector<size_t> first;    // [images + 1]: of pieces
  std::vector<Piece> pieces;
};

// What a thread keeps between images.
struct Scratch {
  explicit Scratch(int max_label) : counts(max_label) {}
  const Axis& axis(int cells, int pixels) {
    const auto [entry, fresh] = axes.try_emplace({cells, pixels});
    if (fresh) entry->second = half_pixel_axis(cells, pixels);
    return entry->second;
  }

  LabelCounts counts;
  std::vector<uint8_t> categories;  // whether the image carries one
  std::vector<float> map, column;
  std::vector<MaskSpan> spans;
  std::map<std::pair<int, int>, Axis> axes;
};

struct LabelPass {
  const ConceptSet& concepts;
  WorkList work;
  std::vector<Layer> layers;
  ConceptTotals totals;
};

std::vector<Layer> make_layers(std::span<const Survey> surveys, const ConceptIndex& index, int threads) {
  std::vector<Layer> layers;
  for (const Survey& survey : surveys) {
    Layer layer;
    layer.survey = &survey.state();
    const size_t rows = layer.survey->rows.size();
    layer.thresholds.resize(rows);
    parallel_for(threads, static_cast<int64_t>(rows), [&](int, int64_t row) {
      layer.thresholds[static_cast<size_t>(row)] = row_threshold(*layer.survey, static_cast<size_t>(row));
    });
    layer.counts.intersection.resize(rows * (static_cast<size_t>(index.max_label()) + 1));
    layer.counts.activation.resize(rows * static_cast<size_t>(index.category_count()));
    layer.counts.on_pixels.resize(rows);
    layer.counts.on_images.resize(rows);
    layers.push_back(std::move(layer));
  }
  return layers;
}

std::vector<int64_t> images_of(std::span<const Survey> surveys, int64_t size) {
  std::vector<int64_t> images;
  for (const Survey& survey : surveys) {
    std::vector<int64_t> sorted = survey.images();
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      throw Error(ErrorKind::kUsage, survey.layer().name, "an image was added twice");
    }
    if (!sorted.empty() && sorted.back() >= size) {
      throw Error(ErrorKind::kUsage, survey.layer().name, "surveyed images are not in the concept set",
                  "finish with the set of the pass");
    }
    if (&survey != &surveys.front() && sorted != images) {
      throw Error(ErrorKind::kUsage, survey.layer().name,
                  "saw other images than layer \"" + surveys.front().layer().name + "\"",
                  "add each image to every survey");
    }
    images = std::move(sorted);
  }
  return images;
}

template <class F>
void for_each_piece(const std::vector<Layer>& layers, F&& visit) {
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    const auto& rows = layers[layer].survey->rows;
    for (size_t row = 0; row < rows.size(); ++row) {
      const auto& regions = rows[row].store().regions;
      for (size_t region = 0; region < regions.size(); ++region) {
        if (!(regions[region].peak > layers[layer].thresholds[row])) continue;
        visit(regions[region].image,
              Piece{static_cast<uint32_t>(layer), static_cast<uint32_t>(row), static_cast<uint32_t>(region)});
      }
    }
  }
}

// A counting sort of all surviving regions by image.
WorkList group_by_image(const std::vector<Layer>& layers, std::vector<int64_t> images) {
  WorkList work{std::move(images), {}, {}};
  std::vector<int32_t> position(work.images.empty() ? 0 : static_cast<size_t>(work.images.back()) + 1, 0);
  for (size_t i = 0; i < work.images.size(); ++i)
    position[static_cast<size_t>(work.images[i])] = static_cast<int32_t>(i);
  std::vector<size_t> next(work.images.size() + 1, 0);
  const auto place = [&](int32_t image) { return static_cast<size_t>(position[static_cast<size_t>(image)]); };
  for_each_piece(layers, [&](int32_t image, const Piece&) { ++next[place(image) + 1]; });
  for (size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
  work.first = next;
  work.pieces.resize(next.back());
  for_each_piece(layers, [&](int32_t image, const Piece& piece) { work.pieces[next[place(image)]++] = piece; });
  return work;
}

// Lays a region's cells into the lent map, the threshold around them; returns their box.
CellBox paint(const SurveyState& survey, const CellStore& store, const HotRegion& region, float threshold,
              std::vector<float>& map) {
  const auto width = static_cast<uint32_t>(survey.layer.map_width);
  const CellRun* runs = &store.runs[region.first_run];
  const uint32_t last = runs[region.runs - 1].first + runs[region.runs - 1].count - 1;
  uint32_t x0 = width, x1 = 0;
  for (uint32_t i = 0; i < region.runs; ++i) {
    const uint32_t first = runs[i].first % width, end = first + runs[i].count;
    x0 = end > width ? 0 : std::min(x0, first);
    x1 = end > width ? width - 1 : std::max(x1, end - 1);
  }
  const CellBox box{static_cast<int>(x0), static_cast<int>(runs[0].first / width), static_cast<int>(x1),
                    static_cast<int>(last / width)};
  map.resize(static_cast<size_t>(survey.map_cells()));
  const int rows = std::min(box.y1 + 2, survey.layer.map_height) - box.y0;
  std::fill_n(map.begin() + static_cast<ptrdiff_t>(box.y0) * width, static_cast<ptrdiff_t>(rows) * width, threshold);
  const float* value = store.values.data() + region.first_value;
  for (uint32_t i = 0; i < region.runs; ++i) {
    std::copy_n(value, runs[i].count, map.begin() + runs[i].first);
    value += runs[i].count;
  }
  return box;
}

void count_piece(LabelPass& pass, const Piece& piece, const LabelRuns& labels, Scratch& scratch) {
  Layer& layer = pass.layers[piece.layer];
  const SurveyState& survey = *layer.survey;
  const CellStore& store = survey.rows[piece.row].store();
  const float threshold = layer.thresholds[piece.row];
  const CellBox box = paint(survey, store, store.regions[piece.region], threshold, scratch.map);
  const Axis& across = scratch.axis(survey.layer.map_width, labels.width());
  const Axis& down = scratch.axis(survey.layer.map_height, labels.height());
  mask_spans(scratch.map.data(), survey.layer.map_width, box, threshold, across, down, scratch.column, scratch.spans);
  if (scratch.spans.empty()) return;
  int64_t pixels = 0;
  for (const MaskSpan& span : scratch.spans) pixels += span.end - span.begin;
  add_shared(layer.counts.on_pixels[piece.row], pixels);
  add_shared(layer.counts.on_images[piece.row], 1);
  for (size_t category = 0; category < scratch.categories.size(); ++category) {
    if (scratch.categories[category] == 0) continue;
    add_shared(layer.counts.activation[piece.row * scratch.categories.size() + category], pixels);
  }
  labels.count(scratch.spans, scratch.counts);
  int64_t* intersection = &layer.counts.intersection[piece.row * pass.totals.truth.size()];
  for (const int label : scratch.counts.touched()) add_shared(intersection[label], scratch.counts[label]);
  scratch.counts.clear();
}

void count_image(LabelPass& pass, size_t position, const LabelRuns& labels, Scratch& scratch) {
  const ConceptIndex& index = pass.concepts.index();
  scratch.categories.assign(static_cast<size_t>(index.category_count()), 0);
  labels.count_all(scratch.counts);
  for (const int label : scratch.counts.touched()) {
    add_shared(pass.totals.truth[static_cast<size_t>(label)], scratch.counts[label]);
    add_shared(pass.totals.images[static_cast<size_t>(label)], 1);
    const int category = index.concept_of(label).category;
    if (category >= 0) scratch.categories[static_cast<size_t>(category)] = 1;
  }
  scratch.counts.clear();
  for (size_t i = pass.work.first[position]; i < pass.work.first[position + 1]; ++i) {
    count_piece(pass, pass.work.pieces[i], labels, scratch);
  }
}

// Returns how many images took part.
int64_t count_labels(LabelPass& pass, const TallySettings& settings, int threads, Reporter& reporter) {
  const std::vector<int64_t>& images = pass.work.images;
  const int max_label = pass.concepts.index().max_label();
  std::vector<std::optional<std::string>> unreadable(images.size());
  std::vector<Scratch> scratch(static_cast<size_t>(std::max(1, threads)), Scratch(max_label));
  Task task(reporter, "labels", static_cast<int64_t>(images.size()), "images");
  parallel_for(threads, static_cast<int64_t>(images.size()), [&](int worker, int64_t index) {
    throw_if_stopped();
    const auto position = static_cast<size_t>(index);
    std::optional<LabelRuns> labels;
    try {
      labels.emplace(pass.concepts.labels(images[position]), max_label,
                     pass.concepts.image_info(images[position]).file);
    } catch (const Error& error) {
      if (settings.strict) throw;
      unreadable[position] = error.what();
    }
    if (labels) count_image(pass, position, *labels, scratch[static_cast<size_t>(worker)]);
    task.advance();
  });
  auto count = static_cast<int64_t>(images.size());
  for (const auto& what : unreadable) {
    if (!what) continue;
    reporter.warn("left out of the tally: " + *what);
    --count;
  }
  return count;
}

std::vector<Exemplar> exemplars_of(const ExemplarShelf& shelf, int count, Sign sign) {
  const auto size = std::min(shelf.exemplars.size(), static_cast<size_t>(count));
  std::vector<Exemplar> out(shelf.exemplars.begin(), shelf.exemplars.begin() + static_cast<ptrdiff_t>(size));
  if (sign == Sign::kNegative) {
    for (Exemplar& exemplar : out) exemplar.activation = -exemplar.activation;
  }
  return out;
}

UnitDissection describe_row(const Layer& layer, size_t row) {
  const SurveyState& survey = *layer.survey;
  UnitDissection unit;
  unit.unit = survey.unit_of(row);
  unit.sign = survey.sign_of(row);
  unit.threshold = layer.thresholds[row];
  unit.on_pixels = layer.counts.on_pixels[row];
  unit.on_images = layer.counts.on_images[row];
  if (survey.images.empty()) return unit;
  const UnitSurvey& of_unit = survey.units[static_cast<size_t>(unit.unit)];
  const bool positive = unit.sign == Sign::kPositive;
  unit.minimum = positive ? of_unit.minimum : -of_unit.maximum;
  unit.maximum = positive ? of_unit.maximum : -of_unit.minimum;
  unit.histogram = of_unit.counts.histogram(unit.minimum, unit.maximum, survey.settings.bins, unit.sign);
  unit.top = exemplars_of(positive ? of_unit.high : of_unit.low, survey.settings.top, unit.sign);
  unit.bottom = exemplars_of(positive ? of_unit.low : of_unit.high, survey.settings.bottom, unit.sign);
  return unit;
}

}  // namespace

std::vector<LayerDissection> finish(std::span<const Survey> surveys, const ConceptSet& concepts,
                                    const TallySettings& settings, int threads, Reporter& reporter) {
  check_ranges(settings, "tally");
  const ConceptIndex& index = concepts.index();
  LabelPass pass{concepts, {}, make_layers(surveys, index, threads), {}};
  pass.work = group_by_image(pass.layers, images_of(surveys, concepts.size()));
  pass.totals.truth.resize(static_cast<size_t>(index.max_label()) + 1);
  pass.totals.images.resize(pass.totals.truth.size());
  const int64_t images = count_labels(pass, settings, threads, reporter);
  std::vector<LayerDissection> out;
  for (const Layer& layer : pass.layers) {
    const SurveyLayer& shape = layer.survey->layer;
    LayerDissection dissection{shape.name, shape.map_width, shape.map_height, layer.survey->settings.tail, images, {}};
    dissection.units.resize(layer.thresholds.size());
    parallel_for(threads, static_cast<int64_t>(dissection.units.size()), [&](int, int64_t i) {
      const auto row = static_cast<size_t>(i);
      dissection.units[row] = describe_row(layer, row);
      score_concepts(layer.counts, row, pass.totals, index, settings, dissection.units[row]);
    });
    out.push_back(std::move(dissection));
  }
  return out;
}

}  // namespace microtome
