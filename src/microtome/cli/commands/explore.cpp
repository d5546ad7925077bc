// SPDX-License-Identifier: Apache-2.0
// microtome explore: look at an atlas in a browser.
#include <fmt/format.h>

#include <memory>

#include "microtome/base/workers.h"
#include "microtome/cli/command.h"
#include "microtome/explorer/serve.h"

namespace microtome::commands {
namespace {

struct Options {
  std::string file;
  int port = 8420;
};

void define(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  app.add_option("atlas", options->file, "Atlas file")->required();
  app.add_option("--port", options->port, "Port on 127.0.0.1; 0 = a free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  add_common(app, session, false);
  app.footer("\nThe pages can also be written as files for any static host: microtome export FILE --site DIR\n");
  app.callback([options] {
    serve(
        options->file, options->port,
        [&](int port) { print(fmt::format("{} is open at http://127.0.0.1:{}/  (Ctrl-C ends)", options->file, port)); },
        stop_requested);
  });
}

}  // namespace

extern const Command explore_command;
const Command explore_command{"explore", "Serve an atlas's pages to a browser on this machine", define};

}  // namespace microtome::commands
