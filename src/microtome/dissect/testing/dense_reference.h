// SPDX-License-Identifier: Apache-2.0
// For tests: a dissection that stores everything, sorts it and upsamples every pixel; and problems to try it on.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/findings.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"
#include "microtome/dissect/testing/dense_pixels.h"

namespace microtome::dense {

// An index whose labels stand at their numbers; numbers between them have no concept.
inline ConceptIndex index_of(std::vector<std::string> categories, const std::vector<Concept>& concepts) {
  std::vector<Concept> by_number(1);
  for (const Concept& item : concepts) {
    by_number.resize(std::max(by_number.size(), static_cast<size_t>(item.number) + 1));
    by_number[static_cast<size_t>(item.number)] = item;
  }
  return {std::move(categories), std::move(by_number)};
}

class ListedConceptSet : public ConceptSet {
 public:
  ListedConceptSet(ConceptIndex index, std::vector<ImageLabels> labels)
      : index_(std::move(index)), labels_(std::move(labels)) {
    for (size_t i = 0; i < labels_.size(); ++i) {
      infos_.push_back({"image" + std::to_string(i) + ".png", i % 3 == 1 ? "val" : "train", 0, 0, labels_[i].width,
                        labels_[i].height});
    }
  }
  const ConceptIndex& index() const override { return index_; }
  int64_t size() const override { return static_cast<int64_t>(labels_.size()); }
  const ConceptImage& image_info(int64_t image) const override { return infos_.at(static_cast<size_t>(image)); }
  Image image(int64_t) const override { throw Error(ErrorKind::kNotFound, "listed", "no pictures"); }
  ImageLabels labels(int64_t image) const override {
    for (const int64_t bad : unreadable) {
      if (bad == image) throw Error(ErrorKind::kCorrupt, infos_[static_cast<size_t>(image)].file, "torn");
    }
    return labels_.at(static_cast<size_t>(image));
  }
  const std::string& hash() const override { return hash_; }

  std::vector<int64_t> unreadable;

