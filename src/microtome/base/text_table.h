// SPDX-License-Identifier: Apache-2.0
// Tables for a terminal: columns as wide as their longest cell.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// Cells are UTF-8; a character counts one column.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    size_t widest = 48;  // longer cells are cut with an ellipsis
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell a column.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // Title line, rule, rows; each line ends with a newline and has no trailing spaces.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace microtome
