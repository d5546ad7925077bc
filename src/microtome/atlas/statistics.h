// SPDX-License-Identifier: Apache-2.0
// What is said of a unit beside its best concept, as JSON: for the store (labels as numbers) and for readers (labels as
// names).
#pragma once
#include "microtome/atlas/vocabulary.h"
#include "microtome/base/json_fwd.h"
#include "microtome/dissect/findings.h"

namespace microtome {

Json measures_json(const ConceptMeasures& measures);
ConceptMeasures measures_from(const Json& json);

// Only what the unit has: {"measures", "held_out", "interval", "significance", "tails", "formulas", "ranges",
// "selfcheck"}.
Json statistics_json(const UnitDissection& unit);
// Sets them. Throws Json::exception on JSON of another shape.
void read_statistics(const Json& json, UnitDissection& unit);

// The same with names for label numbers, and the verdict.
Json named_statistics(const UnitDissection& unit, const Vocabulary& vocabulary);

}  // namespace microtome
