// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "microtome/atlas/testing/random_atlas.h"

namespace microtome {
namespace {

// NaN equals NaN here.
std::string text(double value) { return fmt::format("{}", value); }

auto key(const ConceptScore& s) {
  const ConceptMeasures& m = s.measures;
  return std::tuple(s.label, s.category, s.intersection, s.activation, s.truth, s.images, s.iou, s.ceiling,
                    text(m.share), text(m.f1), text(m.iqr), text(m.auc), text(m.average_precision), text(m.pearson));
}

void expect_statistics(const UnitDissection& f, const UnitDissection& w) {
  ASSERT_EQ(f.held_out.has_value(), w.held_out.has_value());
  if (w.held_out) {
    EXPECT_EQ(std::tie(f.held_out->label, f.held_out->train_iou, f.held_out->iou),
              std::tie(w.held_out->label, w.held_out->train_iou, w.held_out->iou));
  }
  ASSERT_EQ(f.interval.has_value(), w.interval.has_value());
  if (w.interval) {
    EXPECT_EQ(std::tie(f.interval->low, f.interval->high, f.interval->deviation),
              std::tie(w.interval->low, w.interval->high, w.interval->deviation));
  }
  ASSERT_EQ(f.significance.has_value(), w.significance.has_value());
  if (w.significance) {
    const Significance &a = *f.significance, &b = *w.significance;
    EXPECT_EQ(std::tie(a.permutations, a.p, a.q, a.family_p, a.null_mean, a.null_high),
              std::tie(b.permutations, b.p, b.q, b.family_p, b.null_mean, b.null_high));
  }
  ASSERT_EQ(f.tails.size(), w.tails.size());
  for (size_t i = 0; i < w.tails.size(); ++i) {
    EXPECT_EQ(std::tie(f.tails[i].tail, f.tails[i].threshold, f.tails[i].on_pixels),
              std::tie(w.tails[i].tail, w.tails[i].threshold, w.tails[i].on_pixels));
    EXPECT_EQ(key(f.tails[i].best), key(w.tails[i].best));
  }
  ASSERT_EQ(f.formulas.size(), w.formulas.size());
  for (size_t i = 0; i < w.formulas.size(); ++i) {
    const FormulaScore &a = f.formulas[i], &b = w.formulas[i];
    EXPECT_EQ(std::tie(a.text, a.length, a.intersection, a.truth, a.iou),
              std::tie(b.text, b.length, b.intersection, b.truth, b.iou));
  }
  ASSERT_EQ(f.ranges.size(), w.ranges.size());
  for (size_t i = 0; i < w.ranges.size(); ++i) {
    EXPECT_EQ(std::tie(f.ranges[i].low, f.ranges[i].high, f.ranges[i].on_pixels),
              std::tie(w.ranges[i].low, w.ranges[i].high, w.ranges[i].on_pixels));
    EXPECT_EQ(key(f.ranges[i].best), key(w.ranges[i].best));
  }
  ASSERT_EQ(f.trials.size(), w.trials.size());
  for (size_t i = 0; i < w.trials.size(); ++i) {
    EXPECT_EQ(std::tie(f.trials[i].score, f.trials[i].before, f.trials[i].missing),
              std::tie(w.trials[i].score, w.trials[i].before, w.trials[i].missing));
    EXPECT_TRUE(f.trials[i].extra == w.trials[i].extra || std::isnan(w.trials[i].extra));
  }
}

void expect_scores(const std::vector<ConceptScore>& found, const std::vector<ConceptScore>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t at = 0; at < found.size(); ++at) EXPECT_EQ(key(found[at]), key(wanted[at]));
}

void expect_exemplars(const std::vector<Exemplar>& found, const std::vector<Exemplar>& wanted, bool brief) {
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t at = 0; at < found.size(); ++at) {
    const Exemplar &f = found[at], &w = wanted[at];
    EXPECT_EQ(std::tie(f.image, f.activation, f.width, f.height), std::tie(w.image, w.activation, w.width, w.height));
    EXPECT_EQ(f.map, brief ? std::vector<float>{} : w.map);
  }
}

void expect_unit(const UnitDissection& f, const UnitDissection& w, bool brief) {
  EXPECT_EQ(std::tie(f.unit, f.sign, f.threshold, f.minimum, f.maximum, f.on_pixels, f.on_images),
            std::tie(w.unit, w.sign, w.threshold, w.minimum, w.maximum, w.on_pixels, w.on_images));
  EXPECT_EQ(key(f.best), key(w.best));
  expect_scores(f.by_category, w.by_category);
  expect_scores(f.top_concepts, w.top_concepts);
  expect_exemplars(f.top, w.top, brief);
  expect_exemplars(f.bottom, w.bottom, brief);
  expect_exemplars(f.typical, w.typical, brief);
  expect_statistics(f, w);
  if (!brief) {
    EXPECT_EQ(std::tie(f.histogram.low, f.histogram.high, f.histogram.counts),
              std::tie(w.histogram.low, w.histogram.high, w.histogram.counts));
  }
}

