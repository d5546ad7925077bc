// SPDX-License-Identifier: Apache-2.0
// An atlas as tables for a terminal.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "microtome/atlas/atlas.h"

namespace microtome {

// Columns of text under headings. Widths are in terminal cells (combining marks 0, East Asian wide characters 2).
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  // `shrinks`: gives way, down to a few cells and ending in an ellipsis, when the table is wider than it may be.
  void add_column(std::string heading, Align align, bool shrinks = false);
  // One text a column; control characters become "?".
  void add_row(std::vector<std::string> cells);
  // Lines that end in "\n", none wider than `width` unless the columns that do not shrink are; no trailing spaces.
  std::string render(int width) const;

 private:
  struct Column {
    std::string heading;
    Align align = Align::kLeft;
    bool shrinks = false;
  };
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Cells that a text takes on a terminal; bytes that are not UTF-8 and control characters count one each.
int display_width(std::string_view utf8);

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
