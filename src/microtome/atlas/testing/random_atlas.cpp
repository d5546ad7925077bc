// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/testing/random_atlas.h"

#include "microtome/base/json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

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

PictureFacts draw_facts(Rng& rng) {
  PictureFacts facts;
  PictureFacts::fields(facts, [&]<class V>(const Field&, V& value) {
    if (rng.chance(0.5)) return;
    if constexpr (kIsOptional<V>) value = static_cast<typename V::value_type>(rng.normal() * 100);
    if constexpr (kIsList<V>) value = draw_list(rng, 3, [&] { return rng.below(1000); });
    if constexpr (std::is_same_v<V, Json>) value = draw_json(rng);
  });
  return facts;
}

AtlasPicture draw_picture(Rng& rng, const std::string& layer, int unit, Sign sign, int variant) {
  AtlasPicture p;
  p.layer = layer;
  p.unit = unit;
  p.sign = sign;
  p.variant = variant;
  // A function of the place, which other results then take.
  p.objective = std::string(1, sign_char(sign)) + "\"odd, " + std::to_string(unit) + "'";
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
  p.facts = draw_facts(rng);
  return p;
}

AtlasPicture draw_visualization(Rng& rng, const std::string& objective, int variant) {
  AtlasPicture p = draw_picture(rng, "", 0, Sign::kPositive, variant);
  p.objective = objective;
  p.activation = std::numeric_limits<double>::quiet_NaN();
  p.best_exemplar = p.activation_ratio = std::nullopt;
  return p;
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

void RandomAtlas::write_results(Atlas& atlas, const RandomAtlas& base, const std::string& version) const {
  atlas.put_concepts(base.concepts);
  atlas.put_network(base.network, base.layers);
  const int64_t run = atlas.begin_run({"visualize", version, "", "", Json{{"a", 2}}, "another command"});
  for (size_t at = visualizations.size(); at-- > 0;) atlas.put_picture(run, visualizations[at]);
  for (size_t at = pictures.size(); at-- > 0;) atlas.put_picture(run, pictures[at]);
  for (size_t at = dissections.size(); at-- > 0;) {
    const int64_t next = atlas.begin_run({"dissect", version, "", "", Json{{"a", at}}, "another command"});
    atlas.put_dissection(next, dissections[at], thumbnails_of(dissections[at]));
    atlas.put_checkpoint(next, 3, "state");
  }
}

void RandomAtlas::write_backwards(Atlas& atlas) const { write_results(atlas, *this, "2"); }

}  // namespace microtome
