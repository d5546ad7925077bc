// SPDX-License-Identifier: Apache-2.0
// NetDissect's table of a layer.
#pragma once
#include <string>
#include <vector>

#include "microtome/dissect/findings.h"
#include "microtome/exchange/vocabulary.h"

namespace microtome {

// Of units of one sign: CAT-label, CAT-truth, CAT-activation, CAT-intersect, CAT-iou for each category, then unit,
// category, label, score, rows by falling score; `unit` counts from 1 there, as NetDissect's does (docs/tables.md).
std::string netdissect_csv(std::vector<UnitDissection> units, const Vocabulary& vocabulary);

}  // namespace microtome
