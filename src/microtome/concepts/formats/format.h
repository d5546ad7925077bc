// SPDX-License-Identifier: Apache-2.0
// What a layout of concept sets on disk has to say of itself. A new layout is a file here and its name in
// concepts/CMakeLists.txt.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/problem.h"

namespace microtome {

struct ConceptCheck;

struct ConceptFormat {
  std::string_view name;     // "coco_stuff"
  std::string_view summary;  // one line, for `microtome list`
  std::string_view layout;   // which files make it, for errors and help
  // Whether the path holds this layout, told by the names of a few files. Of several that say yes the first in the list
  // is taken.
  bool (*recognizes)(const std::string& path);
  // Reads the tables; pictures and masks are read when they are asked for. Every problem of the tables goes to
  // `report`; if that does not throw, reading goes on behind it. What leaves nothing to go on with is reported and then
  // thrown.
  std::unique_ptr<ConceptSet> (*open)(const std::string& path, const ProblemSink& report);
  // What this layout can be asked beyond check_layout.h, in its place; null: nothing.
  ConceptCheck (*check)(const std::string& path, int threads, Reporter& reporter) = nullptr;
};

namespace concept_formats {
// In the order in which they are tried.
std::span<const ConceptFormat* const> kinds();
}  // namespace concept_formats

}  // namespace microtome
