// SPDX-License-Identifier: Apache-2.0
// What is said of a unit (findings.h).
#include "microtome/dissect/detectors.h"
#include "microtome/dissect/findings.h"

namespace microtome {

std::string_view verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSilent:
      return "silent";
    case Verdict::kNoConceptFits:
      return "no concept fits";
    case Verdict::kTooSmall:
      return "undetectable by size";
    case Verdict::kBelowCut:
      return "below the cut";
    case Verdict::kDetector:
      return "detector";
  }
  return "";
}

bool saturates(const UnitDissection& unit) {
  return unit.threshold == unit.maximum && unit.minimum < unit.maximum && unit.threshold != 0;
}

// Above its largest level a unit has no pixel.
bool is_on_at_threshold(const UnitDissection& unit) { return saturates(unit) && unit.on_pixels > 0; }

Verdict verdict(const UnitDissection& unit) {
  constexpr double kFalseDiscoveries = 0.05;
  // Imported tables may name a concept and no area.
  if (unit.on_pixels == 0 && unit.best.label == 0 && unit.formulas.empty()) return Verdict::kSilent;
  if (unit.best.label == 0) return Verdict::kNoConceptFits;
  // Where no permutation came near, only their number keeps q from being smaller.
  const bool chance = unit.significance && unit.significance->q > kFalseDiscoveries &&
                      unit.significance->p * (1 + unit.significance->permutations) > 1.5;
  if (chance) return Verdict::kNoConceptFits;
  if (unit.best.iou >= kDetectorCut) return Verdict::kDetector;
  return unit.best.ceiling < kDetectorCut ? Verdict::kTooSmall : Verdict::kBelowCut;
}

}  // namespace microtome
