// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/coco_tables.h"

#include <fmt/format.h>

#include <limits>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/problem.h"

namespace microtome::concept_formats {
namespace {

constexpr int64_t kLargestCocoSide = 1 << 16;

// COCO's stuff files give this category to all that is no stuff.
bool is_other(const std::string& kind, const std::string& name) { return kind == "stuff" && name == "other"; }

std::string split_of(const std::string& name) {
  const size_t end = name.find_last_not_of("0123456789");
  return end == std::string::npos ? name : name.substr(0, end + 1);
}

std::vector<std::string> files_of_kind(const std::string& folder, std::string_view kind) {
  return sorted_names(folder + "/annotations", std::string(kind) + "_", ".json");
}

}  // namespace

bool has_coco_files(const std::string& folder, std::string_view kind) { return !files_of_kind(folder, kind).empty(); }

CocoTables::CocoTables(const std::string& folder, std::string_view kind, const ProblemSink& report)
    : folder_(folder), kind_(kind), digest_(folder) {
  for (const std::string& json : files_of_kind(folder, kind)) {
    CocoFile found;
    found.json = "annotations/" + json;
    found.name = json.substr(kind.size() + 1, json.size() - kind.size() - 6);
    found.split = split_of(found.name);
    for (const std::string& pictures : {found.name, "images/" + found.name, std::string("images")}) {
      if (!found.name.empty() && found.pictures.empty() && is_folder(folder + "/" + pictures)) {
        found.pictures = pictures;
      }
    }
    if (found.pictures.empty()) {
      report(
          {Severity::kWarning, "missing folder", found.json, 0,
           fmt::format("it is left out: there is no folder {0}, images/{0} or images with its pictures", found.name)});
      continue;
    }
    files_.push_back(std::move(found));
  }
  if (files_.empty()) {
    throw Error(ErrorKind::kNotFound, folder, fmt::format("the pictures of annotations/{}_*.json are not there", kind_),
                "put them into the folder that the file is named after, as val2017/");
  }
}

void CocoTables::read(int file, const std::function<void(const JsonRow&, int64_t)>& use) {
  current_ = path(file);
  images_.clear();
  current_categories_.clear();
  std::string text = read_listed(current_, {});
  digest_.add_table(this->file(file).json, text);
  for_each_json_row(std::move(text), current_, {"images", "categories", "annotations"},
                    [&](const std::string& table, int64_t position, const nlohmann::json& row) {
                      if (table == "images") return read_image(file, position, row);
                      if (table == "categories") return read_category(file, position, row);
                      JsonRow annotation(row, current_, fmt::format("annotation at position {}", position));
                      use(annotation, annotation.integer("image_id", -kAnyCocoId, kAnyCocoId));
                    });
}

void CocoTables::read_image(int file, int64_t position, const nlohmann::json& json) {
  JsonRow row(json, current_, fmt::format("image at position {}", position));
  CocoRow out;
  out.file = file;
  out.id = row.integer("id", -kAnyCocoId, kAnyCocoId);
  row.set_place(fmt::format("image {}", out.id));
  const std::string& name = row.text("file_name");
  if (!stays_below(name)) row.fail(fmt::format("\"{}\" does not name a file below its folder", name));
  out.info.file = this->file(file).pictures + "/" + name;
  out.info.split = this->file(file).split;
  out.info.width = out.info.label_width = static_cast<int>(row.integer("width", 1, kLargestCocoSide));
  out.info.height = out.info.label_height = static_cast<int>(row.integer("height", 1, kLargestCocoSide));
  if (!images_.emplace(out.id, static_cast<uint32_t>(rows_.size())).second) row.fail("this id is there twice");
  if (!pictures_.emplace(out.info.file, 0).second) row.fail(fmt::format("{} is listed twice", out.info.file));
  digest_.add_file(out.info.file);
  rows_.push_back(std::move(out));
}

void CocoTables::read_category(int, int64_t position, const nlohmann::json& json) {
  JsonRow row(json, current_, fmt::format("category at position {}", position));
  // In the PNGs of stuff 0 is no label.
  const int64_t id = row.integer("id", kind_ == "stuff" ? 1 : 0, std::numeric_limits<int32_t>::max());
  row.set_place(fmt::format("category {}", id));
  CocoCategory out;
  out.name = row.text("name");
  const bool panoptic = kind_ == "panoptic";
  if (panoptic) out.category = row.integer("isthing", 0, 1) == 1 ? "object" : "stuff";
  if (!panoptic) out.category = kind_ == "stuff" ? "stuff" : "object";
  out.none = is_other(kind_, out.name);
  if (!current_categories_.emplace(id, 0).second) row.fail("this category id is there twice");
  const auto [known, fresh] = categories_.emplace(id, out);
  if (!fresh && (known->second.name != out.name || known->second.category != out.category)) {
    row.fail(fmt::format("it is \"{}\" here and \"{}\" in another file", out.name, known->second.name));
  }
  const auto [named, first] = category_names_.emplace(std::pair(out.category, out.name), id);
  if (!first && named->second != id) {
    row.fail(fmt::format("category {} is called \"{}\" as well", named->second, out.name));
  }
}

uint32_t CocoTables::row_of(int64_t image, std::string_view annotation) const {
  const auto found = images_.find(image);
  if (found != images_.end()) return found->second;
  throw Error(ErrorKind::kCorrupt, current_, fmt::format("{}: there is no image {}", annotation, image));
}

const CocoCategory& CocoTables::category_of(int64_t id, std::string_view annotation) const {
  if (current_categories_.contains(id)) return categories_.at(id);
  throw Error(ErrorKind::kCorrupt, current_, fmt::format("{}: there is no category {}", annotation, id));
}

ConceptIndex CocoTables::name_labels(LabelNumbers<int64_t>& vocabulary) const {
  for (const auto& [id, item] : categories_) {
    if (!item.none) vocabulary.add(item.category, id, item.name);
  }
  return vocabulary.index(folder_);
}

uint16_t CocoTables::label_of(int64_t category, const LabelNumbers<int64_t>& vocabulary) const {
  return vocabulary.label(categories_.at(category).category, category);
}

std::unordered_map<int64_t, uint16_t> CocoTables::labels_by_category(const LabelNumbers<int64_t>& vocabulary) const {
  std::unordered_map<int64_t, uint16_t> labels;
  for (const auto& [id, item] : categories_) labels.emplace(id, vocabulary.label(item.category, id));
  return labels;
}

void CocoSet::finish(CocoTables& tables, ConceptIndex index) {
  files_ = tables.files();
  rows_ = std::move(tables.rows());
  index_ = std::move(index);
  hash_ = tables.digest().hex();
  sort_by_broden_key(rows_);
}

std::string CocoSet::named_by(const CocoRow& row) const { return fmt::format("{}, image {}", file(row).json, row.id); }

}  // namespace microtome::concept_formats
