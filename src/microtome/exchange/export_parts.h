// SPDX-License-Identifier: Apache-2.0
// What several exports write. Private to the room.
// Defined in export_charts.cpp, export_csv.cpp and export_visualizations.cpp.
#pragma once
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/exchange/vocabulary.h"
#include "microtome/image/chart.h"

namespace microtome {

// Throws Error(kUsage) when an export of dissections wrote nothing: there are none.
void require_written(const std::vector<std::string>& paths);

// values.npy of what is no picture; empty for pictures. Throws Error(kCorrupt) when facts["shape"] is not theirs.
std::string values_npy(const AtlasPicture& picture);

// Place of a category among NetDissect's; others come after them.
int netdissect_place(const std::string& category);

// Detectors of each concept, of positive units: categories in NetDissect's order, labels by falling count, then best
// score.
std::vector<ChartBar> detector_bars(const std::vector<UnitDissection>& units, const Vocabulary& vocabulary);

// The frames of a picture and then the picture itself as an animated WebP, all of the picture's size, on white where it
// has holes. Empty when no frames were kept.
std::string picture_film(const AtlasPicture& picture);

// NetDissect's table (docs/tables.md), of units of one sign.
std::string netdissect_csv(std::vector<UnitDissection> units, const Vocabulary& vocabulary);

}  // namespace microtome
