// SPDX-License-Identifier: Apache-2.0
// Every picture of a layer and sign in one image without gaps: LAYER.sprites+.png, and LAYER.sprites+.json:
//   {"layer", "sign", "sheets": [FILE], "units": {UNIT: {"sheet": index of the file, "x", "y", "w", "h"}}}
// Where it would be larger than it may be it is cut into LAYER.sprites+.0.png, .1.png, ... Of each unit the first
// variant, on white where it has holes, scaled to the layer's largest picture.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "microtome/base/arguments.h"
#include "microtome/base/workers.h"
#include "microtome/exchange/atlas_json.h"
#include "microtome/exchange/exporter.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/folder_writer.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"

namespace microtome::exporters {
namespace {

struct Settings {
  int sheet_px = 16384;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "sheet-size", .help = "Largest side of a sheet of sprites, in pixels", .min = 1, .max = 65535},
          s.sheet_px);
  }
};

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

// Sheets and index of one layer and sign.
class SpriteExport {
 public:
  SpriteExport(const Atlas& atlas, const std::string& layer, Sign sign, int largest_px)
      : atlas_(atlas),
        layer_(layer),
        sign_(sign),
        sprites_(sprites_of(atlas, layer, sign)),
        stem_(fmt::format("{}.sprites{}", file_name_from_layer(layer), sign_char(sign))) {
    const int most = std::max(1, largest_px / std::max(1, sprites_.tile));  // tiles in a row, and rows
    columns_ = std::min(most, static_cast<int>(std::ceil(std::sqrt(count()))));
    per_sheet_ = columns_ * most;
  }

  void write(FolderWriter& files, Reporter& reporter) {
    if (count() == 0) return;
    Json index = {{"layer", layer_}, {"sign", std::string(1, sign_char(sign_))}, {"sheets", Json::array()}};
    index["units"] = Json::object();
    Task task(reporter, "sprites of " + layer_ + sign_char(sign_), count(), "units");
    const int sheets = (count() + per_sheet_ - 1) / per_sheet_;
    for (int sheet = 0; sheet < sheets; ++sheet) {
      const Image image = draw(sheet, index["units"], task);
      const std::string name = sheets == 1 ? stem_ + ".png" : fmt::format("{}.{}.png", stem_, sheet);
      index["sheets"].push_back(name);
      files.write(name, encode_png(image));
    }
    files.write(stem_ + ".json", json_text(index));
  }

 private:
  int count() const { return static_cast<int>(sprites_.units.size()); }

  Image draw(int sheet, Json& boxes, Task& task) const {
    const int side = sprites_.tile, first = sheet * per_sheet_, tiles = std::min(per_sheet_, count() - first);
    Image image(std::min(columns_, tiles) * side, (tiles + columns_ - 1) / columns_ * side, 3, 255);
    for (int at = 0; at < tiles; ++at) {
      throw_if_stopped();
      const int unit = sprites_.units[static_cast<size_t>(first + at)];
      const int x = at % columns_ * side, y = at / columns_ * side;
      place(picture_of(atlas_, layer_, unit, sign_, side), x, y, image);
      boxes[std::to_string(unit)] = {{"sheet", sheet}, {"x", x}, {"y", y}, {"w", side}, {"h", side}};
      task.advance();
    }
    return image;
  }

  const Atlas& atlas_;
  const std::string& layer_;
  Sign sign_;
  Sprites sprites_;
  std::string stem_;
  int columns_ = 1, per_sheet_ = 1;
};

std::vector<std::string> write(const Atlas& atlas, const std::string& folder, const Json& request, Reporter& reporter) {
  const int largest_px = parse_arguments<Settings>(request).sheet_px;
  FolderWriter files(folder);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
      SpriteExport(atlas, layer.name, sign, largest_px).write(files, reporter);
    }
  }
  return files.take_paths();
}

}  // namespace

extern const Exporter sprites;
const Exporter sprites{"sprites",
                       "Folder for one image of all pictures of each layer and sign, without gaps, with a JSON index",
                       write, describe_arguments<Settings>};

}  // namespace microtome::exporters
