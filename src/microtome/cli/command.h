// SPDX-License-Identifier: Apache-2.0
// A command of the binary: its options, and what it calls. It holds no logic. Those that ask the engine a question are
// made from its catalogue (question_command.h); one that needs no engine is a file in commands/ each.
#pragma once
#include <CLI/CLI.hpp>
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

  int thread_count() const;
  std::unique_ptr<Reporter> reporter() const;
};

struct Command {
  std::string_view name;
  std::string_view summary;
  // Adds options and a callback to the subcommand. The session outlives the app.
  void (*define)(CLI::App& app, Session& session);
  bool only_reads = false;  // a signal ends it at once: nothing is to be finished first
};

std::span<const Command* const> kinds();

// Adds --threads, --verbose and (with `facts`) --json.
void add_common(CLI::App& app, Session& session, bool facts);

// Options made of declared arguments (base/arguments.h), and what is done with the request that was typed with them.
void define_form(CLI::App& app, Session& session, bool facts, Json arguments,
                 std::function<void(const Json& request, const Session& session)> run);

// The command's options are the fields of a struct, which is filled in and handed to Run; with --json if kFacts.
template <class Options, void (*Run)(const Options& options, const Session& session), bool kFacts = true>
void define_form(CLI::App& app, Session& session) {
  define_form(app, session, kFacts, describe_arguments<Options>(),
              [](const Json& request, const Session& used) { Run(parse_arguments<Options>(request), used); });
}

// Columns of the terminal that standard output is, 120 when it is none.
int terminal_width();

// Prints a line or a document to standard output, fit for a terminal (shown_text() of base/plain_text.h). Throws
// Error(kIo) when it cannot be written; a reader that went away ends the process with exit code 1.
void print(std::string_view text);
void print_json(const Json& document);

}  // namespace microtome::commands
