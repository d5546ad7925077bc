// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "microtome/atlas/export.h"
#include "microtome/atlas/file_name.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

struct Sprites {
  std::vector<int> units;  // with a picture
  int tile = 0;            // side, px
};

Sprites sprites_of(const Atlas& atlas, const std::string& layer, Sign sign) {
  Sprites found;
  for (const AtlasPicture& picture : atlas.pictures(layer, -1, false)) {
    if (picture.sign != sign || (!found.units.empty() && found.units.back() == picture.unit)) continue;
    found.units.push_back(picture.unit);
    found.tile = std::max({found.tile, picture.width, picture.height});
  }
  return found;
}

// The first variant.
Image picture_of(const Atlas& atlas, const std::string& layer, int unit, Sign sign, int side) {
  for (const AtlasPicture& picture : atlas.pictures(layer, unit, true)) {
    if (picture.sign != sign) continue;
    const Image image = decode_image(picture.png, picture.objective);
    return image.width == side && image.height == side ? image : resize_bilinear(image, side, side);
  }
  throw Error(ErrorKind::kNotFound, layer, fmt::format("the picture of unit {} is gone", unit));
}

void place(const Image& tile, int x, int y, Image& sheet) {
  for (int row = 0; row < tile.height; ++row) {
    std::memcpy(sheet.at(x, y + row), tile.at(0, row), static_cast<size_t>(tile.width) * 3);
  }
}

}  // namespace

std::vector<std::string> export_sprites(const Atlas& atlas, const std::string& folder, Reporter& reporter,
                                        int largest_px) {
  std::vector<std::string> paths;
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
      const Sprites sprites = sprites_of(atlas, layer.name, sign);
      const int count = static_cast<int>(sprites.units.size()), side = sprites.tile;
      if (count == 0) continue;
      const std::string stem = fmt::format("{}.sprites{}", file_name_from_layer(layer.name), sign_char(sign));
      const int most = std::max(1, largest_px / side);  // tiles in a row, and rows
      const int columns = std::min(most, static_cast<int>(std::ceil(std::sqrt(count))));
      const int per_sheet = columns * most, sheets = (count + per_sheet - 1) / per_sheet;
      Json index = {{"layer", layer.name}, {"sign", std::string(1, sign_char(sign))}, {"sheets", Json::array()}};
      index["units"] = Json::object();
      Task task(reporter, fmt::format("sprites of {}{}", layer.name, sign_char(sign)), count, "units");
      for (int sheet = 0; sheet < sheets; ++sheet) {
        const int first = sheet * per_sheet, tiles = std::min(per_sheet, count - first);
        Image image(std::min(columns, tiles) * side, (tiles + columns - 1) / columns * side, 3, 255);
        for (int at = 0; at < tiles; ++at) {
          throw_if_stopped();
          const int unit = sprites.units[static_cast<size_t>(first + at)];
          const int x = at % columns * side, y = at / columns * side;
          place(picture_of(atlas, layer.name, unit, sign, side), x, y, image);
          index["units"][std::to_string(unit)] = {{"sheet", sheet}, {"x", x}, {"y", y}, {"w", side}, {"h", side}};
          task.advance();
        }
        const std::string name = sheets == 1 ? stem + ".png" : fmt::format("{}.{}.png", stem, sheet);
        index["sheets"].push_back(name);
        paths.push_back(folder + "/" + name);
        write_file(paths.back(), encode_png(image));
      }
      paths.push_back(folder + "/" + stem + ".json");
      write_file(paths.back(), json_text(index));
    }
  }
  return paths;
}

}  // namespace microtome
