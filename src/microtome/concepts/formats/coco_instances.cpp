// SPDX-License-Identifier: Apache-2.0
// COCO's instances: objects as polygons and run lengths.
#include "microtome/concepts/formats/coco_regions.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/set_files.h"

namespace microtome::concept_formats {
namespace {

// instances_NAME.json: polygons and run lengths. Overlapping classes are in several planes.
class InstancesSet : public CocoSet {
 public:
  InstancesSet(const std::string& folder, const ProblemSink& report) : CocoSet(folder) {
    CocoTables tables(folder, "instances", report);
    for (int file = 0; file < static_cast<int>(tables.files().size()); ++file) {
      const std::string& json = tables.files()[static_cast<size_t>(file)].json;
      tables.read(file, [&](const JsonRow& row, int64_t image) { regions_.add(row, image, json, report); });
      regions_.settle(tables);
    }
    LabelNumbers<int64_t> vocabulary;
    ConceptIndex index = tables.name_labels(vocabulary);
    regions_.name_labels(tables, vocabulary);
    finish(tables, std::move(index));
  }

  ImageLabels labels(int64_t image) const override {
    const CocoRow& at = row(image);
    return {at.info.width, at.info.height, regions_.draw(at, place_of(folder(), named_by(at))), {}, false};
  }

 private:
  CocoRegions regions_;
};

}  // namespace

extern const ConceptFormat coco_instances;
const ConceptFormat coco_instances = {"coco_instances", "COCO's objects, as polygons and run lengths",
                                      "annotations/instances_NAME.json and NAME/ or images/ with the pictures",
                                      [](const std::string& path) { return has_coco_files(path, "instances"); },
                                      open_as<InstancesSet>};

}  // namespace microtome::concept_formats
