// SPDX-License-Identifier: Apache-2.0
#include "microtome/cli/question_command.h"

#include <algorithm>
#include <ranges>

#include "microtome/base/foreign.h"
#include "microtome/base/json.h"
#include "microtome/base/plain_text.h"
#include "microtome/base/workers.h"
#include "microtome/study/client.h"

namespace microtome::commands {
namespace {

const Face* face_of(std::string_view question) {
  for (const Face* face : faces::kinds()) {
    for (const auto name : std::views::split(face->questions, '|')) {
      if (std::ranges::equal(name, question)) return face;
    }
  }
  return nullptr;
}

void ask(const std::string& question, const Form& form, const Session& session) {
  Json request = form.request();
  request["command"] = as_utf8(session.typed);
  const auto console = session.reporter();
  const auto reporter = form.in_flags(*console);
  const Client& client = Client::instance();
  throw_if_stopped();  // while libtorch was loaded
  const Json answer = client.ask(question, request, *reporter);
  const Face* face = face_of(question);
  if (session.json || face == nullptr)
    print_json(answer);
  else
    print(face->text(answer, request, terminal_width()));
  const std::string fault = face != nullptr && face->fault != nullptr ? face->fault(answer) : "";
  if (!fault.empty()) throw Error(ErrorKind::kCorrupt, "", fault);
}

}  // namespace

void define_question(CLI::App& app, Session& session, const Json& question) {
  const bool writes =
      std::ranges::any_of(question.at("arguments"), [](const Json& row) { return row.at("role") == "out"; });
  const auto name = question.at("name").get<std::string>();
  const auto form = std::make_shared<Form>(app, question.at("arguments"));
  app.add_flag("--verbose", session.verbose, "Say more");
  app.add_flag("--json", session.json, "Print the answer as JSON");
  app.footer(question.at("footer").get<std::string>());
  app.callback([name, form, writes, &session] {
    session.to_finish = writes;
    try {
      ask(name, *form, session);
    } catch (const std::exception& error) {
      throw form->in_flags(error_of(error));
    }
  });
}

}  // namespace microtome::commands
