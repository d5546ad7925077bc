// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/text_table.h"

#include <algorithm>

namespace microtome {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut(const std::string& text, size_t widest) {
  if (width_of(text) <= widest) return text;
  std::string out;
  size_t width = 0;
  for (const char c : text) {
    if (begins_character(c) && ++width == widest) break;
    out += c;
  }
  return out + "…";
}

void append(std::string& line, const std::string& cell, size_t width, TextTable::Align align) {
  if (!line.empty()) line += "  ";
  const std::string padding(width - std::min(width, width_of(cell)), ' ');
  line += align == TextTable::Align::kRight ? padding + cell : cell + padding;
}

}  // namespace

std::string TextTable::text() const {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].push_back(column.title);
  for (const auto& row : rows_) lines.push_back(row);
  std::vector<size_t> widths(columns_.size(), 0);
  for (auto& row : lines) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      row[i] = cut(row[i], columns_[i].widest);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string out;
  for (size_t r = 0; r < lines.size(); ++r) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) append(line, lines[r][i], widths[i], columns_[i].align);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
    if (r > 0) continue;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += "  ";
      for (size_t k = 0; k < widths[i]; ++k) out += "─";
    }
    out += "\n";
  }
  return out;
}

}  // namespace microtome
