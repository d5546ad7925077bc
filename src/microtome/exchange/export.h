// SPDX-License-Identifier: Apache-2.0
// An atlas in other tools' formats. All of it is a function of the results alone: no times, no paths, no run numbers.
//
// Headline counts (detectors, unique, ...) are of positive units, so that they compare with published ones; those of
// negative units stand beside them under "negative" where a layer has them. File names hold layers as
// file_name_from_layer() writes them. Files are written whole (base/file.h); folders are created. Everything throws
// Error(kNotFound) for a layer without results, Error(kIo) when a file cannot be written, Error(kCorrupt) as Atlas
// does.
// Defined in export_charts.cpp, export_csv.cpp, export_images.cpp and others.
#pragma once
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/exchange/exemplar_view.h"

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
// numbers are written with the digits that bring them back.
Json atlas_json(const Atlas& atlas, const std::string& layer = {}, JsonDetail detail = JsonDetail::kSummary);

// A picture of no single unit.
Json visualization_json(const AtlasPicture& picture);

// Text of such a value; bytes of names that are not UTF-8 become U+FFFD.
std::string json_text(const Json& json);

// LAYER.csv in NetDissect's columns (CAT-label, CAT-truth, CAT-activation, CAT-intersect, CAT-iou for each category,
// then unit, category, label, score), rows by falling score; `unit` counts from 1 there, as NetDissect's does.
// LAYER.negative.csv alike for negative units. units.csv: every unit of every layer, counting from 0.
// visualizations.csv: pictures of no single unit, when there are any. Returns the paths written.
std::vector<std::string> export_csv(const Atlas& atlas, const std::string& folder);

// For each dissected layer, of positive units: LAYER.bargraph.svg, how many detectors each concept has, and
// LAYER.curve.svg, the number of detectors over cut-offs for each tail. Returns the paths written.
std::vector<std::string> export_charts(const Atlas& atlas, const std::string& folder);

// For each dissected layer LAYER.units.npy (int64 [n, 2]: unit, sign), .thresholds.npy and .iou.npy (float32 [n]),
// .histograms.npy (int64 [n, bins]) and .histogram_ranges.npy (float32 [n, 2]: low, high). Returns the paths written.
std::vector<std::string> export_npy(const Atlas& atlas, const std::string& folder);

// What NetDissect and its successors leave behind, of positive units: LAYER-result.csv, html/LAYER.html (needs nothing
// from the net), html/image/LAYER-bargraph.svg and for each unit with exemplars the strip html/image/LAYER-0012.jpg
// (tiles 3 px apart, as NetDissect's; counted from 0, while tables and pages count from 1); and LAYER-report.json in
// the form of David Bau's dissect ({"header", "units": [{"image", "unit", "iou", "label", "cat"}]}, units from 0).
// Returns the paths written; throws Error(kUsage) when nothing of the atlas is dissected.
std::vector<std::string> export_netdissect(const Atlas& atlas, const std::string& folder, Reporter& reporter);

// LAYER/0012+.png (the picture; 0012+.v1.png for a further variant, 0012+.o1.png for a further objective;
// 0012+.frames.webp, animated, where frames were kept), LAYER/0012+.exemplars.png (top exemplars with their masks,
// blank where the atlas has no thumbnail) and LAYER/sheet+.png (all pictures, by unit); for each view asked for also
// LAYER/0012+.VIEW.jpg, with a row for the top, the typical and the bottom exemplars that there are. Returns the paths
// written.
std::vector<std::string> export_images(const Atlas& atlas, const std::string& folder,
                                       const std::vector<ExemplarView>& views, Reporter& reporter);

// Every picture of a layer and sign in one image without gaps: LAYER.sprites+.png, and LAYER.sprites+.json:
//   {"layer", "sign", "sheets": [FILE], "units": {UNIT: {"sheet": index of the file, "x", "y", "w", "h"}}}
// Where it would be larger than largest_px it is cut into LAYER.sprites+.0.png, .1.png, ... Of each unit the first
// variant, on white where it has holes, scaled to the layer's largest picture. Returns the paths written.
std::vector<std::string> export_sprites(const Atlas& atlas, const std::string& folder, Reporter& reporter,
                                        int largest_px = 16384);

// Pictures of no single unit: visualization.0000.png (.v1 for a further variant, .frames.webp), by objective, and
// visualizations.json:
//   [{"file", "objective", "variant", "score", ...}]
// Writes nothing when there are none. Returns the paths written.
std::vector<std::string> export_visualizations(const Atlas& atlas, const std::string& folder);

}  // namespace microtome
