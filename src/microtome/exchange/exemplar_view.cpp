// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/exemplar_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/dissect/upsampling.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

constexpr std::string_view kViews[] = {"mask", "outline", "heat", "field", "plain"};

std::optional<double> number_at(const Json& json, const char* name) {
  if (!json.contains(name) || !json[name].is_number()) return {};
  return json[name].get<double>();
}

// x and y.
std::optional<std::array<double, 2>> pair_at(const Json& json, const char* name) {
  if (!json.contains(name) || !json[name].is_array() || json[name].size() != 2) return {};
  if (!json[name][0].is_number() || !json[name][1].is_number()) return {};
  return std::array<double, 2>{json[name][0].get<double>(), json[name][1].get<double>()};
}

Image cut(const Image& image, const ImageWindow& window) {
  const auto edge = [](double at, int side) { return std::clamp(static_cast<int>(std::lround(at * side)), 0, side); };
  const int x = std::min(edge(window.x, image.width), image.width - 1);
  const int y = std::min(edge(window.y, image.height), image.height - 1);
  const int right = std::max(edge(window.x + window.width, image.width), x + 1);
  const int bottom = std::max(edge(window.y + window.height, image.height), y + 1);
  return crop(image, x, y, right - x, bottom - y);
}

// The whole picture in a square, its sides as they are; what is left of the square is white.
Image in_square(const Image& image, double width, double height, int tile_px) {
  const double longest = std::max(width, height);
  const auto length = [&](double side) {
    return std::clamp(static_cast<int>(std::lround(side / longest * tile_px)), 1, tile_px);
  };
  const Image part = resize_bilinear(image, length(width), length(height));
  Image tile(tile_px, tile_px, part.channels, 255);
  const int left = (tile_px - part.width) / 2, top = (tile_px - part.height) / 2;
  for (int y = 0; y < part.height; ++y) {
    std::copy_n(part.at(0, y), static_cast<size_t>(part.width) * static_cast<size_t>(part.channels),
                tile.at(left, top + y));
  }
  return tile;
}

// One axis of the layer's receptive field; step 0 where it is not known.
FieldAxis field_axis(const AtlasLayer& layer, const Json& input, size_t axis) {
  const auto size = pair_at(layer.receptive_field, "size"), step = pair_at(layer.receptive_field, "step"),
             start = pair_at(layer.receptive_field, "start");
  const auto side = number_at(input, axis == 0 ? "width" : "height");
  if (!size || !step || !start || !side || !((*step)[axis] >= 1) || !(*side >= 1)) return {};
  return {std::llround((*start)[axis]), std::llround((*size)[axis]), std::llround((*step)[axis]), std::llround(*side)};
}

// The map's levels at each pixel of a square tile, placed as the dissection placed them when it counted.
std::vector<float> tile_levels(const Exemplar& exemplar, std::span<const float> map, const MaskPlacing& placing,
                               int tile_px) {
  if (!placing.by_field()) {
    return upsampled_map(map, exemplar.width, exemplar.height, tile_px, tile_px, placing.way);
  }
  // Centres are whole pixels of the input.
  const int width = static_cast<int>(placing.across.input), height = static_cast<int>(placing.down.input);
  const std::vector<float> levels =
      upsampled_map(map, exemplar.width, exemplar.height, width, height, placing.way, placing.across, placing.down);
  std::vector<float> out;
  for (int y = 0; y < tile_px; ++y) {
    for (int x = 0; x < tile_px; ++x) {
      const int row = y * height / tile_px, column = x * width / tile_px;
      out.push_back(levels[static_cast<size_t>(row) * static_cast<size_t>(width) + static_cast<size_t>(column)]);
    }
  }
  return out;
}

}  // namespace

MaskPlacing mask_placing(const Atlas& atlas, const AtlasLayer& layer, const Json& input) {
  MaskPlacing placing;
  if (const auto info = atlas.dissection_info(layer.name)) {
    placing.way = upsampling_from_text(info->upsampling, "the atlas");
  }
  placing.across = field_axis(layer, input, 0);
  placing.down = field_axis(layer, input, 1);
  // Without a known field there is nothing to place cells by.
  if (placing.by_field() && (placing.across.step == 0 || placing.down.step == 0)) placing.way = Upsampling::kHalfPixel;
  return placing;
}

