// SPDX-License-Identifier: Apache-2.0
// The units that matter most, by five ways side by side.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

constexpr const char* kWays[] = {"share", "gradient_activation", "conductance", "relevance", "ablation"};
constexpr const char* kHeadings[] = {"share", "grad x act", "conductance", "relevance", "ablation"};

std::string number(const Json& value) {
  return value.is_number() ? fmt::format("{:.3g}", value.get<double>()) : std::string("-");
}

// What the rows are sorted by: ablation where there is one.
double weight(const Json& row) {
  const Json& by = row["ablation"].is_number() ? row["ablation"] : row["gradient_activation"];
  return by.is_number() ? std::abs(by.get<double>()) : 0;
}

std::string depend_text(const Json& answer, const Json&, int width) {
  constexpr size_t kMost = 20;
  std::vector<Json> rows = answer["inputs"].get<std::vector<Json>>();
  std::stable_sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) { return weight(a) > weight(b); });
  TextTable table;
  table.add_column("unit", TextTable::Align::kLeft, true);
  table.add_column("detects", TextTable::Align::kLeft, true);
  for (const char* heading : kHeadings) table.add_column(heading, TextTable::Align::kRight);
  for (size_t i = 0; i < std::min(rows.size(), kMost); ++i) {
    const Json& row = rows[i];
    const Json& known = row["concept"];
    std::vector<std::string> cells = {
        fmt::format("{}:{}", row["layer"].get<std::string>(), row["unit"].get<int64_t>()),
        known.is_object() ? fmt::format("{} {:.3f}", known["label"].get<std::string>(), known["iou"].get<double>())
                          : std::string()};
    for (const char* way : kWays) cells.push_back(number(row[way]));
    table.add_row(std::move(cells));
  }
  std::string out =
      fmt::format("{}: {} on the mean of {} images, of which the bias is {}\n", answer["unit"].get<std::string>(),
                  number(answer["value"]), answer["images"].get<int64_t>(), number(answer["bias"]));
  out += table.render(width);
  if (rows.size() > kMost) out += fmt::format("{} more units: --json\n", rows.size() - kMost);
  for (const auto& [layer, ways] : answer["rank_correlation"].items()) {
    out += fmt::format("rank correlation with ablation over {}:", layer);
    for (size_t i = 0; i + 1 < std::size(kWays); ++i)
      out += fmt::format(" {} {}", kHeadings[i], number(ways[kWays[i]]));
    out += "\n";
  }
  if (answer["no_relevance"].is_string()) out += "no relevance: " + answer["no_relevance"].get<std::string>() + "\n";
  return out;
}

std::string depend_fault(const Json& answer) {
  return answer["unreadable"].get<int64_t>() > 0 ? "some images could not be read" : std::string();
}

}  // namespace

extern const Face depend_face;
const Face depend_face{"depend", depend_text, depend_fault};

}  // namespace microtome::faces
