// SPDX-License-Identifier: Apache-2.0
// microtome show: the results of an atlas as tables or JSON.
#include "microtome/atlas/atlas.h"
#include "microtome/base/json.h"
#include "microtome/cli/command.h"
#include "microtome/exchange/atlas_json.h"
#include "microtome/exchange/run_tables.h"
#include "microtome/exchange/tables.h"

namespace microtome::commands {
namespace {

struct ShowOptions {
  std::string file;
  std::string layer;
  int64_t run = 0;
  bool runs = false;
  int best = 20;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "atlas", .help = "Atlas file", .role = Role::kAtlas, .positional = true, .required = true}, s.file);
    field({.name = "layer", .help = "Only this layer"}, s.layer);
    field({.name = "run", .help = "What this run found, where others found something else; 0: the best", .min = 0},
          s.run);
    field({.name = "runs", .help = "List what was run, with settings"}, s.runs);
    field({.name = "best", .help = "Detectors to list in the table", .min = 0, .max = 1000000}, s.best);
  }
};

void show_atlas(const ShowOptions& options, const Session& session) {
  Atlas atlas = Atlas::open(options.file, Atlas::Mode::kRead);
  if (options.run > 0) atlas.prefer(options.run);
  if (options.runs) return session.json ? print_json(runs_json(atlas)) : print(runs_table(atlas, terminal_width()));
  if (session.json) return print(json_text(atlas_json(atlas, options.layer)));
  if (options.layer.empty()) print(layers_table(atlas, terminal_width()));
  print(detectors_table(atlas, options.layer, options.best, terminal_width()));
  const std::string checks = selfcheck_table(atlas, options.layer, terminal_width());
  if (!checks.empty()) print(checks);
  const std::string joint = options.layer.empty() ? visualizations_table(atlas, terminal_width()) : "";
  if (!joint.empty()) print(joint);
  const std::string others = other_findings_text(atlas);
  if (!others.empty()) print(others + "--run N shows what that run found, --runs in which settings they differ\n");
}

}  // namespace

extern const Command show_command;
const Command show_command =
    make_command<ShowOptions, show_atlas>("show", "Print an atlas's layers and best detectors");

}  // namespace microtome::commands
