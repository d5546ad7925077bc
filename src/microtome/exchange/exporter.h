// SPDX-License-Identifier: Apache-2.0
// An atlas in other tools' formats: one file in exports/ a format, and its name in CMakeLists.txt.
//
// All that is written is a function of the results alone: no times, no paths, no run numbers. Headline counts
// (detectors, unique, ...) are of positive units, so that they compare with published ones; those of negative units
// stand beside them under "negative" where a layer has them. File names hold layers as file_name_from_layer() writes
// them. Files are written whole (base/file.h); folders are created.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"

namespace microtome {

struct Exporter {
  std::string_view name;
  std::string_view help;  // of the folder or file that it writes to
  // Returns the paths written. `settings`: a request of those described, by name. Throws Error(kIo) when a file cannot
  // be written, Error(kCorrupt) as Atlas does, Error(kUsage) on settings and when there is nothing of its kind.
  std::vector<std::string> (*write)(const Atlas& atlas, const std::string& to, const Json& settings,
                                    Reporter& reporter);
  Json (*describe)() = nullptr;  // its settings, as describe_arguments(); null: none
};

namespace exporters {
// Those of this room. A room below that has one of its own adds it to these.
std::span<const Exporter* const> kinds();
}  // namespace exporters

// For each exporter an argument of its name, where to write to, and after it its settings; as describe_arguments().
Json export_arguments(std::span<const Exporter* const> known);

// Writes what a request {"csv": FOLDER, "images": FOLDER, "views": [...]} names, in the exporters' order, and returns
// the paths. Throws Error(kUsage) when it names none, or a setting without its exporter; and what exporters throw.
std::vector<std::string> export_atlas(const Atlas& atlas, std::span<const Exporter* const> known, const Json& request,
                                      Reporter& reporter);

}  // namespace microtome
