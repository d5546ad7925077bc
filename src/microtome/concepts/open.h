// SPDX-License-Identifier: Apache-2.0
// From the name of a folder to its concept set.
#pragma once
#include <memory>
#include <string>

#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/formats/format.h"

namespace microtome {

struct ConceptFormat;

// Opens a folder in the layout that it has. Words before it, each with a colon, say more: the name of a layout chooses
// it where a folder has several ("coco_stuff:FOLDER"), and "colours:" adds the colour of every pixel of the picture as
// another plane (see automatic_colours.h). Throws Error(kNotFound/kCorrupt/kUnsupported).
std::unique_ptr<ConceptSet> open_concept_set(const std::string& spec);

// The layout of a folder, or the one that the word before it names. Throws Error(kNotFound/kUnsupported).
struct LayoutFolder {
  const ConceptFormat* format = nullptr;
  std::string folder;
};
LayoutFolder find_layout(const std::string& spec);

}  // namespace microtome
