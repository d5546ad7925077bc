// SPDX-License-Identifier: Apache-2.0
// microtome info: which layers does a network have?
#include <memory>

#include "microtome/base/json.h"
#include "microtome/cli/command.h"
#include "microtome/cli/tables.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  auto request = std::make_shared<NetworkRequest>();
  app.add_option("network", request->file, "ONNX or microtome safetensors file")->required();
  bind(app, *request);
  add_common(app, session, true);
  app.footer(
      "\nLayers keep the file's names; any alias works wherever a layer is asked for.\n"
      "Example:\n  microtome info googlenet.onnx --json | jq '.layers[].name'\n");
  app.callback([request, &session] {
    const Json facts = session.engine().info(*request);
    if (session.json) {
      print_json(facts);
    } else {
      print(network_table(facts, terminal_width()));
    }
  });
}

}  // namespace

extern const Command info_command;
const Command info_command{"info", "List a network's layers: shape, units, receptive field, cost", define};

}  // namespace microtome::commands
