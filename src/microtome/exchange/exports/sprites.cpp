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
#include "microtome/exchange/unit_rows.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"

namespace microtome::exporters {
namespace {

struct SpritesSettings {
  int sheet_px = 16384;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "sheet-size", .help = "Largest side of a sheet of sprites, in pixels", .min = 1, .max = 65535},
          s.sheet_px);
  }
};

// The picture in its place of a sheet, as a square.
void place(const Atlas& atlas, const AtlasPicture& of, int x, int y, int side, Image& sheet) {
  const auto picture = atlas.picture(of.id);
  if (!picture) throw Error(ErrorKind::kNotFound, of.layer, fmt::format("the picture of unit {} is gone", of.unit));
  Image tile = decode_image(picture->png, of.objective);
  if (tile.width != side || tile.height != side) tile = resize_bilinear(tile, side, side);
  for (int row = 0; row < side; ++row) {
    std::memcpy(sheet.at(x, y + row), tile.at(0, row), static_cast<size_t>(side) * 3);
  }
}

// Sheets and index of one layer and sign, which has pictures.
void write_sheets(const Atlas& atlas, const std::vector<AtlasPicture>& pictures, int largest_px, FolderWriter& files,
                  Reporter& reporter) {
  const std::string& layer = pictures[0].layer;
  const char sign = sign_char(pictures[0].sign);
  int side = 1;
  for (const AtlasPicture& picture : pictures) side = std::max({side, picture.width, picture.height});
  const int count = static_cast<int>(pictures.size());
  const int most = std::max(1, largest_px / side);  // tiles in a row, and rows
  const int columns = std::min(most, static_cast<int>(std::ceil(std::sqrt(count)))), per_sheet = columns * most;
  const std::string stem = fmt::format("{}.sprites{}", file_name_from_layer(layer), sign);
  Json index = {{"layer", layer}, {"sign", std::string(1, sign)}, {"sheets", Json::array()}, {"units", Json::object()}};
  Task task(reporter, "sprites of " + layer + sign, count, "units");
  for (int first = 0, sheet = 0; first < count; first += per_sheet, ++sheet) {
    const int tiles = std::min(per_sheet, count - first);
    Image image(std::min(columns, tiles) * side, (tiles + columns - 1) / columns * side, 3, 255);
    for (int at = 0; at < tiles; ++at) {
      throw_if_stopped();
      const AtlasPicture& picture = pictures[static_cast<size_t>(first + at)];
      const int x = at % columns * side, y = at / columns * side;
      place(atlas, picture, x, y, side, image);
      index["units"][std::to_string(picture.unit)] = {{"sheet", sheet}, {"x", x}, {"y", y}, {"w", side}, {"h", side}};
      task.advance();
    }
    const std::string name = count <= per_sheet ? stem + ".png" : fmt::format("{}.{}.png", stem, sheet);
    index["sheets"].push_back(name);
    files.write(name, encode_png(image));
  }
  files.write(stem + ".json", json_text(index));
}

std::vector<std::string> write_sprites(const Atlas& atlas, const std::string& folder, const Json& request,
                                       Reporter& reporter) {
  const int largest_px = parse_arguments<SpritesSettings>(request).sheet_px;
  FolderWriter files(folder);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    std::map<Sign, std::vector<AtlasPicture>, std::greater<>> firsts;
    for (const auto& [of, row] : unit_rows(atlas, layer.name)) {
      if (row.picture()) firsts[of.sign].push_back(*row.picture());
    }
    for (const auto& [sign, pictures] : firsts) write_sheets(atlas, pictures, largest_px, files, reporter);
  }
  return files.take_paths();
}

}  // namespace

extern const Exporter sprites;
const Exporter sprites{"sprites",
                       "Folder for one image of all pictures of each layer and sign, without gaps, with a JSON index",
                       write_sprites, describe_arguments<SpritesSettings>};

}  // namespace microtome::exporters
