// SPDX-License-Identifier: Apache-2.0
// microtome explore: look at an atlas in a browser.
#include <fmt/format.h>

#include "microtome/base/workers.h"
#include "microtome/cli/command.h"
#include "microtome/explorer/serve.h"

namespace microtome::commands {
namespace {

struct ExploreOptions {
  std::string file;
  int port = 8420;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "atlas", .help = "Atlas file", .role = Role::kAtlas, .positional = true, .required = true}, s.file);
    field({.name = "port", .help = "Port on 127.0.0.1; 0 = a free one", .min = 0, .max = 65535}, s.port);
  }
};

void explore(const ExploreOptions& options, const Session& session) {
  session.to_finish = true;
  const auto opened = [&](int port) {
    print(fmt::format("{} is open at http://127.0.0.1:{}/  (Ctrl-C ends)", options.file, port));
  };
  serve(options.file, options.port, opened, stop_requested);
}

}  // namespace

extern const Command explore_command;
const Command explore_command = make_command<ExploreOptions, explore>(
    "explore", "Serve an atlas's pages to a browser on this machine", false,
    "\nThe pages can also be written as files for any static host: microtome export FILE --site DIR\n");

}  // namespace microtome::commands
