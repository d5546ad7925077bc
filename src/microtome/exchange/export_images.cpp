// SPDX-License-Identifier: Apache-2.0
// An atlas as pictures, exemplar strips and contact sheets.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "microtome/base/file.h"
#include "microtome/base/workers.h"
#include "microtome/exchange/export.h"
#include "microtome/exchange/export_parts.h"
#include "microtome/exchange/file_name.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

constexpr int kStripTilePx = 128, kSheetTilePx = 96, kViewQuality = 90;

class ImageExport {
 public:
  ImageExport(const Atlas& atlas, const std::string& folder, const std::vector<ExemplarView>& views)
      : atlas_(atlas), folder_(folder), views_(views) {}

  void begin_layer(const AtlasLayer& layer) {
    layer_ = layer;
    sheets_.clear();
  }

  void unit(int unit) {
    std::map<Sign, std::vector<std::string>> objectives;
    for (const AtlasPicture& picture : atlas_.pictures(layer_.name, unit, true)) {
      auto& known = objectives[picture.sign];
      if (known.empty() || known.back() != picture.objective) known.push_back(picture.objective);
      const std::string objective = known.size() == 1 ? "" : fmt::format(".o{}", known.size() - 1);
      const std::string variant = picture.variant == 0 ? "" : fmt::format(".v{}", picture.variant);
      const std::string stem = fmt::format("{:04}{}{}{}", unit, sign_char(picture.sign), objective, variant);
      write(stem + ".png", picture.png);
      if (!picture.frames.empty()) write(stem + ".frames.webp", picture_film(picture));
      if (!picture.values.empty()) write(stem + ".values.npy", values_npy(picture));
      if (objective.empty() && variant.empty()) {
        // Scaled at once: a layer's pictures at full size need not fit into memory.
        sheets_[picture.sign].push_back(
            resize_bilinear(decode_image(picture.png, picture.objective), kSheetTilePx, kSheetTilePx));
      }
    }
    for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
      if (const auto dissection = atlas_.unit(layer_.name, unit, sign)) exemplars(*dissection);
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
  void exemplars(const UnitDissection& unit) {
    const std::string stem = fmt::format("{:04}{}", unit.unit, sign_char(unit.sign));
    if (!unit.top.empty()) {
      const auto tiles = exemplar_tiles(atlas_, layer_, unit, ExemplarList::kTop, ExemplarView::kMask, kStripTilePx);
      write(stem + ".exemplars.png", encode_png(contact_sheet(tiles, static_cast<int>(tiles.size()), kStripTilePx)));
    }
    const size_t columns = std::max({unit.top.size(), unit.typical.size(), unit.bottom.size()});
    for (const ExemplarView view : views_) {
      std::vector<Image> rows;
      for (const ExemplarList list : {ExemplarList::kTop, ExemplarList::kTypical, ExemplarList::kBottom}) {
        if (exemplars_of(unit, list).empty()) continue;
        std::vector<Image> row = exemplar_tiles(atlas_, layer_, unit, list, view, kStripTilePx);
        row.resize(columns, Image(kStripTilePx, kStripTilePx, 3, 255));
        rows.insert(rows.end(), std::make_move_iterator(row.begin()), std::make_move_iterator(row.end()));
      }
      if (rows.empty()) continue;
      write(fmt::format("{}.{}.jpg", stem, view_text(view)),
            encode_jpeg(contact_sheet(rows, static_cast<int>(columns), kStripTilePx), kViewQuality));
    }
  }

  void write(const std::string& name, const std::string& bytes) {
    paths_.push_back(folder_ + "/" + file_name_from_layer(layer_.name) + "/" + name);
    write_file(paths_.back(), bytes);
  }

  const Atlas& atlas_;
  std::string folder_;
  std::vector<ExemplarView> views_;
  AtlasLayer layer_;
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

std::vector<std::string> export_images(const Atlas& atlas, const std::string& folder,
                                       const std::vector<ExemplarView>& views, Reporter& reporter) {
  ImageExport writer(atlas, folder, views);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    const std::set<int> units = units_of(atlas, layer.name);
    Task task(reporter, "writing images of " + layer.name, static_cast<int64_t>(units.size()), "units");
    writer.begin_layer(layer);
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
