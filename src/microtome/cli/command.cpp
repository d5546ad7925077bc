// SPDX-License-Identifier: Apache-2.0
#include "microtome/cli/command.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/base/foreign.h"
#include "microtome/base/json.h"
#include "microtome/base/plain_text.h"
#include "microtome/base/platform.h"
#include "microtome/base/workers.h"

namespace microtome::commands {

int Session::thread_count() const { return threads > 0 ? threads : available_threads(); }

std::unique_ptr<Reporter> Session::reporter() const { return make_console_reporter(verbose); }

void define_command(CLI::App& app, Session& session, const Command& command) {
  if (!command.parts.empty()) {
    app.require_subcommand(1);
    for (const Command& part : command.parts) {
      define_command(*app.add_subcommand(std::string(part.name), std::string(part.summary)), session, part);
    }
    return;
  }
  const auto form = std::make_shared<Form>(app, command.arguments());
  app.add_option("--threads", session.threads, "Threads to use; 0 = all available")->check(CLI::Range(0, 4096));
  app.add_flag("--verbose", session.verbose, "Say more");
  if (command.facts) app.add_flag("--json", session.json, "Print JSON");
  app.footer(std::string(command.footer));
  app.callback([form, &command, &session] {
    try {
      const Json request = form->request();
      session.to_finish = form->writes();
      command.run(request, session);
    } catch (const std::exception& error) {
      throw form->in_flags(error_of(error));
    }
  });
}

int terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0) return std::numeric_limits<int>::max();
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40;
  return known ? size.ws_col : 120;
}

void print(std::string_view text) {
  std::string shown = shown_text(text);
  if (!shown.ends_with('\n')) shown += '\n';
  const bool written = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size();
  if (std::fflush(stdout) == 0 && written) return;
  if (errno == EPIPE) std::_Exit(1);  // The reader has seen enough, as `head` does: nobody wants a line about it.
  throw Error(ErrorKind::kIo, "standard output", std::string("cannot write: ") + std::strerror(errno));
}

void print_json(const Json& document) { print(document.dump(2, ' ', false, Json::error_handler_t::replace)); }

}  // namespace microtome::commands
