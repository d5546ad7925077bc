// SPDX-License-Identifier: Apache-2.0
// LAYER/0012+.png (the picture; 0012+.v1.png for a further variant, 0012+.o1.png for a further objective) with its
// further files (picture_files.h), LAYER/0012+.exemplars.png (top exemplars with their masks, blank where the atlas has
// no thumbnail) and LAYER/sheet+.png (all pictures, by unit); for each view asked for also LAYER/0012+.VIEW.jpg, with a
// row for the top, the typical and the bottom exemplars that there are. Pictures of no single unit are
// visualization.0000.png, by objective, and visualizations.json: [{"file", "objective", "variant", "score", ...}].
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "microtome/base/arguments.h"
#include "microtome/base/workers.h"
#include "microtome/exchange/atlas_json.h"
#include "microtome/exchange/exemplar_view.h"
#include "microtome/exchange/exporter.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/picture_files.h"
#include "microtome/exchange/unit_rows.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/image/resize.h"

namespace microtome::exporters {
namespace {

constexpr int kStripTilePx = 128, kSheetTilePx = 96, kViewQuality = 90;

struct ImagesSettings {
  std::vector<std::string> views;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "views",
           .help = "Beside pictures, further sheets of top, typical and bottom exemplars for each unit: mask, outline, "
                   "heat, field (cut to the receptive field), plain"},
          s.views);
  }
};

class LayerImages {
 public:
  LayerImages(const Atlas& atlas, const AtlasLayer& layer, const std::vector<ExemplarView>& views, FolderWriter& files)
      : atlas_(atlas), layer_(layer), views_(views), folder_(file_name_from_layer(layer.name) + "/"), files_(files) {}

  void write(Reporter& reporter) {
    const UnitRows rows = unit_rows(atlas_, layer_.name);
    Task task(reporter, "writing images of " + layer_.name, std::ssize(rows), "units");
    for (const auto& [of, row] : rows) {
      throw_if_stopped();
      if (!row.pictures.empty()) pictures(of);
      if (row.dissection) exemplars(*atlas_.unit(layer_.name, of.unit, of.sign));
      task.advance();
    }
    for (const auto& [sign, tiles] : sheets_) {
      const int columns = static_cast<int>(std::ceil(std::sqrt(1.5 * static_cast<double>(tiles.size()))));
      files_.write(fmt::format("{}sheet{}.png", folder_, sign_char(sign)),
                   encode_png(contact_sheet(tiles, columns, kSheetTilePx)));
    }
  }

 private:
  std::string stem_of(int64_t unit, Sign sign) const {
    return fmt::format("{}{:04}{}", folder_, unit, sign_char(sign));
  }

  void pictures(const SignedUnit& of) {
    std::vector<std::string> known;
    for (const AtlasPicture& picture : atlas_.pictures(layer_.name, of.unit, Detail::kFull)) {
      if (picture.sign != of.sign) continue;
      if (known.empty() || known.back() != picture.objective) known.push_back(picture.objective);
      const std::string objective = known.size() == 1 ? "" : fmt::format(".o{}", known.size() - 1);
      write_picture(files_, stem_of(of.unit, of.sign) + objective + variant_suffix(picture), picture);
      if (!objective.empty() || picture.variant != 0) continue;
      // Scaled at once: a layer's pictures at full size need not fit into memory.
      sheets_[of.sign].push_back(
          resize_bilinear(decode_image(picture.png, picture.objective), kSheetTilePx, kSheetTilePx));
    }
  }

  void exemplars(const UnitDissection& unit) {
    const std::string stem = stem_of(unit.unit, unit.sign);
    if (!unit.top.empty()) {
      const auto tiles = exemplar_tiles(atlas_, layer_, unit, ExemplarList::kTop, ExemplarView::kMask, kStripTilePx);
      files_.write(stem + ".exemplars.png",
                   encode_png(contact_sheet(tiles, static_cast<int>(tiles.size()), kStripTilePx)));
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
      files_.write(fmt::format("{}.{}.jpg", stem, view_text(view)),
                   encode_jpeg(contact_sheet(rows, static_cast<int>(columns), kStripTilePx), kViewQuality));
    }
  }

  const Atlas& atlas_;
  const AtlasLayer& layer_;
  const std::vector<ExemplarView>& views_;
  const std::string folder_;
  FolderWriter& files_;
  std::map<Sign, std::vector<Image>, std::greater<>> sheets_;
};

void write_visualizations(const Atlas& atlas, FolderWriter& files) {
  Json index = Json::array();
  int number = -1;
  std::string last;
  for (const AtlasPicture& picture : atlas.visualizations(Detail::kFull)) {
    if (number < 0 || picture.objective != last) ++number;
    last = picture.objective;
    const std::string stem = fmt::format("visualization.{:04}{}", number, variant_suffix(picture));
    write_picture(files, stem, picture);
    index.push_back({{"file", stem + ".png"}});
    index.back().update(visualization_json(picture));
  }
  if (!index.empty()) files.write("visualizations.json", json_text(index));
}

std::vector<std::string> write_images(const Atlas& atlas, const std::string& folder, const Json& request,
                                      Reporter& reporter) {
  std::vector<ExemplarView> views;
  for (const std::string& view : parse_arguments<ImagesSettings>(request).views) views.push_back(view_from_text(view));
  FolderWriter files(folder);
  for (const AtlasLayer& layer : atlas.studied_layers()) LayerImages(atlas, layer, views, files).write(reporter);
  write_visualizations(atlas, files);
  return files.take_paths();
}

}  // namespace

extern const Exporter images;
const Exporter images{"images", "Folder for pictures, exemplar strips and contact sheets as PNG", write_images,
                      describe_arguments<ImagesSettings>};

}  // namespace microtome::exporters
