// SPDX-License-Identifier: Apache-2.0
// Contents of an atlas drawn at random: odd texts, empty lists, maps of any size. For tests of this room.
#pragma once
#include <cstdint>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/rng.h"

namespace microtome {

struct RandomAtlas {
  explicit RandomAtlas(uint64_t seed);
  // Other results for the network, layers and concepts of `base`, at the same places.
  RandomAtlas(uint64_t seed, const RandomAtlas& base);

  // Puts all of it; returns the run it belongs to.
  int64_t write(Atlas& atlas) const;
  // The same in another order, within several runs.
  void write_backwards(Atlas& atlas) const;
  // The results alone, under the network and concepts of `base`, in runs of that version.
  void write_results(Atlas& atlas, const RandomAtlas& base, const std::string& version) const;
  // Expects to read all of it.
  void expect_in(const Atlas& atlas) const;

  AtlasNetwork network;
  std::vector<AtlasLayer> layers;  // The first and the third are dissected.
  AtlasConcepts concepts;
  std::vector<LayerDissection> dissections;
  std::vector<Atlas::Thumbnail> thumbnails;  // Of exactly the images that exemplars name.
  std::vector<AtlasPicture> pictures;        // By layer, unit, sign, variant.
  std::vector<AtlasPicture> visualizations;  // Of no single unit; by objective, variant.

 private:
  void draw_frame(Rng& rng);
  void draw_results(Rng& rng);
  std::vector<Atlas::Thumbnail> thumbnails_of(const LayerDissection& dissection) const;
};

}  // namespace microtome
