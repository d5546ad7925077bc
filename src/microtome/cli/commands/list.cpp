// SPDX-License-Identifier: Apache-2.0
// microtome list: the kinds of everything, with their parameters.
#include "microtome/base/json.h"
#include "microtome/cli/catalogue.h"
#include "microtome/cli/command.h"
#include "microtome/cli/tables.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  add_common(app, session, true);
  app.callback([&session] {
    const Json kinds = catalogue();
    if (session.json) {
      print_json(kinds);
    } else {
      print(kinds_table(kinds));
    }
  });
}

}  // namespace

extern const Command list_command;
const Command list_command{"list", "List objectives, parametrizations, transforms, formats and operators", define};

}  // namespace microtome::commands
