// SPDX-License-Identifier: Apache-2.0
// The order that Broden gives to images by their names, and the split that follows from it.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microtome {

// In [0, 1): the first 8 bytes of md5(file) as a big-endian number / 2^64, where `file` is the path relative to
// images/. Broden calls an image "train" when the key is at most 0.7, else "val".
double broden_key(std::string_view file);
std::string broden_split(std::string_view file);

// Rows (with `info.file`) in Broden's order.
template <class Row>
void sort_by_broden_key(std::vector<Row>& rows) {
  std::vector<std::pair<double, Row>> keyed;
  keyed.reserve(rows.size());
  for (Row& row : rows) {
    const double key = broden_key(row.info.file);
    keyed.emplace_back(key, std::move(row));
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second.info.file < b.second.info.file;
  });
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = std::move(keyed[i].second);
}

}  // namespace microtome
