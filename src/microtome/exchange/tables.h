// SPDX-License-Identifier: Apache-2.0
// An atlas as tables for a terminal.
#pragma once
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/dissect/detectors.h"

namespace microtome {

// The studied layers: units, detectors, unique ones by both definitions ("unique/cat":
// DetectorCount::unique_by_category), detectors by category. Positive units.
std::string layers_table(const Atlas& atlas, int width);

// The `rows` best detectors of a layer (all layers when empty), by falling IoU; then layer, unit, + before -. Says so
// when there is none. Throws Error(kNotFound) for a layer without results.
std::string detectors_table(const Atlas& atlas, const std::string& layer, int rows, int width);

// Which scores notice wrong labels, over the detectors of a layer (all layers when empty); empty text when none was
// tried.
std::string selfcheck_table(const Atlas& atlas, const std::string& layer, int width);

// Pictures of no single unit, by objective and variant; empty when there are none.
std::string visualizations_table(const Atlas& atlas, int width);

}  // namespace microtome
