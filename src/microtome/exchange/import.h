// SPDX-License-Identifier: Apache-2.0
// Published tables of other systems as an atlas, so that they can be shown, explored and compared.
#pragma once
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/reporter.h"

namespace microtome {

// What an imported layer is said to compute, and the format of its network.
inline constexpr const char* kImportedOp = "imported";

struct ImportTable {
  std::string file;
  // Empty: from the file's name, LAYER-result.csv, tally_LAYER.csv or LAYER.csv. A name that ends in ".negative" is of
  // the negative units of the layer before it, as `export --csv` writes them.
  std::string layer;
};

struct ImportRequest {
  std::vector<ImportTable> tables;
  std::string network;           // What the atlas calls the network; empty: as the file is called.
  double tail = kPublishedTail;  // What the tables do not say: the tail of the thresholds,
  int64_t images = 0;            // and how many images there were; 0 = unknown.
  std::string command;           // As typed.
};

// Reads tables of
//   NetDissect, NetDissect-Lite, `export --csv` and `export --netdissect`: unit (from 1), category, label, score and
//   for
//     each category CAT-label, CAT-truth, CAT-activation, CAT-intersect, CAT-iou (docs/tables.md);
//   compexp: unit (from 0), category, label, score, length, and where they are there category_noncomp, label_noncomp,
//     score_noncomp. A label of more than one concept becomes the unit's formula, the noncomp one its concept.
// Columns come in any order, others are passed over. What the tables do not hold stays unknown: thresholds and ranges
// are NaN, histograms, exemplars and images that carry a concept are empty or 0, a unit's area is the largest of its
// categories' (0 in tables of compexp). Scores of NetDissect's nameless label 0 are left out, with a warning.
// The file must be new; it appears when everything is in it. Throws Error(kNotFound/kCorrupt) naming file and line,
// also where a score is not what its counts give, I / (A + G - I), or the unit's best is not among its categories';
// Error(kUsage) for a file whose name holds no layer.
void import_tables(const ImportRequest& request, const std::string& out, Reporter& reporter);

}  // namespace microtome
