// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/units.h"

#include <fmt/format.h>

#include <charconv>
#include <numeric>
#include <set>

#include "microtome/base/error.h"

namespace microtome {
namespace {

int64_t parse_number(std::string_view text, std::string_view part) {
  int64_t value = -1;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value < 0) {
    throw Error(ErrorKind::kUsage, "units", fmt::format("\"{}\" is not a unit or a range of units", part),
                "write it as 0-15,40 or all");
  }
  return value;
}

}  // namespace

std::vector<int64_t> parse_units(std::string_view text, int64_t count, const std::string& layer) {
  if (text.empty() || text == "all") {
    std::vector<int64_t> all(static_cast<size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  std::set<int64_t> units;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const size_t dash = part.find('-');
    const int64_t first = parse_number(part.substr(0, dash), part);
    const int64_t last = dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1), part);
    if (last < first) throw Error(ErrorKind::kUsage, "units", fmt::format("the range \"{}\" runs backwards", part));
    if (last >= count) {
      throw Error(ErrorKind::kUsage, "units",
                  fmt::format("layer \"{}\" has {} units, there is no unit {}", layer, count, last));
    }
    for (int64_t unit = first; unit <= last; ++unit) units.insert(unit);
    begin = end + 1;
  }
  return {units.begin(), units.end()};
}

}  // namespace microtome
