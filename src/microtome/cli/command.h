// SPDX-License-Identifier: Apache-2.0
// A command of the binary: its options, and what it calls. One file in commands/ each; it holds no logic.
#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/json_fwd.h"
#include "microtome/base/params.h"
#include "microtome/base/reporter.h"
#include "microtome/study/engine.h"

namespace microtome::commands {

// What all commands share: the words typed, and the options that every one takes.
struct Session {
  std::string typed;  // the command line, for provenance
  bool json = false;
  bool verbose = false;
  int threads = 0;  // 0 = all available

  int thread_count() const;
  std::unique_ptr<Reporter> reporter() const;
  // Loads libtorch on the first call. Throws Error(kIo) when the engine's library is not beside the binary.
  const Engine& engine() const;
};

struct Command {
  std::string_view name;
  std::string_view summary;
  // Adds options and a callback to the subcommand. The session outlives the app.
  void (*define)(CLI::App& app, Session& session);
};

std::span<const Command* const> kinds();

// Adds --threads, --verbose and (with `facts`) --json.
void add_common(CLI::App& app, Session& session, bool facts);

// Adds one option for each field of a settings struct that outlives the app; ranges are checked when parsed.
template <class Settings>
void bind(CLI::App& app, Settings& settings) {
  Settings::fields(settings, [&](const Field& field, auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    const std::string flag = "--" + std::string(field.name);
    const std::string help(field.help);
    if constexpr (std::is_same_v<T, bool>) {
      app.add_flag(flag, value, help);
    } else {
      CLI::Option* option = app.add_option(flag, value, help);
      if constexpr (std::is_same_v<T, std::string>) {
        if (!value.empty()) option->capture_default_str();
      } else {
        using Item = typename params_internal::ItemOf<T>::type;
        if constexpr (std::is_same_v<T, Item>) {
          option->capture_default_str();
        } else {
          option->delimiter(',');
        }
        option->check(CLI::Validator(
            [field](const std::string& text) {
              Item parsed{};
              try {
                params_internal::parse(field, text, parsed, "");
              } catch (const std::exception& error) {
                return std::string(error.what());
              }
              return std::string();
            },
            "", "range"));
      }
    }
  });
}

// Columns of the terminal that standard output is, 120 when it is none.
int terminal_width();

// Prints a line or a document to standard output.
void print(std::string_view text);
void print_json(const Json& document);

}  // namespace microtome::commands
