// SPDX-License-Identifier: Apache-2.0
// Accuracy and logit without the units, beside what random ones do.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string by_chance(const Json& random, double scale, const char* unit) {
  if (!random.is_object()) return "-";
  return fmt::format("{:.3g} +- {:.2g}{}", scale * random["mean"].get<double>(), scale * random["sd"].get<double>(),
                     unit);
}

void add_effect(TextTable& table, const std::string& name, const Json& of) {
  if (of["images"].get<int64_t>() == 0) return;
  const Json& logit = of["logit"];
  table.add_row({name, of["images"].dump(), fmt::format("{:.1f} %", 100 * of["before"].get<double>()),
                 fmt::format("{:.1f} %", 100 * of["after"].get<double>()), by_chance(of["random"], 100, " %"),
                 fmt::format("{:.3g}", logit["before"].get<double>()),
                 fmt::format("{:.3g}", logit["after"].get<double>()), by_chance(logit["random"], 1, "")});
}

std::string ablate_text(const Json& answer, const Json& request, int width) {
  constexpr size_t kMostClasses = 20;
  TextTable table;
  table.add_column("", TextTable::Align::kLeft, true);
  for (const char* heading : {"images", "right before", "after", "random units", "logit before", "after", "random"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  add_effect(table, "all images", answer);
  const std::string word = request.value("concept", std::string());
  if (answer.contains("with")) {
    add_effect(table, "with " + word, answer["with"]);
    add_effect(table, "without " + word, answer["without"]);
  }
  size_t shown = 0;
  for (const Json& of : answer["classes"]) {
    if (++shown > kMostClasses) break;
    add_effect(table, of["label"].is_string() ? of["label"].get<std::string>() : "class " + of["index"].dump(), of);
  }
  std::string out = fmt::format("{} units of {} set to {}\n", answer["units"].size(),
                                answer["layer"].get<std::string>(), answer["to"].get<std::string>());
  if (answer["truth"] == "own") out += "no label of the set is a class: what the whole network says counts as true\n";
  out += table.render(width);
  if (answer["classes"].size() > kMostClasses) {
    out += fmt::format("{} more classes: --json\n", answer["classes"].size() - kMostClasses);
  }
  for (const Json& of : answer.value("each", Json::array())) {
    out += fmt::format("unit {} alone: {:.1f} % right, logit {:.3g}\n", of["unit"].get<int64_t>(),
                       100 * of["after"].get<double>(), of["logit"].get<double>());
  }
  return out;
}

std::string ablate_fault(const Json& answer) {
  return answer["unreadable"].get<int64_t>() > 0 ? "some images could not be read" : std::string();
}

}  // namespace

extern const Face ablate_face;
const Face ablate_face{"ablate", ablate_text, ablate_fault};

}  // namespace microtome::faces
