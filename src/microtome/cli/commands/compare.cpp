// SPDX-License-Identifier: Apache-2.0
// microtome compare: what became of a network's units, and which concepts two networks detect.
#include "microtome/exchange/compare.h"
#include "microtome/base/json.h"
#include "microtome/cli/command.h"

namespace microtome::commands {
namespace {

struct CompareOptions {
  std::string before, after, csv, charts;
  std::vector<std::string> layers;
  int best = 20;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "before", .help = "Atlas file", .role = Role::kAtlas, .positional = true, .required = true},
          s.before);
    field({.name = "after", .help = "Atlas file", .role = Role::kAtlas, .positional = true, .required = true}, s.after);
    field(
        {.name = "layers",
         .help = "Layers to compare, by commas: conv5, or conv5=block4 where they differ (default: those of one name, "
                 "else all together)",
         .role = Role::kSubject},
        s.layers);
    field({.name = "best", .help = "Rows of each table", .min = 0, .max = 1000000}, s.best);
    field({.name = "csv", .help = "Folder for layers.csv, concepts.csv, units.csv and curves.csv", .role = Role::kOut},
          s.csv);
    field({.name = "charts", .help = "Folder for bar graphs and curves as SVG", .role = Role::kOut}, s.charts);
  }
};

void compare(const CompareOptions& options, const Session& session) {
  const Atlas before = Atlas::open(options.before, Atlas::Mode::kRead);
  const Atlas after = Atlas::open(options.after, Atlas::Mode::kRead);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : options.layers) {
    const size_t at = text.find('=');
    pairs.emplace_back(text.substr(0, at), at == std::string::npos ? text : text.substr(at + 1));
  }
  const AtlasComparison result = compare_atlases(before, after, pairs);
  const auto reporter = session.reporter();
  for (const std::string& warning : result.warnings) reporter->warn(warning);
  if (!options.csv.empty()) write_comparison_csv(result, options.csv);
  if (!options.charts.empty()) write_comparison_charts(result, options.charts);
  if (session.json) {
    print_json(to_json(result));
  } else {
    print(comparison_tables(result, options.best, terminal_width()));
  }
}

}  // namespace

extern const Command compare_command;
const Command compare_command = make_command<CompareOptions, compare>(
    "compare", "What became of each unit, and which concepts two networks detect", true,
    "Units are compared one by one where both layers have one name, operator and number of units. A change is beyond "
    "noise\n"
    "when it is larger than 1.96 deviations of resampled images; dissect with --bootstrap to know them.");

}  // namespace microtome::commands
