// SPDX-License-Identifier: Apache-2.0
// The texts beside ADE20K's pictures, as it was released in 2016 and in 2021: objects, parts by level, scenes.
// docs/concept_sets.md has the files, and what is read of them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace microtome::concept_formats {

// An annotated object or part of one picture.
struct AdeObject {
  int level = 0;      // 0 for objects, 1 for their parts, 2 for parts of parts.
  int number = 0;     // 2016: its instance on its level; 2021: its class.
  std::string names;  // All of the class: "car, auto, automobile".
};

struct AdeAnnotation {
  std::vector<AdeObject> objects;
  std::string scene;  // 2021 only; empty when there is none.
};

// Both texts are UTF-8 or else Latin-1.
// X_atr.txt of 2016: instance # level # occluded # names # raw name # "attributes". Throws Error(kCorrupt) naming
// `where` and the line.
AdeAnnotation parse_ade_attributes(const std::string& bytes, const std::string& where);
// X.json of 2021. Throws Error(kCorrupt) naming `where` and the object.
AdeAnnotation parse_ade_json(const std::string& bytes, const std::string& where);

// Scene of a picture of 2016 by its folder below images/training/: "a/abbey" is "abbey", "b/bow_window/indoor" is
// "bow_window-indoor". Empty for folders without an initial ("outliers") and for names that begin with "~".
std::string ade_scene_of_folder(std::string_view folder);

}  // namespace microtome::concept_formats
