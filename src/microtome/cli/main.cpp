// SPDX-License-Identifier: Apache-2.0
// The microtome binary: finds the command, turns errors into one line and an exit code.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "microtome/base/foreign.h"
#include "microtome/base/json.h"
#include "microtome/base/nearest.h"
#include "microtome/base/plain_text.h"
#include "microtome/base/platform.h"
#include "microtome/base/workers.h"
#include "microtome/cli/catalogue.h"
#include "microtome/cli/command.h"
#include "microtome/cli/question_command.h"
#include "microtome/study/client.h"

namespace microtome::commands {
namespace {

constexpr std::string_view kAbout =
    "microtome shows what a neural network has learned: it dissects units against human concepts and renders the\n"
    "pictures that drive them, into one atlas file that opens in the explorer.\n";

constexpr std::string_view kFirstSteps =
    "\nFirst steps:\n"
    "  microtome diorama scenes --images 1000            draw a labelled concept set\n"
    "  microtome info net.onnx                           which layers does it have?\n"
    "  microtome atlas net.onnx --layers conv5 --concepts scenes --out net.atlas\n"
    "  microtome explore net.atlas                       look at it in a browser\n"
    "\n'microtome COMMAND --help' explains a command.\n";

std::string joined(int count, char** words) {
  std::string line = "microtome";
  for (int i = 1; i < count; ++i) line += std::string(" ") + words[i];
  return line;
}

Session session;

// The first Ctrl-C asks work that writes to stop at a safe point and ends any other; the second ends the process.
void on_interrupt(int) {
  if (!session.to_finish || stop_requested()) _exit(130);
  request_stop();
  Client::stop();
}

// The first word that should have been a command, for "did you mean".
void check_command_name(const CLI::App& app, int count, char** words) {
  if (count < 2 || words[1][0] == '-') return;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), words[1]) != known.end()) return;
  throw Error(ErrorKind::kUsage, "microtome", fmt::format("there is no command \"{}\"", words[1]),
              fmt::format("nearest: \"{}\"; microtome --help lists them", nearest_name(words[1], known)));
}

void complain(const std::string& text) { std::fprintf(stderr, "%s\n", one_line(text).c_str()); }

// Less would end the process without a word when the stack is used up.
void expect_stack() {
  constexpr rlim_t kLeast = 1 << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= kLeast) return;
  throw Error(ErrorKind::kIo, "microtome", fmt::format("the stack is limited to {} kB", limit.rlim_cur >> 10),
              "raise the limit: ulimit -s 8192");
}

int run(int count, char** words) {
  expect_stack();
  session.typed = joined(count, words);
  CLI::App app{std::string(kAbout), "microtome"};
  app.footer(std::string(kFirstSteps));
  app.set_version_flag("--version", std::string("microtome ") + MICROTOME_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  const Json known = catalogue();
  for (const Json& question : known.at("questions")) {
    define_question(*app.add_subcommand(question.at("name"), question.at("summary")), session, question);
  }
  for (const Command* command : kinds()) {
    define_command(*app.add_subcommand(std::string(command->name), std::string(command->summary)), session, *command);
  }
  check_command_name(app, count, words);
  if (count == 1) {
    print(app.help());
    return 0;
  }
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help and --version
      std::ostringstream text, nothing;
      app.exit(error, text, nothing);
      print(text.str());
      return 0;
    }
    const std::string command = count > 1 && words[1][0] != '-' ? fmt::format("microtome {}", words[1]) : "microtome";
    complain(fmt::format("{}: {}; see {} --help", command, error.what(), command));
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace microtome::commands

int main(int count, char** words) {
  microtome::keep_the_heap();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // Writing says that the file may not grow.
  ::signal(SIGINT, microtome::commands::on_interrupt);
  ::signal(SIGTERM, microtome::commands::on_interrupt);
  try {
    return microtome::commands::run(count, words);
  } catch (const std::exception& thrown) {
    const microtome::Error error = microtome::error_of(thrown);
    microtome::commands::complain(error.what());
    return error.exit_code();
  }
}
