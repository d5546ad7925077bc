// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/concept_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/concepts/automatic_colours.h"
#include "microtome/concepts/formats/format.h"

namespace microtome {
namespace {

std::string shown(std::string name) {
  if (name.size() > 2 && (name.ends_with("-s") || name.ends_with("-c"))) name.resize(name.size() - 2);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

void expect_folder(const std::string& folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) return;
  throw Error(ErrorKind::kNotFound, folder, "there is no such folder");
}

}  // namespace

LayoutFolder find_layout(const std::string& spec) {
  for (const ConceptFormat* format : concept_formats()) {
    const std::string prefix = std::string(format->name) + ":";
    if (!spec.starts_with(prefix)) continue;
    const std::string folder = spec.substr(prefix.size());
    expect_folder(folder);
    if (format->recognizes(folder)) return {format, folder};
    throw Error(ErrorKind::kUnsupported, folder, fmt::format("this folder is no set in the layout {}", format->name),
                fmt::format("it must hold {}", format->layout));
  }
  expect_folder(spec);
  for (const ConceptFormat* format : concept_formats()) {
    if (format->recognizes(spec)) return {format, spec};
  }
  std::string layouts;
  for (const ConceptFormat* format : concept_formats()) {
    layouts += fmt::format("{}{}", layouts.empty() ? "" : ", ", format->name);
  }
  throw Error(ErrorKind::kUnsupported, spec, "this folder is no concept set",
              fmt::format("known layouts are {}; microtome list says which files make them", layouts));
}

ConceptIndex::ConceptIndex(std::vector<std::string> categories, std::vector<Concept> concepts)
    : categories_(std::move(categories)), concepts_(std::move(concepts)) {
  if (concepts_.empty()) concepts_.emplace_back();
  for (size_t label = 0; label < concepts_.size(); ++label) {
    const Concept& item = concepts_[label];
    const bool placed = item.number == static_cast<int>(label) && item.category < category_count();
    if (!placed && !item.name.empty()) throw Error(ErrorKind::kInternal, item.name, "misplaced in the concept index");
  }
}

std::string ConceptIndex::display_name(int label) const { return shown(concept_of(label).name); }

std::optional<int> ConceptIndex::find(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  for (int label = 1; label <= max_label(); ++label) {
    if (concept_of(label).name == name) return label;
  }
  for (int label = 1; label <= max_label(); ++label) {
    if (display_name(label) == name) return label;
  }
  return std::nullopt;
}

std::unique_ptr<ConceptSet> open_concept_set(const std::string& spec) {
  constexpr std::string_view kColours = "colours:";
  if (spec.starts_with(kColours)) return with_automatic_colours(open_concept_set(spec.substr(kColours.size())));
  const LayoutFolder found = find_layout(spec);
  return found.format->open(found.folder, throw_first_error(found.folder));
}

}  // namespace microtome
