// SPDX-License-Identifier: Apache-2.0
// For tests: a dissection that stores everything, sorts it and upsamples every pixel; and problems to try it on.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/result.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"

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
      infos_.push_back({"image" + std::to_string(i) + ".png", "train", 0, 0, labels_[i].width, labels_[i].height});
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

// A value at a pixel, straight from the definition.
inline float pixel_value(const float* map, int width, int height, int grid_width, int grid_height, int x, int y) {
  const auto lerp = [](float a, float b, float t) {
    const float value = a + t * (b - a);
    const float low = a < b ? a : b, high = a < b ? b : a;
    return value < low ? low : value > high ? high : value;
  };
  const auto place = [](int pixel, int cells, int pixels, int& first, int& second, float& weight) {
    double centre = (pixel + 0.5) * cells / pixels - 0.5;
    centre = centre < 0 ? 0 : centre > cells - 1 ? cells - 1 : centre;
    first = static_cast<int>(centre);
    second = first + 1 < cells ? first + 1 : first;
    weight = static_cast<float>(centre - first);
  };
  int x0, x1, y0, y1;
  float tx, ty;
  place(x, width, grid_width, x0, x1, tx);
  place(y, height, grid_height, y0, y1, ty);
  return lerp(lerp(map[y0 * width + x0], map[y1 * width + x0], ty),
              lerp(map[y0 * width + x1], map[y1 * width + x1], ty), tx);
}

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

// Everything but the histogram. `images`: those that took part; labels of `unlabelled` ones do not count.
inline UnitDissection dissect_row(const Layer& layer, const std::vector<int64_t>& images, const ListedConceptSet& set,
                                  const SurveySettings& survey, const TallySettings& tally, int unit, Sign sign) {
  const int width = layer.shape.map_width, height = layer.shape.map_height, cells = width * height;
  const float factor = sign == Sign::kPositive ? 1.0F : -1.0F;
  std::vector<float> values;
  for (const int64_t image : images) {
    for (int i = 0; i < cells; ++i) {
      values.push_back(factor * layer.activations[static_cast<size_t>(image)][static_cast<size_t>(unit * cells + i)]);
    }
  }
  UnitDissection out;
  out.unit = unit;
  out.sign = sign;
  out.threshold = threshold(values, survey.tail);
  out.minimum = *std::min_element(values.begin(), values.end());
  out.maximum = *std::max_element(values.begin(), values.end());
  out.top = exemplars(layer, images, unit, factor, true, survey.top);
  out.bottom = exemplars(layer, images, unit, factor, false, survey.bottom);

  const ConceptIndex& index = set.index();
  const size_t labels = static_cast<size_t>(index.max_label()) + 1;
  std::vector<int64_t> both(labels), truth(labels), carriers(labels),
      on_in(static_cast<size_t>(index.category_count()));
  size_t position = 0;
  for (const int64_t image : images) {
    const float* map = &values[position];
    position += static_cast<size_t>(cells);
    if (std::count(set.unreadable.begin(), set.unreadable.end(), image) > 0) continue;
    const ImageLabels holds = set.labels(image);
    std::vector<int64_t> here(labels);
    int64_t on = 0;
    for (int y = 0; y < holds.height; ++y) {
      for (int x = 0; x < holds.width; ++x) {
        const bool lit = pixel_value(map, width, height, holds.width, holds.height, x, y) > out.threshold;
        on += lit;
        for (const LabelMap& plane : holds.planes) {
          ++here[plane.at(x, y)];
          both[plane.at(x, y)] += lit;
        }
        for (const int label : holds.whole_image) {
          ++here[static_cast<size_t>(label)];
          both[static_cast<size_t>(label)] += lit;
        }
      }
    }
    out.on_pixels += on;
    out.on_images += on > 0;
    std::vector<bool> carried(on_in.size());
    for (size_t label = 1; label < labels; ++label) {
      truth[label] += here[label];
      carriers[label] += here[label] > 0;
      const int category = index.concept_of(static_cast<int>(label)).category;
      if (here[label] > 0 && category >= 0) carried[static_cast<size_t>(category)] = true;
    }
    for (size_t category = 0; category < on_in.size(); ++category) on_in[category] += carried[category] ? on : 0;
  }
  out.by_category.resize(on_in.size());
  for (size_t label = 1; label < labels; ++label) {
    const int category = index.concept_of(static_cast<int>(label)).category;
    if (both[label] == 0 || category < 0 || carriers[label] < tally.min_images) continue;
    const auto slot = static_cast<size_t>(category);
    ConceptScore score{static_cast<int>(label), category, both[label], on_in[slot], truth[label],
                       carriers[label],         0,        0,           {}};
    score.iou = static_cast<double>(both[label]) / static_cast<double>(on_in[slot] + truth[label] - both[label]);
    score.ceiling = static_cast<double>(std::min(on_in[slot], truth[label])) /
                    static_cast<double>(std::max(on_in[slot], truth[label]));
    if (score.iou > out.by_category[slot].iou) out.by_category[slot] = score;
    if (score.iou > out.best.iou) out.best = score;
    out.top_concepts.push_back(score);
  }
  std::stable_sort(out.top_concepts.begin(), out.top_concepts.end(),
                   [](const ConceptScore& a, const ConceptScore& b) { return a.iou > b.iou; });
  out.top_concepts.resize(std::min(out.top_concepts.size(), static_cast<size_t>(tally.concepts)));
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
    all.push_back(std::move(holds));
  }
  return {index_of(std::move(names), concepts), std::move(all)};
}

}  // namespace microtome::dense
