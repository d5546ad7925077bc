// SPDX-License-Identifier: Apache-2.0
// Tables for a terminal.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// Columns of text under headings. Widths are in terminal cells (combining marks 0, East Asian wide characters 2).
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  // `shrinks`: gives way, down to a few cells and ending in an ellipsis, when the table is wider than it may be.
  void add_column(std::string heading, Align align, bool shrinks = false);
  // One text a column; made fit to print by one_line() (plain_text.h).
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

}  // namespace microtome
