// SPDX-License-Identifier: Apache-2.0
// What became of a network's units: two atlases side by side.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json.h"
#include "microtome/dissect/detectors.h"

namespace microtome {

// Of a normal distribution, 5 % lie farther out to both sides, in deviations.
inline constexpr double kNormalTail = 1.96;

enum class UnitFate : int8_t {
  kNeither,     // Below the cut in both.
  kKept,        // A detector of the same concept in both.
  kRelabelled,  // A detector in both, of different concepts.
  kGained,      // A detector in the second alone.
  kLost,        // In the first alone.
};
std::string_view fate_text(UnitFate fate);  // "kept", ...

struct UnitChange {
  int64_t unit = 0;
  Sign sign = Sign::kPositive;
  UnitFate fate = UnitFate::kNeither;
  std::string before, after;             // Names of the best concepts, empty for none.
  double iou_before = 0, iou_after = 0;  // Of these.
  double deviation = 0;                  // sqrt(d1^2 + d2^2) of the two bootstrap deviations; NaN when not known.
  // Whether the change is larger than resampling the images explains (docs/numerics.md, "Two dissections"); empty when
  // the deviation is not known.
  std::optional<bool> beyond_noise;
};

struct ConceptChange {
  std::string name, category;
  int units_before = 0, units_after = 0;   // Detectors that are called so.
  double best_before = 0, best_after = 0;  // The largest IoU among them.
};

struct LayerComparison {
  std::string before, after;            // Layer names; several, joined by commas, when all layers are taken together.
  std::vector<std::string> categories;  // Of both, by name; index of by_category below.
  DetectorCount count_before, count_after;
  std::vector<DetectorCurvePoint> curve_before, curve_after;
  // The layers have a name in common, one operator (tables do not say theirs) and one number of units.
  bool unit_by_unit = false;
  std::vector<UnitChange> units;        // By unit, + before -; those that both dissected. Empty unless unit_by_unit.
  std::vector<ConceptChange> concepts;  // With a detector in either: by category, falling sum, name.
};

struct AtlasComparison {
  std::string before, after;  // Names of the networks.
  // One concept set, or, where one side was imported, the same size of every concept that both name.
  bool same_concepts = false;
  std::vector<LayerComparison> layers;
  std::vector<std::string> warnings;
};

// Pairs of layers by name or alias; without pairs the dissected layers that have a name in common, and when there is
// none all layers of each together. Counts are of positive units, changes of both signs. Concepts are matched by their
// names. What has no counterpart is named in the warnings. Throws Error(kNotFound) for a layer without results,
// Error(kUsage) when an atlas has no dissection.
AtlasComparison compare_atlases(const Atlas& before, const Atlas& after,
                                const std::vector<std::pair<std::string, std::string>>& pairs = {});

Json to_json(const AtlasComparison& comparison);

// layers.csv (counts; "all" is the whole layer), concepts.csv (detectors of each concept), units.csv (fates) and
// curves.csv (detectors over cut-offs). Returns the paths written.
std::vector<std::string> write_comparison_csv(const AtlasComparison& comparison, const std::string& folder);
// For each pair of layers LAYER.concepts.svg (detectors of each concept, before above and after below) and
// LAYER.curve.svg (detectors over cut-offs).
std::vector<std::string> write_comparison_charts(const AtlasComparison& comparison, const std::string& folder);
// Tables for a terminal: counts, fates, the `rows` units that changed most and concepts with most units.
std::string comparison_tables(const AtlasComparison& comparison, int rows, int width);

}  // namespace microtome
