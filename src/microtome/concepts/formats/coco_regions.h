// SPDX-License-Identifier: Apache-2.0
// The segmentations of COCO's instances and stuff files, kept in few bytes and drawn when they are asked for.
#pragma once
#include <string>
#include <vector>

#include "microtome/concepts/formats/coco_tables.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/segmentation.h"
#include "microtome/concepts/problem.h"

namespace microtome::concept_formats {

// One polygon or one list of runs; an annotation of several polygons has several.
struct CocoRegion {
  enum class Form : uint8_t { kPolygon, kRuns, kText };
  int64_t annotation = 0;
  int64_t image = 0;  // Its id, then (after settle) its row.
  uint64_t at = 0;    // Into the numbers of its form.
  uint32_t count = 0;
  int32_t category = 0;           // Its id.
  int32_t width = 0, height = 0;  // "size" of run lengths.
  uint16_t label = 0;
  Form form = Form::kPolygon;
};

class CocoRegions {
 public:
  // The regions of an annotation. Throws Error(kCorrupt); a polygon of fewer than three corners, which encloses
  // nothing, and a segmentation without any are reported as warnings.
  void add(const JsonRow& annotation, int64_t image, const std::string& json, const ProblemSink& report);
  // After a file was read: gives its rows their regions and holds ids and sizes against the tables.
  void settle(CocoTables& tables);
  // After the last file.
  void name_labels(const CocoTables& tables, const LabelNumbers<int64_t>& vocabulary);

  // Planes such that every class has all its pixels: classes that overlap are in different ones, lower labels first.
  // `where` names the image in errors.
  std::vector<LabelMap> draw(const CocoRow& row, const std::string& where) const;

 private:
  void add_polygons(const JsonRow& annotation, const nlohmann::json& polygons, CocoRegion region,
                    const std::string& json, const ProblemSink& report);
  void add_run_lengths(const JsonRow& annotation, const nlohmann::json& segmentation, CocoRegion region);
  void draw_region(const CocoRegion& region, RegionMask& mask, const std::string& where) const;

  std::vector<CocoRegion> regions_;  // Of each row together, by category.
  size_t settled_ = 0;
  std::vector<float> corners_;
  std::vector<uint32_t> runs_;
  std::string texts_;
};

}  // namespace microtome::concept_formats
