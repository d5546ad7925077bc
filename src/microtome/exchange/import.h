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

struct ImportRequest {
  // FILE or LAYER=FILE. Without a layer the file's name says it: LAYER-result.csv, tally_LAYER.csv or LAYER.csv. A name
  // that ends in ".negative" is of the negative units of the layer before it, as `export --csv` writes them.
  std::vector<std::string> tables;
  std::string network;           // What the atlas calls the network; empty: as the file is called.
  double tail = kPublishedTail;  // What the tables do not say: the tail of the thresholds,
  int64_t images = 0;            // and how many images there were; 0 = unknown.
  std::string command;           // As typed.

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "tables",
           .help = "LAYER-result.csv, tally_LAYER.csv, LAYER.csv or LAYER=FILE",
           .role = Role::kFile,
           .positional = true,
           .required = true},
          s.tables);
    field({.name = "network", .help = "What to call the network (default: the atlas's name)"}, s.network);
    field({.name = "tail", .help = "Tail of the thresholds, which the tables do not say", .min = 1e-6, .max = 0.5},
          s.tail);
    field({.name = "images", .help = "Number of images, which the tables do not say", .min = 0}, s.images);
  }
};

// Reads tables of NetDissect, NetDissect-Lite and compexp, and those that exporters write (one file in imports/ a
// form). Columns come in any order, others are passed over. What the tables do not hold stays unknown: thresholds and
// ranges are NaN, histograms, exemplars and images that carry a concept are empty or 0, a unit's area is the largest of
// its categories' (0 in tables of compexp). Scores of NetDissect's nameless label 0 are left out, with a warning. The
// file must be new; it appears when everything is in it. Throws Error(kNotFound/kCorrupt) naming file and line, also
// where a score is not what its counts give, I / (A + G - I), or the unit's best is not among its categories';
// Error(kUsage) for a file whose name holds no layer.
void import_tables(const ImportRequest& request, const std::string& out, Reporter& reporter);

}  // namespace microtome
