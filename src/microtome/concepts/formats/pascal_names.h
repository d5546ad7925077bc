// SPDX-License-Identifier: Apache-2.0
// What the layouts of PASCAL VOC and of two data sets on its pictures share. docs/concept_sets.md has the files, and
// what is read of them.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace microtome::concept_formats {

// The classes 1 to 20 at positions 0 to 19.
inline constexpr std::array<std::string_view, 20> kPascalClasses = {
    "aeroplane",   "bicycle", "bird",  "boat",      "bottle", "bus",         "car",   "cat",  "chair", "cow",
    "diningtable", "dog",     "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"};

// The name of a part without its left, right, front, back, upper, lower and side: "lfuleg" and "rlleg" are "leg",
// "engine_3" is "engine". Empty when nothing is left ("backside"); nothing for a part that PASCAL-Part does not have.
std::optional<std::string> pascal_part_name(std::string_view part);
// All such names, sorted.
std::vector<std::string> pascal_part_names();

// Which list of ImageSets/Main names a picture: "train" or "val"; empty without such lists.
std::unordered_map<std::string, std::string> pascal_splits(const std::string& folder);

}  // namespace microtome::concept_formats
