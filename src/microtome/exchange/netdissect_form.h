// SPDX-License-Identifier: Apache-2.0
// Units and their concepts as NetDissect shows them.
#pragma once
#include <string>
#include <vector>

#include "microtome/dissect/findings.h"
#include "microtome/exchange/vocabulary.h"
#include "microtome/image/chart.h"

namespace microtome {

// Whether the unit's best concept reaches kDetectorCut.
bool is_detector(const UnitDissection& unit);

// Rank of a category among NetDissect's; others come after them.
int netdissect_rank(const std::string& category);

// Detectors of each concept, of positive units: categories in NetDissect's order, labels by falling count, then best
// score.
std::vector<ChartBar> detector_bars(const std::vector<UnitDissection>& units, const Vocabulary& vocabulary);

// NetDissect's table of a layer, of units of one sign: CAT-label, CAT-truth, CAT-activation, CAT-intersect, CAT-iou for
// each category, then unit, category, label, score, rows by falling score; `unit` counts from 1 there, as NetDissect's
// does (docs/tables.md).
std::string netdissect_csv(std::vector<UnitDissection> units, const Vocabulary& vocabulary);

}  // namespace microtome
