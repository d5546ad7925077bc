// SPDX-License-Identifier: Apache-2.0
// Options of a command, made of declared arguments (base/arguments.h), and the request that was typed with them. The
// one place that knows what an argument is called on a command line.
#pragma once
#include <CLI/CLI.hpp>
#include <deque>
#include <memory>
#include <string>

#include "microtome/base/arguments.h"
#include "microtome/base/error.h"
#include "microtome/base/reporter.h"

namespace microtome::commands {

class Form {
 public:
  // Adds an option for each argument to the app; both outlive each other's use. Types, ranges and choices are checked
  // when the words are parsed.
  Form(CLI::App& app, Json arguments);

  // What was typed.
  Json request() const;
  // Whether a file or folder to write was named.
  bool writes() const;

  // An error that names arguments, in the words of the command line: `grow` as --grow.
  Error in_flags(const Error& error) const;
  // The same of all that is said; both reporter and form outlive it.
  std::unique_ptr<Reporter> in_flags(Reporter& reporter) const;

 private:
  struct Slot {
    Field field;
    std::string type;  // of an item
    bool list = false;
    bool flag = false;
    std::string word;
    std::vector<std::string> words;
    CLI::Option* option = nullptr;
  };
  void add(CLI::App& app, const Json& argument);
  // What a word of the command line says: the items of a list (base/quoted_text.h).
  static std::vector<std::string> items_of(const Slot& slot, const std::string& word);
  std::string flag_of(const std::string& name) const;  // the name itself where no argument is called so
  std::string in_flags(const std::string& text) const;

  const Json arguments_;
  std::deque<Slot> slots_;  // options point into it
};

}  // namespace microtome::commands
