// SPDX-License-Identifier: Apache-2.0
// Of a dry run the plan as a table.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/made_atlas.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string duration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 7200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string plan_table(const Json& plan, int width) {
  TextTable table;
  table.add_column("layer", TextTable::Align::kLeft, true);
  for (const char* heading : {"pictures", "made already", "each", "all"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  for (const Json& layer : plan["layers"]) {
    const std::string name = layer["layer"];
    const bool open = layer["done"] < layer["pictures"];
    table.add_row({name.empty() ? "of no single unit" : name, layer["pictures"].dump(), layer["done"].dump(),
                   open ? duration(layer["seconds_each"]) : "", open ? duration(layer["seconds"]) : ""});
  }
  const int64_t total = plan["pictures"], done = plan["done"];
  return table.render(width) +
         fmt::format(
             "\n{} pictures of {} x {} pixels, {} steps each; {} to make: about {} on {} threads, {:.1f} MB in the "
             "atlas\n",
             total, plan["size"].get<int64_t>(), plan["size"].get<int64_t>(), plan["steps"].get<int64_t>(),
             total - done, duration(plan["seconds"]), plan["threads"].get<int>(),
             static_cast<double>(plan["bytes"].get<int64_t>()) / 1e6);
}

std::string text(const Json& answer, const Json& request, int width) {
  return answer.contains("file") ? made_atlas(answer, request, width) : plan_table(answer, width);
}

}  // namespace

extern const Face visualize_face;
const Face visualize_face{"visualize", text, nullptr, "dry-run"};

}  // namespace microtome::faces