std::optional<ImageWindow> seen_window(const AtlasLayer& layer, const Json& input, const Exemplar& exemplar, Sign sign,
                                       ExemplarList list) {
  const auto size = pair_at(layer.receptive_field, "size"), step = pair_at(layer.receptive_field, "step"),
             start = pair_at(layer.receptive_field, "start");
  const auto width = number_at(input, "width"), height = number_at(input, "height");
  if (!size || !step || !start || !width || !height || exemplar.map.empty()) return {};
  const bool lowest = (list == ExemplarList::kBottom) != (sign == Sign::kNegative);
  const std::vector<float>& map = exemplar.map;
  const auto cell = (lowest ? std::ranges::min_element(map) : std::ranges::max_element(map)) - map.begin();
  const auto column = cell % exemplar.width, row = cell / exemplar.width;
  const std::array<double, 2> place = {static_cast<double>(column), static_cast<double>(row)};
  const std::array<double, 2> side = {*width, *height};
  std::array<double, 2> low{}, high{};
  for (const size_t axis : {size_t{0}, size_t{1}}) {
    const double first = (*start)[axis] + place[axis] * (*step)[axis];
    low[axis] = std::clamp(first, 0.0, side[axis]);
    high[axis] = std::clamp(first + (*size)[axis], 0.0, side[axis]);
    if (!(high[axis] > low[axis])) return {};
  }
  return ImageWindow{low[0] / side[0], low[1] / side[1], (high[0] - low[0]) / side[0], (high[1] - low[1]) / side[1]};
}

std::string_view view_text(ExemplarView view) { return kViews[static_cast<size_t>(view)]; }

ExemplarView view_from_text(std::string_view text) {
  const auto found = std::ranges::find(kViews, text);
  if (found == std::end(kViews)) {
    throw Error(ErrorKind::kUsage, "view \"" + std::string(text) + "\"", "there is no such view",
                "views are mask, outline, heat, field, plain");
  }
  return static_cast<ExemplarView>(found - std::begin(kViews));
}

const std::vector<Exemplar>& exemplars_of(const UnitDissection& unit, ExemplarList list) {
  return list == ExemplarList::kTop ? unit.top : list == ExemplarList::kTypical ? unit.typical : unit.bottom;
}

std::vector<Image> exemplar_tiles(const Atlas& atlas, const AtlasLayer& layer, const UnitDissection& unit,
                                  ExemplarList list, ExemplarView view, int tile_px) {
  const Json input = atlas.network().value_or(AtlasNetwork{}).input;
  const MaskPlacing placing = mask_placing(atlas, layer, input);
  std::vector<Image> tiles;
  for (const Exemplar& exemplar : exemplars_of(unit, list)) {
    const auto thumbnail = atlas.thumbnail(exemplar.image);
    if (!thumbnail) {
      tiles.emplace_back(tile_px, tile_px, 3, 224);
      continue;
    }
    const Image whole = decode_image(thumbnail->bytes, thumbnail->file);
    const Image image = resize_bilinear(whole, tile_px, tile_px);
    const auto window = view == ExemplarView::kField ? seen_window(layer, input, exemplar, unit.sign, list)
                                                     : std::optional<ImageWindow>();
    // A negative unit's levels are of the negated activation, its maps are not negated.
    std::vector<float> map = exemplar.map;
    if (unit.sign == Sign::kNegative) std::ranges::transform(map, map.begin(), std::negate<>());
    // Below the threshold the maps of typical exemplars are not kept.
    const float low = list == ExemplarList::kTypical ? unit.threshold : std::min(0.0f, unit.threshold);
    const float high = unit.maximum;
    const bool at_top = is_on_at_threshold(unit) && view != ExemplarView::kHeat;
    if (at_top) keep_level(map, unit.threshold);
    const float cut_at = at_top ? kBelowOne : unit.threshold;
    if (!map.empty() && view != ExemplarView::kField && view != ExemplarView::kPlain) {
      map = tile_levels(exemplar, map, placing, tile_px);
    }
    if (window) {
      tiles.push_back(in_square(cut(whole, *window), window->width, window->height, tile_px));
    } else if (view == ExemplarView::kMask && list != ExemplarList::kBottom && !map.empty()) {
      tiles.push_back(draw_mask(image, map, cut_at));
    } else if (view == ExemplarView::kOutline && !map.empty()) {
      tiles.push_back(draw_outline(image, map, cut_at));
    } else if (view == ExemplarView::kHeat && !map.empty() && high > low) {
      tiles.push_back(draw_heat(image, map, low, high));
    } else {
      tiles.push_back(image);
    }
  }
  return tiles;
}

}  // namespace microtome
