// SPDX-License-Identifier: Apache-2.0
// Questions as commands: options from the engine's catalogue, answers as JSON or through a face.
#pragma once
#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>

#include "microtome/base/json_fwd.h"
#include "microtome/cli/command.h"

namespace microtome::commands {

// How an answer is printed for people: one file in faces/ and its name in CMakeLists.txt. A question without one prints
// its answer as JSON.
struct Face {
  std::string_view questions;  // their names, with | between them
  std::string (*text)(const Json& answer, const Json& request, int width);
  // Why an answer that was printed is a failure all the same; empty: it is none.
  std::string (*fault)(const Json& answer) = nullptr;
};

// Of the catalogue's questions: {"name","summary","footer","arguments"}, which outlives the app.
void define_question(CLI::App& app, Session& session, const Json& question);

}  // namespace microtome::commands

namespace microtome::faces {
using commands::Face;
std::span<const Face* const> kinds();
}  // namespace microtome::faces
