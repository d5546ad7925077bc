// SPDX-License-Identifier: Apache-2.0
// The contents of the data files that the front end loads; web/src/data.ts declares the same from the other side.
// Private to the room.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"

namespace microtome {

// What is known of a unit and sign, without maps and pictures' bytes.
struct UnitRow {
  std::optional<UnitDissection> dissection;
  std::optional<AtlasPicture> picture;  // the first variant
};
// By unit, + before -.
using UnitRows = std::map<std::pair<int, int>, UnitRow>;
UnitRows unit_rows(const Atlas& atlas, const std::string& layer);
inline int unit_of(const UnitRows::value_type& row) { return row.first.first; }
inline int sign_of(const UnitRows::value_type& row) { return -row.first.second; }

Json atlas_data(const Atlas& atlas);
Json layer_data(const Atlas& atlas, const AtlasLayer& layer);
Json concept_data(const Atlas& atlas);
// Throws Error(kNotFound) when nothing is known of the unit.
Json unit_data(const Atlas& atlas, const AtlasLayer& layer, int unit);

// Site paths of a layer's pictures, asked for in the atlas's order: that of a unit's first objective is
// images/picture-LAYER-UNIT-(p|n)-VARIANT.png, that of a further one images/picture-PICTURE.png.
class PicturePaths {
 public:
  explicit PicturePaths(int64_t layer) : layer_(layer) {}
  std::string of(const AtlasPicture& picture);

 private:
  int64_t layer_;
  std::map<std::pair<int, Sign>, std::string> first_;
};

// A picture with its curve, and the steps of its frames.
Json picture_data(const AtlasPicture& picture);
// [{"objective", "pictures"}]: pictures of no single unit, by objective.
Json visualizations_data(const Atlas& atlas);
// {"count": of objectives, "strip": the first few, [{"id", "objective"}]}.
Json visualizations_strip(const Atlas& atlas);

// Scores of long tables: six decimals are more than is shown. Null unless finite.
Json rounded(double value);

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
