// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "microtome/atlas/export.h"
#include "microtome/atlas/file_name.h"
#include "microtome/base/file.h"
#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

constexpr int kStripTilePx = 128, kSheetTilePx = 96;

class ImageExport {
 public:
  ImageExport(const Atlas& atlas, const std::string& folder) : atlas_(atlas), folder_(folder) {}

  void begin_layer(const std::string& layer) {
    layer_ = layer;
    sheets_.clear();
  }

  void unit(int unit) {
    for (const AtlasPicture& picture : atlas_.pictures(layer_, unit, true)) {
      const std::string variant = picture.variant == 0 ? "" : fmt::format(".v{}", picture.variant);
      write(fmt::format("{:04}{}{}.png", unit, sign_char(picture.sign), variant), picture.png);
      if (variant.empty()) {
        // Scaled at once: a layer's pictures at full size need not fit into memory.
        sheets_[picture.sign].push_back(
            resize_bilinear(decode_image(picture.png, picture.objective), kSheetTilePx, kSheetTilePx));
      }
    }
    for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
      const auto dissection = atlas_.unit(layer_, unit, sign);
      if (dissection && !dissection->top.empty()) {
        write(fmt::format("{:04}{}.exemplars.png", unit, sign_char(sign)), encode_png(strip(*dissection)));
      }
    }
  }

  void end_layer() {
    for (const auto& [sign, tiles] : sheets_) {
      const int columns = static_cast<int>(std::ceil(std::sqrt(1.5 * static_cast<double>(tiles.size()))));
      write(fmt::format("sheet{}.png", sign_char(sign)), encode_png(contact_sheet(tiles, columns, kSheetTilePx)));
    }
  }

  std::vector<std::string> take_paths() { return std::move(paths_); }

 private:
  void write(const std::string& name, const std::string& bytes) {
    paths_.push_back(folder_ + "/" + file_name_from_layer(layer_) + "/" + name);
    write_file(paths_.back(), bytes);
  }

  Image strip(const UnitDissection& unit) const {
    std::vector<Image> tiles;
    for (const Exemplar& exemplar : unit.top) {
      const auto thumbnail = atlas_.thumbnail(exemplar.image);
      if (!thumbnail) {
        tiles.emplace_back(kStripTilePx, kStripTilePx, 3, 224);
        continue;
      }
      // A negative unit's threshold is of the negated activation, its maps are not negated.
      std::vector<float> map = exemplar.map;
      if (unit.sign == Sign::kNegative) std::ranges::transform(map, map.begin(), std::negate<>());
      const Image image = resize_bilinear(decode_image(thumbnail->bytes, thumbnail->file), kStripTilePx, kStripTilePx);
      tiles.push_back(map.empty() ? image : draw_mask(image, map, exemplar.width, exemplar.height, unit.threshold));
    }
    return contact_sheet(tiles, static_cast<int>(tiles.size()), kStripTilePx);
  }

  const Atlas& atlas_;
  std::string folder_, layer_;
  std::map<Sign, std::vector<Image>, std::greater<>> sheets_;
  std::vector<std::string> paths_;
};

std::set<int> units_of(const Atlas& atlas, const std::string& layer) {
  std::set<int> units;
  for (const UnitDissection& unit : atlas.units(layer, true)) units.insert(unit.unit);
  for (const AtlasPicture& picture : atlas.pictures(layer, -1, false)) units.insert(picture.unit);
  return units;
}

}  // namespace

std::vector<std::string> export_images(const Atlas& atlas, const std::string& folder, Reporter& reporter) {
  ImageExport writer(atlas, folder);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    const std::set<int> units = units_of(atlas, layer.name);
    Task task(reporter, "writing images of " + layer.name, static_cast<int64_t>(units.size()), "units");
    writer.begin_layer(layer.name);
    for (const int unit : units) {
      throw_if_stopped();
      writer.unit(unit);
      task.advance();
    }
    writer.end_layer();
  }
  return writer.take_paths();
}

}  // namespace microtome
