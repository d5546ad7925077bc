// SPDX-License-Identifier: Apache-2.0
// microtome import: published tables of NetDissect, NetDissect-Lite and compexp as an atlas.
#include "microtome/exchange/import.h"

#include <filesystem>
#include <memory>

#include "microtome/cli/command.h"

namespace microtome::commands {
namespace {

struct Options {
  std::vector<std::string> tables;
  std::string out;
  ImportRequest request;
};

void run(const Options& options, const Session& session) {
  ImportRequest request = options.request;
  for (const std::string& text : options.tables) {
    const size_t at = text.find('=');
    if (at == std::string::npos || std::filesystem::exists(text)) {
      request.tables.push_back({text, {}});
    } else {
      request.tables.push_back({text.substr(at + 1), text.substr(0, at)});
    }
  }
  request.command = session.typed;
  import_tables(request, options.out, *session.reporter());
  print("wrote " + options.out + "; look at it with: microtome explore " + options.out);
}

void define(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  app.add_option("tables", options->tables, "LAYER-result.csv, tally_LAYER.csv, LAYER.csv or LAYER=FILE")->required();
  app.add_option("--out", options->out, "New atlas")->required();
  app.add_option("--network", options->request.network, "What to call the network (default: the atlas's name)");
  app.add_option("--tail", options->request.tail, "Tail of the thresholds, which the tables do not say")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  app.add_option("--images", options->request.images, "Number of images, which the tables do not say")
      ->check(CLI::NonNegativeNumber);
  add_common(app, session, false);
  app.callback([options, &session] { run(*options, session); });
}

}  // namespace

extern const Command import_command;
const Command import_command{"import", "Read published tables of NetDissect, Lite or compexp into an atlas", define};

}  // namespace microtome::commands
