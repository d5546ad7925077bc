// SPDX-License-Identifier: Apache-2.0
// A command of the binary: its options, and what it calls. Those that ask the engine a question are made from its
// catalogue (question_command.h); one that needs no engine is a file in commands/ each.
#pragma once
#include <CLI/CLI.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "microtome/base/foreign.h"
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/cli/form.h"

namespace microtome::commands {

// What all commands share: the words typed, and the options that every one takes.
struct Session {
  std::string typed;  // the command line, for provenance
  bool json = false;
  bool verbose = false;
  int threads = 0;  // 0 = all available
  // Something has begun that should be finished when a signal comes; else it ends the process at once.
  mutable std::atomic<bool> to_finish{false};

  int thread_count() const;
  std::unique_ptr<Reporter> reporter() const;
};

struct Command {
  std::string_view name;
  std::string_view summary;
  // describe_arguments() of what it takes (base/arguments.h).
  Json (*arguments)();
  void (*run)(const Json& request, const Session& session);
  bool facts = true;  // whether it has --json
  std::string_view footer = {};
  std::span<const Command> parts = {};  // instead of the three above: commands of its own
};

std::span<const Command* const> kinds();

// The command whose options are the fields of a struct, which is filled in and handed to Run.
template <class Options, void (*Run)(const Options& options, const Session& session)>
constexpr Command make_command(std::string_view name, std::string_view summary, bool facts = true,
                               std::string_view footer = {}) {
  return {name,
          summary,
          [] { return describe_arguments<Options>(); },
          [](const Json& request, const Session& session) { Run(parse_arguments<Options>(request), session); },
          facts,
          footer};
}

// Adds options and callback to the subcommand. The session outlives the app.
void define_command(CLI::App& app, Session& session, const Command& command);

// Columns of the terminal that standard output is; without bound when it is none, so that what is piped is whole.
int terminal_width();

// Prints a line or a document to standard output, fit for a terminal (shown_text() of base/plain_text.h). Throws
// Error(kIo) when it cannot be written; a reader that went away ends the process with exit code 1.
void print(std::string_view text);
void print_json(const Json& document);

}  // namespace microtome::commands
