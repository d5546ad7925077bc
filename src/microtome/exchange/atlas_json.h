// SPDX-License-Identifier: Apache-2.0
// An atlas as one JSON document.
#pragma once
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"

namespace microtome {

enum class JsonDetail {
  kSummary,  // What `show` prints.
  kFull,     // Also scores by category, runner-up concepts, exemplars, all variants of pictures, classes.
};

// {"network": {...}, "content_hash", "layers": [{"name", "units", "detectors", "unique", "unique_by_category",
//   "by_category": {CATEGORY: {"detectors", "unique"}}, ...}],
//  "units": [{"layer", "unit", "sign", "label", "category", "iou", "ceiling", "threshold", ..., "picture": {...}}],
//  "visualizations": [{"objective", "variant", "score", "status", ...}]}
// by layer in graph order, unit, sign; visualizations of no single unit, by objective, where no layer is asked for.
// `layer`: a name or alias, empty for all. What is not known (no dissection, no overlap, no picture) is null. 32-bit
// numbers are written with the digits that bring them back. Throws Error(kNotFound) for a layer without results.
Json atlas_json(const Atlas& atlas, const std::string& layer = {}, JsonDetail detail = JsonDetail::kSummary);

// A picture of no single unit.
Json visualization_json(const AtlasPicture& picture);

// Text of such a value; bytes of names that are not UTF-8 become U+FFFD.
std::string json_text(const Json& json);

}  // namespace microtome
