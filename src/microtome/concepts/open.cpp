// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/open.h"

#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/foreign.h"
#include "microtome/base/path.h"
#include "microtome/concepts/automatic_colours.h"
#include "microtome/concepts/formats/format.h"

namespace microtome {
namespace {

void expect_folder(const std::string& folder) {
  if (is_folder(folder)) return;
  if (!is_there(folder)) throw Error(ErrorKind::kNotFound, folder, "there is no such folder");
  const std::string bytes = read_file(folder);
  const std::string_view known = mistaken_for(bytes);
  throw Error(ErrorKind::kUnsupported, folder,
              fmt::format("this is {}, and a concept set is a folder", known.empty() ? "a file" : known),
              std::string(remedy_of(bytes)));
}

}  // namespace

LayoutFolder find_layout(const std::string& spec) {
  for (const ConceptFormat* format : concept_formats::kinds()) {
    const std::string prefix = std::string(format->name) + ":";
    if (!spec.starts_with(prefix)) continue;
    const std::string folder = spec.substr(prefix.size());
    expect_folder(folder);
    if (format->recognizes(folder)) return {format, folder};
    throw Error(ErrorKind::kUnsupported, folder, fmt::format("this folder is no set in the layout {}", format->name),
                fmt::format("it must hold {}", format->layout));
  }
  expect_folder(spec);
  for (const ConceptFormat* format : concept_formats::kinds()) {
    if (format->recognizes(spec)) return {format, spec};
  }
  std::string layouts;
  for (const ConceptFormat* format : concept_formats::kinds()) {
    layouts += fmt::format("{}{}", layouts.empty() ? "" : ", ", format->name);
  }
  throw Error(ErrorKind::kUnsupported, spec, "this folder is no concept set",
              fmt::format("known layouts are {}; microtome list says which files make them", layouts));
}

std::unique_ptr<ConceptSet> open_concept_set(const std::string& spec) {
  constexpr std::string_view kColours = "colours:";
  if (spec.starts_with(kColours)) return with_automatic_colours(open_concept_set(spec.substr(kColours.size())));
  const LayoutFolder found = find_layout(spec);
  return found.format->open(found.folder, throw_first_error(found.folder));
}

}  // namespace microtome
