// SPDX-License-Identifier: Apache-2.0
// How many traces were drawn.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

struct Counts {
  int64_t files = 0, unreadable = 0, traces = 0, silent = 0;
};

Counts count(const Json& answer) {
  Counts counts;
  for (const Json& unit : answer["units"]) {
    counts.files += !unit["file"].is_null();
    for (const Json& trace : unit["traces"]) {
      const bool unreadable = trace.contains("error");
      counts.unreadable += unreadable;
      counts.traces += !unreadable;
      counts.silent += !unreadable && trace["silent"].get<bool>();
    }
  }
  return counts;
}

std::string trace_text(const Json& answer, const Json& request, int) {
  const Counts counts = count(answer);
  std::string out = fmt::format("wrote {} pictures of {} traces to {}\n", counts.files, counts.traces,
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
