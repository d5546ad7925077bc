// SPDX-License-Identifier: Apache-2.0
// Real images as they show a unit at work.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"
#include "microtome/dissect/upsampling.h"
#include "microtome/image/image.h"

namespace microtome {

// A part of an image, in fractions of its width and height.
struct ImageWindow {
  double x = 0, y = 0, width = 1, height = 1;
};

// How the maps of a layer's exemplars lie over their images: as the dissection placed them when it counted pixels.
struct MaskPlacing {
  Upsampling way = Upsampling::kHalfPixel;
  FieldAxis across, down;
  bool by_field() const { return way == Upsampling::kField; }
};
// `input` is AtlasNetwork::input. Half-pixel centres where the layer is not dissected or its field not known.
MaskPlacing mask_placing(const Atlas& atlas, const AtlasLayer& layer, const Json& input);

enum class ExemplarList { kTop, kTypical, kBottom };

// What the place that made the image an exemplar sees: the layer's receptive field around the map's largest cell (its
// smallest at the low end, which for a negative unit is the top), clipped to the image; of equal cells the first.
// `input` is AtlasNetwork::input. Empty where the field, the map or the size of the input is not known, and where the
// field lies beyond the image.
std::optional<ImageWindow> seen_window(const AtlasLayer& layer, const Json& input, const Exemplar& exemplar, Sign sign,
                                       ExemplarList list);

enum class ExemplarView {
  kMask,     // Dark where the unit is off; images of the low end as they are.
  kOutline,  // The rim of the mask.
  kHeat,     // Activation as heat up to the unit's maximum, from min(0, threshold), of typical ones from the threshold.
  kField,    // Cut to what seen_window says; the whole image where it says nothing.
  kPlain,
};
std::string_view view_text(ExemplarView view);  // "mask", ...
// Throws Error(kUsage) with the list.
ExemplarView view_from_text(std::string_view text);

const std::vector<Exemplar>& exemplars_of(const UnitDissection& unit, ExemplarList list);

// Exemplars of one list as square tiles; grey where the atlas has no thumbnail.
std::vector<Image> exemplar_tiles(const Atlas& atlas, const AtlasLayer& layer, const UnitDissection& unit,
                                  ExemplarList list, ExemplarView view, int tile_px);

}  // namespace microtome
