// SPDX-License-Identifier: Apache-2.0
// COCO's panoptic segmentation: objects and stuff as coloured masks.
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/coco_tables.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

constexpr int64_t kLargestSegment = (1 << 24) - 1;  // What R + 256 G + 65536 B can say.

struct PanopticSegment {
  uint32_t id = 0;
  uint16_t label = 0;
  int32_t category = 0;
};

// panoptic_NAME.json and a folder of PNGs in which R + 256 G + 65536 B is a segment of the picture.
class PanopticSet : public CocoSet {
 public:
  PanopticSet(const std::string& folder, const ProblemSink& report) : CocoSet(folder) {
    CocoTables tables(folder, "panoptic", report);
    for (int file = 0; file < static_cast<int>(tables.files().size()); ++file) read(tables, file);
    LabelNumbers<int64_t> vocabulary;
    ConceptIndex index = tables.name_labels(vocabulary);
    for (PanopticSegment& segment : segments_) segment.label = tables.label_of(segment.category, vocabulary);
    finish(tables, std::move(index));
  }

  ImageLabels labels(int64_t image) const override {
    const CocoRow& at = row(image);
    ImageLabels out{at.info.width, at.info.height, {}, {}, false};
    if (at.count > 0) out.planes.push_back(read_plane(at));
    return out;
  }

 private:
  struct Annotation {
    std::string file;  // Of the PNG, relative to the set.
    uint32_t first = 0, count = 0;
    int64_t image = 0;
  };

  void read(CocoTables& tables, int file) {
    const std::string name = "panoptic_" + tables.files()[static_cast<size_t>(file)].name;
    const std::string beside = "annotations/" + name;
    const std::string masks = is_folder(folder() + "/" + beside) ? beside : name;
    const size_t begin = annotations_.size();
    tables.read(file, [&](const JsonRow& row, int64_t image) { read_annotation(row, image, masks); });
    for (size_t i = begin; i < annotations_.size(); ++i) {
      const Annotation& item = annotations_[i];
      const std::string place = fmt::format("annotation of image {}", item.image);
      CocoRow& row = tables.rows()[tables.row_of(item.image, place)];
      if (row.count > 0) throw Error(ErrorKind::kCorrupt, tables.path(file), place + ": there are two of them");
      row.first = static_cast<uint32_t>(i), row.count = 1;
      for (uint32_t s = item.first; s < item.first + item.count; ++s) {
        tables.category_of(segments_[s].category, fmt::format("{}, segment {}", place, segments_[s].id));
      }
      tables.digest().add_file(item.file);
    }
  }

  void read_annotation(const JsonRow& row, int64_t image, const std::string& masks) {
    Annotation out;
    out.image = image;
    const std::string place = fmt::format("annotation of image {}", image);
    const std::string& name = row.text("file_name");
    if (!stays_below(name)) row.fail(fmt::format("\"{}\" does not name a PNG below {}/", name, masks));
    out.file = masks + "/" + name;
    out.first = static_cast<uint32_t>(segments_.size());
    for (const nlohmann::json& json : row.array("segments_info")) {
      JsonRow segment(json, row.where(), place + ", a segment");
      PanopticSegment item;
      item.id = static_cast<uint32_t>(segment.integer("id", 1, kLargestSegment));
      segment.set_place(fmt::format("{}, segment {}", place, item.id));
      item.category = static_cast<int32_t>(segment.integer("category_id", 0, INT32_MAX));
      segment.integer_or("iscrowd", 0, 1, 0);
      segments_.push_back(item);
    }
    out.count = static_cast<uint32_t>(segments_.size()) - out.first;
    const auto begin = segments_.begin() + out.first;
    std::sort(begin, segments_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    const auto twin =
        std::adjacent_find(begin, segments_.end(), [](const auto& a, const auto& b) { return a.id == b.id; });
    if (twin != segments_.end()) row.fail(fmt::format("segment {} is listed twice", twin->id));
    annotations_.push_back(std::move(out));
  }

  LabelMap read_plane(const CocoRow& at) const {
    const Annotation& from = annotations_[at.first];
    const std::string path = folder() + "/" + from.file, where = place_of(path, named_by(at));
    const Image colours = decode_image(read_mask_png(path, named_by(at)), where);
    expect_size(colours.width, colours.height, {at.info.width, at.info.height}, where, "the json");
    LabelMap plane(colours.width, colours.height);
    const auto begin = segments_.begin() + from.first, end = begin + from.count;
    std::vector<bool> seen(from.count);
    uint32_t last = 0;
    uint16_t label = 0;
    for (size_t i = 0; i < plane.labels.size(); ++i) {
      const uint8_t* rgb = colours.pixels.data() + 3 * i;
      const uint32_t id = rgb[0] + 256u * rgb[1] + 65536u * rgb[2];
      if (id != last) {
        const auto found =
            std::lower_bound(begin, end, id, [](const auto& item, uint32_t key) { return item.id < key; });
        const bool known = found != end && found->id == id;
        if (id != 0 && !known) {
          throw Error(ErrorKind::kCorrupt, where, fmt::format("segment {} is not in the json's segments_info", id));
        }
        if (known) seen[static_cast<size_t>(found - begin)] = true;
        last = id, label = known ? found->label : uint16_t{0};
      }
      plane.labels[i] = label;
    }
    for (size_t i = 0; i < seen.size(); ++i) {
      if (seen[i]) continue;
      throw Error(ErrorKind::kCorrupt, where,
                  fmt::format("no pixel belongs to segment {} of the json", (begin + static_cast<ptrdiff_t>(i))->id));
    }
    return plane;
  }

  std::vector<Annotation> annotations_;
  std::vector<PanopticSegment> segments_;  // Of each annotation together, by id.
};

}  // namespace

extern const ConceptFormat coco_panoptic;
const ConceptFormat coco_panoptic = {
    "coco_panoptic", "COCO's panoptic segmentation: each pixel is of one object or stuff",
    "annotations/panoptic_NAME.json, annotations/panoptic_NAME/*.png and NAME/ or images/ with the pictures",
    [](const std::string& path) { return has_coco_files(path, "panoptic"); }, open_as<PanopticSet>};

}  // namespace microtome::concept_formats
