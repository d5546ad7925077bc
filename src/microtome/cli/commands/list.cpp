// SPDX-License-Identifier: Apache-2.0
// microtome list: the commands, and the kinds of everything with their parameters.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "microtome/base/json.h"
#include "microtome/cli/catalogue.h"
#include "microtome/cli/command.h"
#include "microtome/exchange/exporter.h"
#include "microtome/exchange/import_table.h"

namespace microtome::commands {
namespace {

void add_command(Json& out, const std::string& before, const Command& command) {
  out.push_back(
      {{"name", before + std::string(command.name)}, {"summary", command.summary}, {"arguments", command.arguments()}});
}

// What can be asked, and what needs no engine.
Json commands_of(const Json& known) {
  Json out = Json::array();
  for (const Json& question : known["questions"]) {
    out.push_back({{"name", question["name"]}, {"summary", question["summary"]}, {"arguments", question["arguments"]}});
  }
  for (const Command* command : kinds()) {
    if (command->arguments != nullptr) add_command(out, "", *command);
    for (const Command& part : command->parts) add_command(out, std::string(command->name) + " ", part);
  }
  return out;
}

// What goes out of an atlas and comes in.
Json exchanged() {
  Json out = {{"exports", Json::array()}, {"tables", Json::array()}};
  for (const Exporter* exporter : exporters::kinds()) {
    out["exports"].push_back({{"name", exporter->name},
                              {"summary", exporter->help},
                              {"parameters", exporter->describe ? exporter->describe() : Json::array()}});
  }
  for (const TableForm* form : table_forms::kinds()) {
    out["tables"].push_back({{"name", form->name}, {"summary", form->summary}});
  }
  return out;
}

std::string text_of(const Json& kind) {
  const std::string name = kind["name"];
  if (kind.contains("operators")) {
    return fmt::format("  {:<16} {}\n", name, fmt::join(kind["operators"].get<std::vector<std::string>>(), " "));
  }
  std::string out = fmt::format("  {:<16} {}\n", name, kind["summary"].get<std::string>());
  if (kind.contains("text")) out += fmt::format("  {:<16} = {}\n", "", kind["text"].get<std::string>());
  for (const Json& parameter : kind.value("parameters", Json::array())) {
    out += fmt::format("  {:<16}   {} = {}: {}\n", "", parameter["name"].get<std::string>(),
                       parameter["default"].dump(), parameter["help"].get<std::string>());
  }
  return out;
}

struct ListOptions {
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&&) {}
};

void list_kinds(const ListOptions&, const Session& session) {
  const Json known = catalogue();
  Json groups = {{"commands", commands_of(known)}};
  groups.update(known["kinds"]);
  groups.update(exchanged());
  if (session.json) return print_json(groups);
  std::string out;
  for (const auto& [group, kinds] : groups.items()) {
    out += (out.empty() ? "" : "\n") + group + "\n";
    for (const Json& kind : kinds) out += text_of(kind);
  }
  print(out);
}

}  // namespace

extern const Command list_command;
const Command list_command = make_command<ListOptions, list_kinds>(
    "list", "List commands, objectives, parametrizations, transforms, formats and operators");

}  // namespace microtome::commands
