// SPDX-License-Identifier: Apache-2.0
// Whether an atlas is whole, and what of a damaged one can be rescued.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "microtome/base/finding.h"
#include "microtome/base/reporter.h"

namespace microtome {

struct AtlasCheck {
  int64_t dissections = 0, units = 0, pictures = 0, thumbnails = 0;  // that are whole
  std::vector<std::string> faults;                                   // in words, at most kMostFaults
  int64_t further_faults = 0;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "dissections", .help = "Layers' dissections"}, s.dissections);
    field({.name = "units", .help = "Dissected units that are whole"}, s.units);
    field({.name = "pictures", .help = "Pictures that are whole"}, s.pictures);
    field({.name = "thumbnails", .help = "Images' thumbnails that are whole"}, s.thumbnails);
    field({.name = "faults", .help = "What is wrong"}, s.faults);
    field({.name = "further_faults", .help = "How many more there are"}, s.further_faults);
  }
};
inline constexpr size_t kMostFaults = 200;

// Reads everything that the file holds: SQLite's structure, references, every number, every encoded picture against its
// hash. What is whole is also written to `rescue`, a new atlas (write_new_atlas), unless that is empty. Throws what
// Atlas::open does of a file that cannot be opened at all, and what writing the new one does.
AtlasCheck check_atlas(const std::string& file, const std::string& rescue, Reporter& reporter);

}  // namespace microtome
