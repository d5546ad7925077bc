// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/text_table.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "microtome/base/error.h"
#include "microtome/base/plain_text.h"

namespace microtome {
namespace {

constexpr int kGap = 2, kNarrowest = 4;
constexpr std::string_view kEllipsis = "…";

struct Range {
  uint32_t first, last;
};
// Unicode blocks that terminals draw in no cell, and in two (UAX #11, the large ones).
constexpr Range kCombining[] = {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
                                {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                           {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

bool in_any(uint32_t point, std::span<const Range> ranges) {
  return std::ranges::any_of(ranges, [&](const Range& r) { return point >= r.first && point <= r.last; });
}

int cells_of(const Utf8Symbol& symbol) {
  if (!symbol.valid) return 1;
  return in_any(symbol.point, kCombining) ? 0 : in_any(symbol.point, kWide) ? 2 : 1;
}

// The longest beginning that fits, with an ellipsis where something is missing.
std::string fitted(const std::string& text, int width) {
  if (display_width(text) <= width) return text;
  size_t end = 0;
  for (int used = 1; end < text.size();) {
    const Utf8Symbol symbol = first_utf8(std::string_view(text).substr(end));
    if (used + cells_of(symbol) > width) break;
    used += cells_of(symbol);
    end += symbol.bytes;
  }
  return text.substr(0, end) + std::string(kEllipsis);
}

}  // namespace

int display_width(std::string_view utf8) {
  int width = 0;
  while (!utf8.empty()) {
    const Utf8Symbol symbol = first_utf8(utf8);
    width += cells_of(symbol);
    utf8.remove_prefix(symbol.bytes);
  }
  return width;
}

void TextTable::add_column(std::string heading, Align align, bool shrinks) {
  columns_.push_back({std::move(heading), align, shrinks});
}

void TextTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) {
    throw Error(ErrorKind::kInternal, "table", "a row must have one text a column");
  }
  // A name from a file must not move the cursor or end the line.
  for (std::string& cell : cells) cell = one_line(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::render(int width) const {
  std::vector<int> widths;
  int total = -kGap;
  for (size_t c = 0; c < columns_.size(); ++c) {
    int cells = display_width(columns_[c].heading);
    for (const auto& row : rows_) cells = std::max(cells, display_width(row[c]));
    widths.push_back(cells);
    total += cells + kGap;
  }
  // The widest of the columns that may shrink gives a cell at a time, so that the narrow ones stay whole longest.
  for (; total > width; --total) {
    int* widest = nullptr;
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c].shrinks && widths[c] > kNarrowest && (widest == nullptr || widths[c] > *widest))
        widest = &widths[c];
    }
    if (widest == nullptr) break;
    --*widest;
  }
  std::string out;
  const auto line = [&](const auto& text_of) {
    std::string text;
    for (size_t c = 0; c < columns_.size(); ++c) {
      const std::string cell = fitted(text_of(c), widths[c]);
      const std::string padding(static_cast<size_t>(widths[c] - display_width(cell)), ' ');
      if (c > 0) text.append(kGap, ' ');
      text += columns_[c].align == Align::kLeft ? cell + padding : padding + cell;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](size_t c) -> const std::string& { return columns_[c].heading; });
  for (const auto& row : rows_) line([&](size_t c) -> const std::string& { return row[c]; });
  return out;
}

}  // namespace microtome
