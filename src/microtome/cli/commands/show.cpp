// SPDX-License-Identifier: Apache-2.0
// microtome show: the results of an atlas as tables or JSON.
#include <memory>
#include <optional>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json.h"
#include "microtome/cli/command.h"
#include "microtome/exchange/export.h"
#include "microtome/exchange/tables.h"

namespace microtome::commands {
namespace {

struct Options {
  std::string file;
  std::string layer;
  int best = 20;
};

void define(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  app.add_option("atlas", options->file, "Atlas file")->required();
  app.add_option("--layer", options->layer, "Only this layer");
  app.add_option("--best", options->best, "Detectors to list in the table")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  add_common(app, session, true);
  app.callback([options, &session] {
    const Atlas atlas = Atlas::open(options->file, Atlas::Mode::kRead);
    if (session.json) {
      print(json_text(atlas_json(atlas, options->layer)));
    } else {
      if (options->layer.empty()) print(layers_table(atlas, terminal_width()));
      print(detectors_table(atlas, options->layer, options->best, terminal_width()));
      const std::string checks = selfcheck_table(atlas, options->layer, terminal_width());
      if (!checks.empty()) print(checks);
      const std::string joint = options->layer.empty() ? visualizations_table(atlas, terminal_width()) : "";
      if (!joint.empty()) print(joint);
    }
  });
}

}  // namespace

extern const Command show_command;
const Command show_command{"show", "Print an atlas's layers and best detectors", define};

}  // namespace microtome::commands
