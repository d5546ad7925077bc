// SPDX-License-Identifier: Apache-2.0
// The answers of `microtome atlas`, `dissect` and `visualize` in words: tables of what was asked for beside the units,
// if anything, and where to look.
#include <fmt/format.h>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/question_command.h"
#include "microtome/exchange/tables.h"

namespace microtome::faces {
namespace {

std::string duration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 7200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string others_text(const Json& plan, std::string_view what) {
  if (plan["replaced"] > 0)
    return fmt::format("{} {} with other settings will be replaced\n", plan["replaced"].dump(), what);
  if (plan["kept"] > 0)
    return fmt::format("{} {} with other settings will be kept beside them\n", plan["kept"].dump(), what);
  return "";
}

std::string picture_plan(const Json& plan, int width) {
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
             static_cast<double>(plan["bytes"].get<int64_t>()) / 1e6) +
         others_text(plan, "pictures");
}

std::string dissection_plan(const Json& plan, int width) {
  TextTable table;
  table.add_column("layer", TextTable::Align::kLeft, true);
  for (const char* heading : {"units", "dissected already"}) table.add_column(heading, TextTable::Align::kRight);
  for (const Json& layer : plan["layers"]) {
    table.add_row({layer["layer"].get<std::string>(), layer["units"].dump(), layer["done"].dump()});
  }
  const int64_t units = plan["units"], done = plan["done"];
  return table.render(width) +
         fmt::format(
             "\n{} units, {} to dissect over {} images in {} passes: about {} of the network on {} threads, {} "
             "MB at most\n",
             units, units - done, plan["images"].get<int64_t>(), plan["passes"].get<int64_t>(),
             duration(plan["seconds"]), plan["threads"].get<int>(), plan["memory"].get<int64_t>() >> 20) +
         others_text(plan, "dissections");
}

std::string made_atlas(const Json& answer, const Json& request, int width) {
  std::string out;
  if (!answer.contains("file")) {
    if (answer.contains("dissection")) out += dissection_plan(answer["dissection"], width);
    if (answer.contains("pictures")) out += picture_plan(answer, width);
    return out;
  }
  const auto file = answer["file"].get<std::string>();
  const bool baselines = request.contains("baselines"), selfcheck = request.value("selfcheck", false);
  if (baselines || selfcheck) {
    const Atlas atlas = Atlas::open(file, Atlas::Mode::kRead);
    if (baselines) out += layers_table(atlas, width);
    if (selfcheck) {
      const std::string table = selfcheck_table(atlas, {}, width);
      out += table.empty() ? "no score was checked: no unit is a detector of a label that two images or more carry\n"
                           : table;
    }
  }
  return out + "wrote " + file + "; look at it with: microtome explore " + file;
}

}  // namespace

extern const Face atlas_face;
const Face atlas_face{"atlas|dissect|visualize", made_atlas};

}  // namespace microtome::faces