 private:
  ConceptIndex index_;
  std::vector<ImageLabels> labels_;
  std::vector<ConceptImage> infos_;
  std::string hash_ = "listed";
};

struct Layer {
  SurveyLayer shape;
  std::vector<std::vector<float>> activations;  // by image: [units, h, w]
};

inline float threshold(std::vector<float> values, double tail) {
  std::sort(values.begin(), values.end());
  const double position = (1 - tail) * static_cast<double>(values.size() - 1);
  const auto index = static_cast<size_t>(position);
  const double a = values[index], b = values[std::min(index + 1, values.size() - 1)];
  return static_cast<float>(a + (position - std::floor(position)) * (b - a));
}

inline std::vector<Exemplar> exemplars(const Layer& layer, const std::vector<int64_t>& images, int unit, float sign,
                                       bool high, int count) {
  const int width = layer.shape.map_width, height = layer.shape.map_height, cells = width * height;
  std::vector<Exemplar> all;
  for (const int64_t image : images) {
    const float* map = layer.activations[static_cast<size_t>(image)].data() + unit * cells;
    Exemplar exemplar{image, sign * map[0], width, height, std::vector<float>(map, map + cells)};
    for (int i = 1; i < cells; ++i) {
      exemplar.activation =
          high ? std::max(exemplar.activation, sign * map[i]) : std::min(exemplar.activation, sign * map[i]);
    }
    all.push_back(exemplar);
  }
  std::stable_sort(all.begin(), all.end(), [&](const Exemplar& a, const Exemplar& b) {
    if (a.activation != b.activation) return high ? a.activation > b.activation : a.activation < b.activation;
    return a.image < b.image;
  });
  all.resize(std::min(all.size(), static_cast<size_t>(count)));
  return all;
}

// What is counted of one row, pixel by pixel.
struct Counts {
  std::vector<int64_t> both, truth, carriers, on_in;
  int64_t on = 0, on_images = 0, pixels = 0;
};

// How often a label counts in a pixel, by the rule of repeated labels.
inline std::vector<int> labels_at(const ImageLabels& holds, int x, int y, bool once) {
  std::vector<int> out = holds.whole_image;
  for (const LabelMap& plane : holds.planes) out.push_back(plane.at(x, y));
  std::erase(out, 0);
  if (!once) return out;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// Which pixels are on: threshold < S <= high; or, of a unit that saturates, those between cells at the threshold alone.
struct Cut {
  float threshold = 0;
  bool at_top = false;
  float high = std::numeric_limits<float>::infinity();

  float of_cell(float value) const { return at_top ? static_cast<float>(value == threshold) : value; }
  bool is_on(float pixel) const { return at_top ? pixel >= 1 : pixel > threshold && pixel <= high; }
};
inline Cut cut_of(const UnitDissection& unit, const Convention& convention, float threshold) {
  const bool all = unit.minimum == unit.maximum;
  return {threshold, convention.mask_at_top && !all && threshold == unit.maximum && threshold != 0};
}
inline Cut cut_of(const UnitDissection& unit, const Convention& convention) {
  return cut_of(unit, convention, unit.threshold);
}

// `given[i]`: the image whose labels images[i] is held against.
inline Counts count(const Layer& layer, const std::vector<int64_t>& images, const std::vector<int64_t>& given,
                    const ListedConceptSet& set, const Convention& convention, int unit, Sign sign, const Cut& cut) {
  const ConceptIndex& index = set.index();
  const auto labels = static_cast<size_t>(index.max_label()) + 1;
  const auto categories = static_cast<size_t>(index.category_count());
  Counts out{std::vector<int64_t>(labels), std::vector<int64_t>(labels), std::vector<int64_t>(labels),
             std::vector<int64_t>(categories)};
  const int cells = layer.shape.map_width * layer.shape.map_height;
  const bool pairs = convention.repeats == RepeatRule::kPairs, every = convention.zero == ZeroRule::kEverything;
  for (size_t i = 0; i < images.size(); ++i) {
    std::vector<float> map(layer.activations[static_cast<size_t>(images[i])].begin() + unit * cells,
                           layer.activations[static_cast<size_t>(images[i])].begin() + (unit + 1) * cells);
    for (float& value : map) value = cut.of_cell(sign == Sign::kPositive ? value : -value);
    const ImageLabels holds = set.labels(given[i]);
    const bool zero = every || (convention.zero == ZeroRule::kNameless && holds.says_zero);
    std::vector<int64_t> here(labels);
    std::vector<bool> carried(categories), touched(categories);
    int64_t on = 0;
    for (int y = 0; y < holds.height; ++y) {
      for (int x = 0; x < holds.width; ++x) {
        const float value =
            pixel_value(map.data(), layer.shape, convention.upsampling, holds.width, holds.height, x, y);
        const bool lit = cut.is_on(value);
        on += lit;
        ++out.pixels;
        for (const int label : labels_at(holds, x, y, convention.repeats == RepeatRule::kOnce))
          ++here[static_cast<size_t>(label)];
        here[0] += zero;
        if (!lit) continue;
        out.both[0] += zero;
        for (const int label : labels_at(holds, x, y, !pairs)) {
          ++out.both[static_cast<size_t>(label)];
          const int category = index.concept_of(label).category;
          if (category >= 0) touched[static_cast<size_t>(category)] = true;
        }
      }
    }
    out.on += on;
    out.on_images += on > 0;
    for (size_t label = 0; label < labels; ++label) {
      out.truth[label] += here[label];
      out.carriers[label] += here[label] > 0;
      const int category = label == 0 ? -1 : index.concept_of(static_cast<int>(label)).category;
      if (here[label] > 0 && category >= 0) carried[static_cast<size_t>(category)] = true;
    }
    for (size_t category = 0; category < categories; ++category) {
      const bool last = category + 1 == categories && convention.zero == ZeroRule::kLastUnion && holds.says_zero;
      const bool joins = convention.union_rule == UnionRule::kEverything ||
                         (convention.union_rule == UnionRule::kCategory ? carried[category] : touched[category]);
      if (joins || last) out.on_in[category] += on;
    }
  }
  return out;
}

inline std::vector<int64_t> readable(const std::vector<int64_t>& images, const ListedConceptSet& set) {
  std::vector<int64_t> out;
  for (const int64_t image : images) {
    if (std::count(set.unreadable.begin(), set.unreadable.end(), image) == 0) out.push_back(image);
  }
  return out;
}

// Scores of all candidates by label. `carriers`: of the whole set.
inline std::vector<ConceptScore> scores(const Counts& counts, const std::vector<int64_t>& carriers,
                                        const ConceptIndex& index, const TallySettings& tally) {
  const Convention& convention = *tally.convention;
  std::vector<ConceptScore> out;
  for (size_t label = 0; label < counts.both.size(); ++label) {
    int category = label == 0 ? -1 : index.concept_of(static_cast<int>(label)).category;
    const bool named_zero = convention.zero == ZeroRule::kNameless || convention.zero == ZeroRule::kEverything;
    if (label == 0 && named_zero) category = index.category_count() - 1;
    const int least = tally.min_images > 0 ? tally.min_images : convention.min_images;
    if (counts.both[label] == 0 || category < 0 || carriers[label] < least) continue;
    const int64_t both = counts.both[label], on = counts.on_in[static_cast<size_t>(category)],
                  truth = counts.truth[label];
    ConceptScore score{static_cast<int>(label), category, both, on, truth, counts.carriers[label], 0, 0, {}};
    if (on + truth > both) score.iou = static_cast<double>(both) / static_cast<double>(on + truth - both);
    score.ceiling = static_cast<double>(std::min(on, truth)) / static_cast<double>(std::max(on, truth));
    out.push_back(score);
  }
  return out;
}

// The best one: the lowest label of equal ones, or the lowest of the last category.
inline ConceptScore best_of(const std::vector<ConceptScore>& all, const TallySettings& tally) {
  ConceptScore best;
  for (const ConceptScore& score : all) {
    const bool later = tally.convention->later_category_wins && best.intersection > 0 && score.iou == best.iou &&
                       score.category > best.category;
    if (best.intersection == 0 || score.iou > best.iou || later) best = score;
  }
  return best;
}

inline float threshold_of(const Layer& layer, const std::vector<int64_t>& images, const ListedConceptSet& set,
                          const Convention& convention, int unit, Sign sign, double tail) {
  const int cells = layer.shape.map_width * layer.shape.map_height;
  const float factor = sign == Sign::kPositive ? 1.0F : -1.0F;
  std::vector<float> values;
  for (const int64_t image : convention.pixel_quantile ? readable(images, set) : images) {
    std::vector<float> map;
    for (int i = 0; i < cells; ++i) {
      map.push_back(factor * layer.activations[static_cast<size_t>(image)][static_cast<size_t>(unit * cells + i)]);
    }
    if (!convention.pixel_quantile) {
      values.insert(values.end(), map.begin(), map.end());
      continue;
    }
    const ImageLabels holds = set.labels(image);
    for (int y = 0; y < holds.height; ++y) {
      for (int x = 0; x < holds.width; ++x) {
        values.push_back(pixel_value(map.data(), layer.shape, convention.upsampling, holds.width, holds.height, x, y));
      }
    }
  }
  return values.empty() ? 0 : threshold(values, tail);
}

// Everything but the histogram, held-out scores, intervals and significance. `images`: those that took part; labels of
// unreadable ones do not count.
inline UnitDissection dissect_row(const Layer& layer, const std::vector<int64_t>& images, const ListedConceptSet& set,
                                  const SurveySettings& survey, const TallySettings& tally, int unit, Sign sign) {
  const float factor = sign == Sign::kPositive ? 1.0F : -1.0F;
  const int cells = layer.shape.map_width * layer.shape.map_height;
  UnitDissection out;
  out.unit = unit;
  out.sign = sign;
  out.threshold = threshold_of(layer, images, set, *tally.convention, unit, sign, survey.tail);
  out.minimum = std::numeric_limits<float>::infinity(), out.maximum = -out.minimum;
  for (const int64_t image : images) {
    for (int i = 0; i < cells; ++i) {
      const float value = factor * layer.activations[static_cast<size_t>(image)][static_cast<size_t>(unit * cells + i)];
      out.minimum = std::min(out.minimum, value), out.maximum = std::max(out.maximum, value);
    }
  }
  out.top = exemplars(layer, images, unit, factor, true, survey.top);
  out.bottom = exemplars(layer, images, unit, factor, false, survey.bottom);
  const std::vector<int64_t> labelled = readable(images, set);
  const Counts counts =
      count(layer, labelled, labelled, set, *tally.convention, unit, sign, cut_of(out, *tally.convention));
  out.on_pixels = counts.on;
  out.on_images = counts.on_images;
  std::vector<ConceptScore> all = scores(counts, counts.carriers, set.index(), tally);
  out.best = best_of(all, tally);
  out.by_category.resize(counts.on_in.size());
  for (const ConceptScore& score : all) {
    ConceptScore& best = out.by_category[static_cast<size_t>(score.category)];
    if (best.intersection == 0 || score.iou > best.iou) best = score;
  }
  std::stable_sort(all.begin(), all.end(), [](const ConceptScore& a, const ConceptScore& b) { return a.iou > b.iou; });
  all.resize(std::min(all.size(), static_cast<size_t>(tally.concepts)));
  out.top_concepts = std::move(all);
  for (const double tail : tally.tails) {
    TailScore score{tail, threshold_of(layer, images, set, *tally.convention, unit, sign, tail), 0, {}};
    const Counts at = count(layer, labelled, labelled, set, *tally.convention, unit, sign,
                            cut_of(out, *tally.convention, score.threshold));
    score.on_pixels = at.on;
    score.best = best_of(scores(at, at.carriers, set.index(), tally), tally);
    out.tails.push_back(score);
  }
  return out;
}

// Maps in the manners of real and of awkward units: smooth blobs, rectified, quantized, saturated, rare, dead,
// constant.
inline void draw_map(Rng& rng, int manner, int width, int height, float* map) {
  const double cx = rng.uniform(0, width), cy = rng.uniform(0, height), peak = std::exp(rng.normal());
  const double size = 0.5 + rng.uniform() * width / 2;
  const bool event = rng.chance(0.08);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double away = ((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (size * size);
      const double blob = peak * std::exp(-away) + 0.05 * rng.normal();
      const double values[] = {blob,
                               std::max(0.0, blob - 0.7),
                               std::round(rng.normal() * 2) / 2,
                               std::min(1.0, std::max(0.0, blob)),
                               event ? blob : 0.0,
                               0.0,
                               -1.75,
                               -std::fabs(rng.normal()) * std::exp(4 * rng.normal()),
                               rng.normal()};
      map[y * width + x] = static_cast<float>(values[manner]);
    }
  }
}
inline constexpr int kManners = 9;

inline Layer draw_layer(Rng& rng, std::string name, int units, int width, int height, int64_t images) {
  Layer layer{{std::move(name), units, width, height, images, {}, {}}, {}};
  std::vector<int> manners;
  for (int unit = 0; unit < units; ++unit) manners.push_back(static_cast<int>(rng.below(kManners)));
  const int cells = width * height;
  for (int64_t image = 0; image < images; ++image) {
    std::vector<float> all(static_cast<size_t>(units * cells));
    for (int unit = 0; unit < units; ++unit)
      draw_map(rng, manners[static_cast<size_t>(unit)], width, height, &all[static_cast<size_t>(unit * cells)]);
    layer.activations.push_back(std::move(all));
  }
  return layer;
}

// Labels with every oddity: varying grids, several planes, the same label in two of them, whole-image labels, label 0,
// labels and categories that many images lack, a number without a concept.
inline ListedConceptSet draw_concepts(Rng& rng, int64_t images) {
  const int categories = static_cast<int>(rng.between(1, 3)), labels = static_cast<int>(rng.between(1, 12));
  std::vector<std::string> names;
  for (int category = 0; category < categories; ++category) names.push_back("category" + std::to_string(category));
  std::vector<Concept> concepts;
  for (int label = 1; label <= labels; ++label) {
    if (label < labels && rng.chance(0.1)) continue;
    const int category = static_cast<int>(rng.below(categories));
    concepts.push_back({label, "concept" + std::to_string(label), category, {category}});
  }
  const int base_width = static_cast<int>(rng.between(1, 24)), base_height = static_cast<int>(rng.between(1, 24));
  const bool vary = rng.chance(0.5);
  std::vector<ImageLabels> all;
  for (int64_t image = 0; image < images; ++image) {
    ImageLabels holds;
    holds.width = vary ? static_cast<int>(rng.between(1, 24)) : base_width;
    holds.height = vary ? static_cast<int>(rng.between(1, 24)) : base_height;
    for (int64_t plane = rng.below(4); plane > 0; --plane) {
      if (!holds.planes.empty() && rng.chance(0.2)) {
        holds.planes.push_back(holds.planes.back());
        continue;
      }
      LabelMap map(holds.width, holds.height);
      for (int64_t patch = rng.below(5); patch > 0; --patch) {
        const auto label = static_cast<uint16_t>(rng.between(0, labels));
        const auto x0 = static_cast<int>(rng.below(holds.width)), y0 = static_cast<int>(rng.below(holds.height));
        const auto x1 = static_cast<int>(rng.between(x0, holds.width)),
                   y1 = static_cast<int>(rng.between(y0, holds.height));
        for (int y = y0; y < y1; ++y) {
          for (int x = x0; x < x1; ++x) map.at(x, y) = label;
        }
      }
      holds.planes.push_back(std::move(map));
    }
    for (int64_t whole = rng.below(3); whole > 0; --whole)
      holds.whole_image.push_back(static_cast<int>(rng.between(1, labels)));
    holds.says_zero = rng.chance(0.2);
    all.push_back(std::move(holds));
  }
  return {index_of(std::move(names), concepts), std::move(all)};
}

}  // namespace microtome::dense
