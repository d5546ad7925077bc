// SPDX-License-Identifier: Apache-2.0
// COCO's stuff: materials and surroundings as index masks.
#include <fmt/format.h>

#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/coco_regions.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

// stuff_NAME.json with run lengths, or with stuff_NAME_pixelmaps/ PNGs whose samples are category ids.
class StuffSet : public CocoSet {
 public:
  StuffSet(const std::string& folder, const ProblemSink& report) : CocoSet(folder) {
    CocoTables tables(folder, "stuff", report);
    for (int file = 0; file < static_cast<int>(tables.files().size()); ++file) read(tables, file, report);
    LabelNumbers<int64_t> vocabulary;
    ConceptIndex index = tables.name_labels(vocabulary);
    regions_.name_labels(tables, vocabulary);
    label_of_ = tables.labels_by_category(vocabulary);
    finish(tables, std::move(index));
  }

  ImageLabels labels(int64_t image) const override {
    const CocoRow& at = row(image);
    ImageLabels out{at.info.width, at.info.height, {}, {}, false};
    if (maps_[static_cast<size_t>(at.file)].empty()) {
      out.planes = regions_.draw(at, place_of(folder(), named_by(at)));
    } else {
      out.planes.push_back(read_map(at));
    }
    return out;
  }

 private:
  void read(CocoTables& tables, int file, const ProblemSink& report) {
    const CocoFile& from = tables.files()[static_cast<size_t>(file)];
    const std::string name = fmt::format("stuff_{}_pixelmaps", from.name);
    std::string& maps = maps_.emplace_back();
    for (const std::string& there : {"annotations/" + name, name}) {
      if (maps.empty() && is_folder(folder() + "/" + there)) maps = there;
    }
    const size_t begin = tables.rows().size();
    tables.read(file, [&](const JsonRow& row, int64_t image) {
      if (maps.empty()) regions_.add(row, image, from.json, report);
    });
    regions_.settle(tables);
    if (maps.empty()) return;
    for (size_t i = begin; i < tables.rows().size(); ++i) tables.digest().add_file(map_of(tables.rows()[i]));
  }

  std::string map_of(const CocoRow& row) const {
    const std::filesystem::path name = std::filesystem::path(row.info.file).filename();
    return maps_[static_cast<size_t>(row.file)] + "/" + name.stem().string() + ".png";
  }

  LabelMap read_map(const CocoRow& at) const {
    const std::string path = folder() + "/" + map_of(at), where = place_of(path, named_by(at));
    LabelMap map = decode_index_png(read_mask_png(path, named_by(at)), where);
    expect_size(map.width, map.height, {at.info.width, at.info.height}, where, "the json");
    for (uint16_t& pixel : map.labels) {
      if (pixel == 0) continue;
      const auto found = label_of_.find(pixel);
      if (found == label_of_.end()) {
        throw Error(ErrorKind::kCorrupt, where,
                    fmt::format("a pixel is of category {}, which the json does not have", pixel));
      }
      pixel = found->second;
    }
    return map;
  }

  std::vector<std::string> maps_;  // By file: the folder of its PNGs; empty when the json's run lengths are read.
  CocoRegions regions_;
  std::unordered_map<int64_t, uint16_t> label_of_;
};

}  // namespace

extern const ConceptFormat coco_stuff;
const ConceptFormat coco_stuff = {
    "coco_stuff", "COCO's stuff: grass, sky and other classes without instances",
    "annotations/stuff_NAME.json, NAME/ or images/ with the pictures, and annotations/stuff_NAME_pixelmaps/*.png "
    "unless the json's own run lengths are meant",
    [](const std::string& path) { return has_coco_files(path, "stuff"); }, open_as<StuffSet>};

}  // namespace microtome::concept_formats
