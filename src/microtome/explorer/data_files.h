// SPDX-License-Identifier: Apache-2.0
// The contents of the data files that the front end loads; web/src/findings.ts declares the same from the other side.
// Private to the room.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"
#include "microtome/explorer/page_context.h"

namespace microtome {

// The numbers of a page's path, in its order.
using Numbers = std::vector<int64_t>;

Json atlas_data(const PageContext& context, const Numbers& none);
// {layer}.
Json layer_data(const PageContext& context, const Numbers& numbers);
Json concept_data(const PageContext& context, const Numbers& none);
// {layer, unit}. Throws Error(kNotFound) when nothing is known of the unit.
Json unit_data(const PageContext& context, const Numbers& numbers);
// [{"objective", "pictures"}]: pictures of no single unit, by objective.
Json visualizations_data(const PageContext& context, const Numbers& none);

// Pictures of a layer, asked about in the atlas's order: whether one is of its unit's first objective. Those have a
// path of their place, others one of their number.
class FirstObjectives {
 public:
  bool hold(const AtlasPicture& picture) {
    return first_.try_emplace({picture.unit, picture.sign}, picture.objective).first->second == picture.objective;
  }

 private:
  std::map<SignedUnit, std::string> first_;
};

// A picture with its curve, and the steps of its frames.
Json picture_data(const PageContext& context, const AtlasPicture& picture);
// {"count": of objectives, "strip": the first few, [{"id", "objective"}]}.
Json visualizations_strip(const PageContext& context);

// Scores of long tables: six decimals are more than is shown. Null unless finite.
Json rounded(double value);

// Site path of a picture of a unit: images/picture-LAYER-UNIT-(p|n)-VARIANT.png when it is of the unit's first
// objective, else images/picture-PICTURE.png.
std::string picture_path(int64_t layer, const AtlasPicture& picture, bool first);

// Site path of an exemplar's image; the suffix follows its content.
std::string thumbnail_path(const Atlas::Thumbnail& thumbnail);

// microtomeData("NAME", VALUE); safe inside any HTML: no "<", only ASCII. Bytes that are not UTF-8 become U+FFFD.
std::string data_script(std::string_view name, const Json& value);

// A map as base64 of little-endian 16-bit steps between its extremes, which are exact; the step is 1/65535 of the
// range.
struct PackedMap {
  float low = 0, high = 0;
  std::string base64;
};
PackedMap pack_map(const std::vector<float>& map);

}  // namespace microtome