void expect_picture(const AtlasPicture& f, const AtlasPicture& w, bool with_png) {
  EXPECT_EQ(std::tie(f.layer, f.unit, f.sign, f.variant, f.objective, f.width, f.height, f.best_exemplar,
                     f.activation_ratio, f.status, f.facts),
            std::tie(w.layer, w.unit, w.sign, w.variant, w.objective, w.width, w.height, w.best_exemplar,
                     w.activation_ratio, w.status, w.facts));
  EXPECT_EQ(text(f.score), text(w.score));
  EXPECT_EQ(text(f.activation), text(w.activation));
  EXPECT_EQ(f.png, with_png ? w.png : "");
  EXPECT_EQ(f.values, with_png ? w.values : std::vector<float>{});
  EXPECT_EQ(f.curve, with_png ? w.curve : std::vector<float>{});
  ASSERT_EQ(f.frames.size(), w.frames.size());
  for (size_t at = 0; at < w.frames.size(); ++at) {
    EXPECT_EQ(f.frames[at].step, w.frames[at].step);
    EXPECT_EQ(f.frames[at].webp, with_png ? w.frames[at].webp : "");
  }
}

}  // namespace

void RandomAtlas::expect_in(const Atlas& atlas) const {
  const auto n = atlas.network();
  ASSERT_TRUE(n.has_value());
  EXPECT_EQ(std::tie(n->hash, n->format, n->name, n->input, n->classes),
            std::tie(network.hash, network.format, network.name, network.input, network.classes));
  const std::vector<AtlasLayer> found_layers = atlas.layers();
  ASSERT_EQ(found_layers.size(), layers.size());
  for (size_t at = 0; at < layers.size(); ++at) {
    const AtlasLayer &f = found_layers[at], &w = layers[at];
    EXPECT_EQ(std::tie(f.name, f.aliases, f.op, f.shape, f.units, f.receptive_field, f.macs_share),
              std::tie(w.name, w.aliases, w.op, w.shape, w.units, w.receptive_field, w.macs_share));
  }
  const auto c = atlas.concepts();
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(std::tie(c->hash, c->categories, c->images, c->display_names),
            std::tie(concepts.hash, concepts.categories, concepts.images, concepts.display_names));
  EXPECT_TRUE(std::ranges::equal(c->concepts, concepts.concepts, [](const Concept& a, const Concept& b) {
    return std::tie(a.number, a.name, a.category, a.categories) == std::tie(b.number, b.name, b.category, b.categories);
  }));
  for (const LayerDissection& d : dissections) {
    const auto info = atlas.dissection_info(d.layer);
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(std::tie(info->map_width, info->map_height, info->tail, info->images),
              std::tie(d.map_width, d.map_height, d.tail, d.images));
    for (const bool brief : {false, true}) {
      const std::vector<UnitDissection> units = atlas.units(d.layer, brief);
      ASSERT_EQ(units.size(), d.units.size());
      for (size_t at = 0; at < units.size(); ++at) expect_unit(units[at], d.units[at], brief);
    }
    for (const UnitDissection& unit : d.units)
      expect_unit(atlas.unit(d.layer, unit.unit, unit.sign).value(), unit, false);
  }
  size_t seen = 0;
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    for (const bool with_png : {true, false}) {
      const std::vector<AtlasPicture> found = atlas.pictures(layer.name, -1, with_png);
      ASSERT_LE(seen + found.size(), pictures.size());
      for (size_t at = 0; at < found.size(); ++at) expect_picture(found[at], pictures[seen + at], with_png);
      if (!with_png) seen += found.size();
    }
  }
  EXPECT_EQ(seen, pictures.size());
  for (const bool with_png : {true, false}) {
    const std::vector<AtlasPicture> found = atlas.visualizations(with_png);
    ASSERT_EQ(found.size(), visualizations.size());
    for (size_t at = 0; at < found.size(); ++at) {
      expect_picture(found[at], visualizations[at], with_png);
      expect_picture(atlas.picture(found[at].id).value(), visualizations[at], true);
    }
  }
  for (const Atlas::Thumbnail& t : thumbnails) {
    const auto found = atlas.thumbnail(t.image);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(std::tie(found->file, found->bytes), std::tie(t.file, t.bytes));
  }
}

}  // namespace microtome
