// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/coco_regions.h"

#include <fmt/format.h>

#include <cmath>
#include <tuple>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/concepts/problem.h"

namespace microtome::concept_formats {
namespace {

constexpr double kFarAway = 1e6;  // No corner is this far from its picture.

std::string name_of(const CocoRegion& region) { return fmt::format("annotation {}", region.annotation); }

// Puts a class's mask into the first plane where its pixels are free.
void put_mask(const RegionMask& mask, uint16_t label, std::vector<LabelMap>& planes) {
  const auto is_free = [&](const LabelMap& plane) {
    for (size_t i = 0; i < mask.inside.size(); ++i) {
      if (mask.inside[i] && plane.labels[i]) return false;
    }
    return true;
  };
  auto plane = std::find_if(planes.begin(), planes.end(), is_free);
  if (plane == planes.end()) plane = planes.insert(planes.end(), LabelMap(mask.width, mask.height));
  for (size_t i = 0; i < mask.inside.size(); ++i) {
    if (mask.inside[i]) plane->labels[i] = label;
  }
}

}  // namespace

void CocoRegions::add(const JsonRow& annotation, int64_t image, const std::string& json, const ProblemSink& report) {
  CocoRegion region;
  region.image = image;
  region.annotation = annotation.integer("id", -kAnyCocoId, kAnyCocoId);
  JsonRow named = annotation;
  named.set_place(name_of(region));
  region.category = static_cast<int32_t>(named.integer("category_id", 0, INT32_MAX));
  named.integer_or("iscrowd", 0, 1, 0);
  const nlohmann::json& segmentation = named.value("segmentation");
  if (segmentation.is_array()) return add_polygons(named, segmentation, region, json, report);
  if (segmentation.is_object()) return add_run_lengths(named, segmentation, region);
  named.fail("\"segmentation\" is neither polygons nor run lengths");
}

void CocoRegions::add_polygons(const JsonRow& annotation, const nlohmann::json& polygons, CocoRegion region,
                               const std::string& json, const ProblemSink& report) {
  const auto warn = [&](const char* what) {
    report({Severity::kWarning, "empty segmentation", json, 0, fmt::format("{}: {}", annotation.place(), what)});
  };
  if (polygons.empty()) warn("the segmentation has no polygon");
  for (const nlohmann::json& polygon : polygons) {
    if (!polygon.is_array() || polygon.size() % 2 != 0) {
      annotation.fail("a polygon is not a list of x and y by turns");
    }
    if (polygon.size() < 6) warn("a polygon has fewer than three corners");
    region.form = CocoRegion::Form::kPolygon;
    region.at = corners_.size();
    region.count = static_cast<uint32_t>(polygon.size());
    for (const nlohmann::json& number : polygon) {
      if (!number.is_number()) annotation.fail("a polygon's corner is not a number");
      if (!(std::abs(number.get<double>()) < kFarAway)) annotation.fail("a polygon's corner is far outside");
      corners_.push_back(number.get<float>());
    }
    regions_.push_back(region);
  }
}

void CocoRegions::add_run_lengths(const JsonRow& annotation, const nlohmann::json& segmentation, CocoRegion region) {
  const JsonRow runs(segmentation, annotation.where(), annotation.place());
  const nlohmann::json& size = runs.array("size");
  const auto is_side = [](const nlohmann::json& side) {
    return side.is_number_unsigned() && side.get<uint64_t>() <= INT32_MAX;
  };
  if (size.size() != 2 || !is_side(size[0]) || !is_side(size[1])) runs.fail("\"size\" is not height and width");
  region.height = size[0].get<int32_t>(), region.width = size[1].get<int32_t>();
  const nlohmann::json& counts = runs.value("counts");
  if (counts.is_string()) {
    region.form = CocoRegion::Form::kText;
    region.at = texts_.size();
    texts_ += counts.get_ref<const std::string&>();
    region.count = static_cast<uint32_t>(texts_.size() - region.at);
  } else if (counts.is_array()) {
    region.form = CocoRegion::Form::kRuns;
    region.at = runs_.size();
    for (const nlohmann::json& run : counts) {
      if (!run.is_number_unsigned() || run.get<uint64_t>() > UINT32_MAX) runs.fail("a run length is no whole number");
      runs_.push_back(run.get<uint32_t>());
    }
    region.count = static_cast<uint32_t>(runs_.size() - region.at);
  } else {
    runs.fail("\"counts\" is neither a text nor a list of run lengths");
  }
  regions_.push_back(region);
}

void CocoRegions::settle(CocoTables& tables) {
  const auto fresh = regions_.begin() + static_cast<ptrdiff_t>(settled_);
  for (auto region = fresh; region != regions_.end(); ++region) {
    region->image = tables.row_of(region->image, name_of(*region));
    tables.category_of(region->category, name_of(*region));
    const CocoRow& row = tables.rows()[static_cast<size_t>(region->image)];
    if (region->form == CocoRegion::Form::kPolygon) continue;
    expect_size(region->width, region->height, {row.info.width, row.info.height},
                fmt::format("{}: {}", tables.path(row.file), name_of(*region)), fmt::format("image {}", row.id));
  }
  std::sort(fresh, regions_.end(), [](const CocoRegion& a, const CocoRegion& b) {
    return std::tuple(a.image, a.category, a.annotation, a.form, a.at) <
           std::tuple(b.image, b.category, b.annotation, b.form, b.at);
  });
  for (; settled_ < regions_.size(); ++settled_) {
    CocoRow& row = tables.rows()[static_cast<size_t>(regions_[settled_].image)];
    if (row.count++ == 0) row.first = static_cast<uint32_t>(settled_);
  }
}

void CocoRegions::name_labels(const CocoTables& tables, const LabelNumbers<int64_t>& vocabulary) {
  for (CocoRegion& region : regions_) region.label = tables.label_of(region.category, vocabulary);
}

std::vector<LabelMap> CocoRegions::draw(const CocoRow& row, const std::string& where) const {
  std::vector<LabelMap> planes;
  for (uint32_t i = row.first; i < row.first + row.count;) {
    const int32_t category = regions_[i].category;
    const uint16_t label = regions_[i].label;
    RegionMask mask(row.info.width, row.info.height);
    for (; i < row.first + row.count && regions_[i].category == category; ++i) {
      if (label != 0) draw_region(regions_[i], mask, where);
    }
    if (label != 0) put_mask(mask, label, planes);
  }
  return planes;
}

void CocoRegions::draw_region(const CocoRegion& region, RegionMask& mask, const std::string& where) const {
  if (region.form == CocoRegion::Form::kPolygon) {
    return add_polygon({corners_.data() + region.at, region.count}, mask);
  }
  std::span<const uint32_t> runs;
  std::vector<uint32_t> decoded;
  if (region.form == CocoRegion::Form::kText) {
    if (!decode_runs(std::string_view(texts_).substr(region.at, region.count), decoded)) {
      throw Error(ErrorKind::kCorrupt, where, name_of(region) + ": \"counts\" is no text of run lengths");
    }
    runs = decoded;
  } else {
    runs = {runs_.data() + region.at, region.count};
  }
  if (!add_runs(runs, mask)) {
    throw Error(ErrorKind::kCorrupt, where,
                fmt::format("{}: the runs do not add up to {} x {} pixels", name_of(region), mask.width, mask.height));
  }
}

}  // namespace microtome::concept_formats
