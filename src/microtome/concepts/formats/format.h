// SPDX-License-Identifier: Apache-2.0
// What a layout of concept sets on disk has to say of itself. A new layout is one file and its name in formats.cpp.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/problem.h"

namespace microtome {

struct ConceptFormat {
  std::string_view name;     // "coco"
  std::string_view summary;  // one line, for `microtome list`
  std::string_view layout;   // which files make it, for errors and help
  // Whether the path holds this layout, told by the names of a few files. Of several that say yes the first in the list
  // is taken.
  bool (*recognizes)(const std::string& path);
  // Reads the tables; pictures and masks are read when they are asked for. Every problem of the tables goes to
  // `report`; if that does not throw, reading goes on behind it. What leaves nothing to go on with is reported and then
  // thrown.
  std::unique_ptr<ConceptSet> (*open)(const std::string& path, const ProblemSink& report);
};

// In the order in which they are tried.
const std::vector<const ConceptFormat*>& concept_formats();

// The layout of a folder, or the one that the word before it names ("coco_stuff:FOLDER"). Throws
// Error(kNotFound/kUnsupported).
struct LayoutFolder {
  const ConceptFormat* format = nullptr;
  std::string folder;
};
LayoutFolder find_layout(const std::string& spec);

// The sink of readers: an error is thrown as Error(kCorrupt) with file and line, a warning is passed over.
ProblemSink throw_first_error(const std::string& folder);

}  // namespace microtome
