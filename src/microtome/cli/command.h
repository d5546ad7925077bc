// SPDX-License-Identifier: Apache-2.0
// A command of the binary: its options, and what it calls. It holds no logic. Those that ask the engine a question are
// made from its catalogue (question_command.h); one that needs no engine is a file in commands/ each.
#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

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

// The command's options are the fields of a struct, which is filled in and handed to Run.
template <class Options, void (*Run)(const Options& options, const Session& session)>
void define_form(CLI::App& app, Session& session, bool facts) {
  const auto form = std::make_shared<Form>(app, describe_arguments<Options>());
  add_common(app, session, facts);
  app.callback([form, &session] {
    try {
      Run(parse_arguments<Options>(form->request()), session);
    } catch (const Error& error) {
      throw form->in_flags(error);
    }
  });
}

// Columns of the terminal that standard output is, 120 when it is none.
int terminal_width();

// Prints a line or a document to standard output.
void print(std::string_view text);
void print_json(const Json& document);

}  // namespace microtome::commands
