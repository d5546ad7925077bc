// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "microtome/atlas/testing/random_atlas.h"

namespace microtome {
namespace {

void expect_unit(const UnitDissection& found, UnitDissection wanted, bool brief) {
  if (brief) {
    wanted.histogram = {};
    for (auto* list : {&wanted.top, &wanted.bottom, &wanted.typical}) {
      for (Exemplar& exemplar : *list) exemplar.map.clear();
    }
  }
  EXPECT_EQ(first_difference(found, wanted), "") << "of unit " << wanted.unit << sign_char(wanted.sign);
}

void expect_picture(const AtlasPicture& f, AtlasPicture w, bool with_png) {
  if (!with_png) {
    w.png.clear(), w.curve.clear(), w.values.clear();
    for (AtlasFrame& frame : w.frames) frame.webp.clear();
  }
  EXPECT_EQ(first_difference(f, w), "") << w.objective;
  EXPECT_EQ(std::tie(f.layer, f.unit, f.sign, f.png), std::tie(w.layer, w.unit, w.sign, w.png));
  ASSERT_EQ(f.frames.size(), w.frames.size());
  for (size_t at = 0; at < w.frames.size(); ++at) {
    EXPECT_EQ(f.frames[at].step, w.frames[at].step);
    EXPECT_EQ(f.frames[at].webp, w.frames[at].webp);
  }
}

}  // namespace

void RandomAtlas::expect_in(const Atlas& atlas) const {
  const auto n = atlas.network();
  ASSERT_TRUE(n.has_value());
  EXPECT_EQ(first_difference(*n, network), "");
  const std::vector<AtlasLayer> found_layers = atlas.layers();
  ASSERT_EQ(found_layers.size(), layers.size());
  for (size_t at = 0; at < layers.size(); ++at) {
    EXPECT_EQ(first_difference(found_layers[at], layers[at]), "");
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
    EXPECT_EQ(first_difference<LayerDissection>(*info, d), "");
    for (const bool brief : {false, true}) {
      const std::vector<UnitDissection> units = atlas.units(d.layer, brief ? Detail::kBrief : Detail::kFull);
      ASSERT_EQ(units.size(), d.units.size());
      for (size_t at = 0; at < units.size(); ++at) expect_unit(units[at], d.units[at], brief);
    }
    for (const UnitDissection& unit : d.units)
      expect_unit(atlas.unit(d.layer, unit.unit, unit.sign).value(), unit, false);
  }
  size_t seen = 0;
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    for (const bool with_png : {true, false}) {
      const std::vector<AtlasPicture> found = atlas.pictures(layer.name, -1, with_png ? Detail::kFull : Detail::kBrief);
      ASSERT_LE(seen + found.size(), pictures.size());
      for (size_t at = 0; at < found.size(); ++at) expect_picture(found[at], pictures[seen + at], with_png);
      if (!with_png) seen += found.size();
    }
  }
  EXPECT_EQ(seen, pictures.size());
  for (const bool with_png : {true, false}) {
    const std::vector<AtlasPicture> found = atlas.visualizations(with_png ? Detail::kFull : Detail::kBrief);
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
