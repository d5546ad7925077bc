// SPDX-License-Identifier: Apache-2.0
// How many traces were drawn.
#include <fmt/format.h>

#include <set>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

struct Counts {
  size_t files = 0;
  int64_t unreadable = 0, traces = 0, silent = 0;
};

Counts count(const Json& answer) {
  Counts counts;
  std::set<std::string> files;
  for (const Json& trace : answer["traces"]) {
    const bool unreadable = trace.contains("error");
    counts.unreadable += unreadable;
    counts.traces += !unreadable;
    counts.silent += !unreadable && trace.value("silent", false);
    if (!unreadable && trace["picture"].is_string()) files.insert(trace["picture"].get<std::string>());
  }
  counts.files = files.size();
  return counts;
}

std::string number_or_none(const Json& value) {
  return value.is_number() ? fmt::format("{:.5g}", value.get<double>()) : std::string("-");
}

std::string trace_text(const Json& answer, const Json& request, int width) {
  const Counts counts = count(answer);
  std::string out;
  if (!request.value("objective", std::string()).empty()) {
    TextTable table;
    table.add_column("image", TextTable::Align::kLeft, true);
    for (const char* heading : {"value", "sum of the map", "residual"}) {
      table.add_column(heading, TextTable::Align::kRight);
    }
    for (const Json& trace : answer["traces"]) {
      if (trace.contains("error")) continue;
      table.add_row({trace["file"].get<std::string>(), number_or_none(trace["value"]), number_or_none(trace["sum"]),
                     number_or_none(trace["residual"])});
    }
    out += table.render(width);
  }
  out += fmt::format("wrote {} pictures of {} traces to {}\n", counts.files, counts.traces,
                     request["out"].get<std::string>());
  if (counts.silent > 0) out += fmt::format("{} traces are grey: the unit is silent there\n", counts.silent);
  return out;
}

std::string trace_fault(const Json& answer) {
  return count(answer).unreadable > 0 ? "some images could not be read" : std::string();
}

}  // namespace

extern const Face trace_face;
const Face trace_face{"trace", trace_text, trace_fault};

}  // namespace microtome::faces
