// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/testing/random_atlas.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

namespace microtome {
namespace {

std::string draw_text(Rng& rng) {
  static const std::string symbols[] = {"a", "Z", "7", "/",  "\"", ",", "\n",
                                        "'", "%", "é", "漢", "\\", ";", std::string(1, '\0')};
  std::string text;
  for (int64_t left = rng.below(9); left > 0; --left) text += symbols[rng.below(std::ssize(symbols))];
  return text;
}

std::string draw_bytes(Rng& rng, int64_t most) {
  std::string bytes(static_cast<size_t>(rng.below(most)), '\0');
  for (char& byte : bytes) byte = static_cast<char>(rng.next());
  return bytes;
}

float draw_float(Rng& rng) { return static_cast<float>(rng.normal() * 10); }

template <class Draw>
auto draw_list(Rng& rng, int64_t most, Draw draw) {
  std::vector<decltype(draw())> list;
  for (int64_t left = rng.below(most + 1); left > 0; --left) list.push_back(draw());
  return list;
}

Json draw_json(Rng& rng) {
  return {
      {"zeta", rng.normal()}, {"alpha", draw_text(rng)}, {"list", {1, nullptr, true}}, {"deep", {{"n", rng.next()}}}};
}

ConceptScore draw_score(Rng& rng, int labels) {
  ConceptScore s{static_cast<int>(rng.below(labels)), static_cast<int>(rng.between(-1, 2)), 0, 0, 0, 0, 0, 0, {}};
  s.intersection = rng.below(int64_t{1} << 40);
  s.activation = rng.below(int64_t{1} << 40);
  s.truth = rng.below(int64_t{1} << 40);
  s.images = rng.below(1000);
  s.iou = rng.uniform();
  s.ceiling = rng.uniform();
  if (rng.chance(0.7)) {
    s.measures = {rng.uniform(), rng.uniform(), rng.uniform(), rng.uniform(), rng.uniform(), rng.normal()};
  }
  if (rng.chance(0.2)) s.measures.pearson = ConceptMeasures::kUnknown;
  return s;
}

ConceptScore draw_plain_score(Rng& rng, int labels) {
  ConceptScore s = draw_score(rng, labels);
  s.measures = {};
  return s;
}

void draw_statistics(Rng& rng, int labels, UnitDissection& u) {
  if (rng.chance(0.7)) u.held_out = {static_cast<int>(rng.below(labels)), rng.uniform(), rng.uniform()};
  if (rng.chance(0.7)) u.interval = {rng.uniform(), rng.uniform(), rng.uniform()};
  if (rng.chance(0.7)) {
    u.significance = {
        static_cast<int>(rng.below(1000)), rng.uniform(), rng.uniform(), rng.uniform(), rng.uniform(), rng.uniform()};
  }
  u.tails = draw_list(rng, 3, [&] {
    return TailScore{rng.uniform(), draw_float(rng), rng.below(int64_t{1} << 40), draw_plain_score(rng, labels)};
  });
  u.formulas = draw_list(rng, 3, [&] {
    return FormulaScore{draw_text(rng), static_cast<int>(rng.below(5)), rng.below(int64_t{1} << 40),
                        rng.below(int64_t{1} << 40), rng.uniform()};
  });
  u.ranges = draw_list(rng, 3, [&] {
    return RangeScore{draw_float(rng), draw_float(rng), rng.below(1000), draw_plain_score(rng, labels)};
  });
  u.trials = draw_list(rng, 3, [&] {
    return ScoreTrial{draw_text(rng), rng.uniform(), rng.uniform(), rng.chance(0.2) ? std::nan("") : rng.uniform()};
  });
}

Exemplar draw_exemplar(Rng& rng) {
  Exemplar e{
      rng.below(20), draw_float(rng), static_cast<int>(rng.between(1, 5)), static_cast<int>(rng.between(1, 5)), {}};
  for (int cell = 0; cell < e.width * e.height; ++cell) e.map.push_back(draw_float(rng));
  return e;
}

UnitDissection draw_unit(Rng& rng, int unit, Sign sign, int labels) {
  UnitDissection u;
  u.unit = unit;
  u.sign = sign;
  u.threshold = draw_float(rng);
  u.minimum = draw_float(rng);
  u.maximum = draw_float(rng);
  u.on_pixels = rng.below(int64_t{1} << 50);
  u.on_images = rng.below(1000);
  u.best = draw_score(rng, labels);
  u.by_category = draw_list(rng, 4, [&] { return draw_score(rng, labels); });
  u.top_concepts = draw_list(rng, 5, [&] { return draw_score(rng, labels); });
  u.histogram = {draw_float(rng), draw_float(rng), {rng.below(int64_t{1} << 60)}};
  for (int64_t more = rng.below(5); more > 0; --more) u.histogram.counts.push_back(rng.below(1000));
  u.top = draw_list(rng, 3, [&] { return draw_exemplar(rng); });
  u.top.push_back(draw_exemplar(rng));
  u.bottom = draw_list(rng, 3, [&] { return draw_exemplar(rng); });
  u.typical = draw_list(rng, 3, [&] { return draw_exemplar(rng); });
  draw_statistics(rng, labels, u);
  return u;
}

AtlasPicture draw_picture(Rng& rng, const std::string& layer, int unit, Sign sign, int variant) {
  AtlasPicture p;
  p.layer = layer;
  p.unit = unit;
  p.sign = sign;
  p.variant = variant;
  p.objective = draw_text(rng);
  p.png = rng.chance(0.3) ? "shared" : draw_bytes(rng, 6000);
  p.width = static_cast<int>(rng.below(300));
  p.height = static_cast<int>(rng.below(300));
  p.curve = draw_list(rng, 20, [&] { return draw_float(rng); });
  if (rng.chance(0.3)) p.values = draw_list(rng, 9, [&] { return draw_float(rng); });
  for (int64_t step = 0; rng.chance(0.5); step += rng.between(1, 9)) {
    p.frames.push_back({step, rng.chance(0.3) ? "shared" : draw_bytes(rng, 2000)});
  }
  p.score = rng.normal();
  p.activation = rng.normal();
  if (rng.chance(0.7)) p.best_exemplar = rng.normal();
  if (rng.chance(0.7)) p.activation_ratio = rng.normal();
  p.status = rng.chance(0.5) ? "ok" : draw_text(rng);
  p.facts = draw_json(rng);
  return p;
}

AtlasPicture draw_visualization(Rng& rng, const std::string& objective, int variant) {
  AtlasPicture p = draw_picture(rng, "", 0, Sign::kPositive, variant);
  p.objective = objective;
  p.activation = std::numeric_limits<double>::quiet_NaN();
  p.best_exemplar = p.activation_ratio = std::nullopt;
  return p;
}

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

RandomAtlas::RandomAtlas(uint64_t seed) {
  Rng rng(seed, "random atlas");
  draw_frame(rng);
  draw_results(rng);
}

RandomAtlas::RandomAtlas(uint64_t seed, const RandomAtlas& base)
    : network(base.network), layers(base.layers), concepts(base.concepts) {
  Rng rng(seed, "random atlas");
  draw_results(rng);
}

void RandomAtlas::draw_frame(Rng& rng) {
  network = {draw_text(rng), draw_text(rng), draw_text(rng), draw_json(rng),
             draw_list(rng, 5, [&] { return draw_text(rng); })};
  for (int at = 0; at < 4; ++at) {
    layers.push_back({0, "layer " + std::to_string(at) + draw_text(rng),
                      draw_list(rng, 3, [&] { return draw_text(rng); }), draw_text(rng),
                      draw_list(rng, 3, [&] { return rng.below(1000); }), rng.below(1000), draw_json(rng),
                      rng.uniform()});
  }
  concepts.hash = draw_text(rng);
  concepts.categories = {"scene", "object", draw_text(rng)};
  concepts.images = rng.below(100000);
  for (int number = 0; number < 8; ++number) {
    concepts.concepts.push_back({number, draw_text(rng), static_cast<int>(rng.between(-1, 2)),
                                 draw_list(rng, 3, [&] { return static_cast<int>(rng.below(3)); })});
    concepts.display_names.push_back(draw_text(rng));
  }
}

void RandomAtlas::draw_results(Rng& rng) {
  std::set<int64_t> named;
  for (const size_t at : {0, 2}) {
    LayerDissection d{layers[at].name,
                      static_cast<int>(rng.below(50)),
                      static_cast<int>(rng.below(50)),
                      rng.uniform(),
                      rng.below(1000),
                      {}};
    for (int unit = 0, end = static_cast<int>(rng.between(1, 6)); unit < end; ++unit) {
      d.units.push_back(draw_unit(rng, unit * 3, Sign::kPositive, 8));
      if (rng.chance(0.5)) d.units.push_back(draw_unit(rng, unit * 3, Sign::kNegative, 8));
    }
    for (const UnitDissection& unit : d.units) {
      for (const auto* list : {&unit.top, &unit.bottom, &unit.typical}) {
        for (const Exemplar& e : *list) named.insert(e.image);
      }
    }
    dissections.push_back(std::move(d));
    for (int unit = 0; unit < 3; ++unit) {
      for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
        for (int variant = 0; variant < 2; ++variant) {
          pictures.push_back(draw_picture(rng, layers[at].name, unit, sign, variant));
        }
      }
    }
  }
  // Texts of different order than their numbers; the second has variants.
  for (const char* objective : {"a - \"b\"", "b", "b"}) {
    visualizations.push_back(draw_visualization(rng, objective, static_cast<int>(visualizations.size() / 2)));
  }
  for (const int64_t image : named) {
    thumbnails.push_back({image, draw_text(rng), rng.chance(0.3) ? "shared" : draw_bytes(rng, 3000)});
  }
}

std::vector<Atlas::Thumbnail> RandomAtlas::thumbnails_of(const LayerDissection& dissection) const {
  std::set<int64_t> named;
  for (const UnitDissection& unit : dissection.units) {
    for (const Exemplar& e : unit.top) named.insert(e.image);
    for (const Exemplar& e : unit.bottom) named.insert(e.image);
    for (const Exemplar& e : unit.typical) named.insert(e.image);
    for (const Exemplar& e : unit.typical) named.insert(e.image);
  }
  std::vector<Atlas::Thumbnail> chosen;
  for (const Atlas::Thumbnail& t : thumbnails) {
    if (named.contains(t.image)) chosen.push_back(t);
  }
  return chosen;
}

int64_t RandomAtlas::write(Atlas& atlas) const {
  atlas.put_network(network, layers);
  atlas.put_concepts(concepts);
  const int64_t run = atlas.begin_run({"dissect", "1", network.hash, concepts.hash, Json{{"a", 1}}, "command"});
  for (const LayerDissection& d : dissections) atlas.put_dissection(run, d, thumbnails_of(d));
  for (const AtlasPicture& p : pictures) atlas.put_picture(run, p);
  atlas.put_pictures(run, visualizations);
  atlas.end_run(run);
  return run;
}

void RandomAtlas::write_results(Atlas& atlas, const RandomAtlas& base) const {
  atlas.put_concepts(base.concepts);
  atlas.put_network(base.network, base.layers);
  const int64_t run = atlas.begin_run({"visualize", "2", "", "", Json{{"a", 2}}, "another command"});
  for (size_t at = visualizations.size(); at-- > 0;) atlas.put_picture(run, visualizations[at]);
  for (size_t at = pictures.size(); at-- > 0;) atlas.put_picture(run, pictures[at]);
  for (size_t at = dissections.size(); at-- > 0;) {
    const int64_t next = atlas.begin_run({"dissect", "2", "", "", Json{{"a", at}}, "another command"});
    atlas.put_dissection(next, dissections[at], thumbnails_of(dissections[at]));
    atlas.put_checkpoint(next, 3, "state");
  }
}

void RandomAtlas::write_backwards(Atlas& atlas) const { write_results(atlas, *this); }

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
