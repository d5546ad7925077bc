// SPDX-License-Identifier: Apache-2.0
// microtome train: the lab's small network on dioramas.
#include <fmt/format.h>

#include <memory>

#include "microtome/cli/command.h"

#include "microtome/base/json.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  auto settings = std::make_shared<TrainSettings>();
  app.add_option("--out", settings->out, "safetensors file to write")->required();
  bind(app, *settings);
  add_common(app, session, true);
  app.footer(
      "\nThe network names the scene and the objects of a diorama. Equal settings give equal bytes on one machine, "
      "for\n"
      "every number of threads. The command that made the shipped network is in models/README.md.\n");
  app.callback([settings, &session] {
    settings->threads = session.thread_count();
    const auto reporter = session.reporter();
    const Json facts = session.engine().train(*settings, *reporter);
    if (session.json) {
      print_json(facts);
    } else {
      print(fmt::format("wrote {}: {} parameters, {:.1f} % of held-out scenes right, object F1 {:.3f}",
                        facts["file"].get<std::string>(), facts["parameters"].get<int64_t>(),
                        100 * facts["scene_accuracy"].get<double>(), facts["object_f1"].get<double>()));
    }
  });
}

}  // namespace

extern const Command train_command;
const Command train_command{"train", "Train the small network on dioramas", define};

}  // namespace microtome::commands
