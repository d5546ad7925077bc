// SPDX-License-Identifier: Apache-2.0
// The layers of a network as a table.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/base/plain_text.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string times(const Json& list) {
  std::string out;
  for (const Json& item : list) out += (out.empty() ? "" : "x") + item.dump();
  return out;
}

std::string list_of(const Json& lengths) {
  std::string out;
  for (const Json& length : lengths) out += (out.empty() ? "" : ",") + (length == -1 ? "?" : length.dump());
  return "[" + out + "]";
}

std::string word_of(const Json& json) { return json.get<std::string>(); }

// What the network is given, and what the file has where that is laid out otherwise.
std::string text_of_input(const Json& input) {
  const Json& shape = input["shape"];
  std::string out = "input " + (shape.size() == 4 ? times(Json(shape.begin() + 1, shape.end())) : list_of(shape));
  if (input["tokens"].get<bool>()) return out + " of whole numbers (tokens)";
  if (input["channels_last"].get<bool>())
    out += fmt::format(" (channels last in the file: {})", list_of(input["file_shape"]));
  if (input["type"] != "float32") out += " of " + word_of(input["type"]);
  if (shape.size() != 4) return out;
  return out +
         fmt::format(
             ", {} range {}..{}, preprocessing {}{}", word_of(input["order"]), input["range"][0].get<double>(),
             input["range"][1].get<double>(), word_of(input["preprocess"]),
             input["guessed"].get<bool>() ? " (guessed: the file does not say; --preprocess or --range does)" : "");
}

std::string info_text(const Json& info, const Json&, int width) {
  const Json& network = info["network"];
  std::string out = fmt::format("{} ({}), {}\n", one_line(word_of(network["name"])), word_of(network["format"]),
                                text_of_input(network["input"]));
  for (const Json& held : network["input"]["held"]) {
    const std::string name = one_line(word_of(held["name"]));
    out +=
        fmt::format("input {} {} {} is held at {}{}\n", name, list_of(held["shape"]), word_of(held["type"]),
                    one_line(word_of(held["value"])),
                    held["given"].get<bool>() ? "" : fmt::format("; --input {}=VALUE or FILE.npy changes that", name));
  }
  if (network["outputs"].size() > 1) {
    for (const Json& output : network["outputs"]) {
      out += fmt::format("output {} {}\n", one_line(word_of(output["name"])), list_of(output["shape"]));
    }
  }
  for (const Json& note : network["notes"]) out += fmt::format("note: {}\n", note.get<std::string>());
  out += "\n";
  TextTable table;
  for (const char* heading : {"layer", "alias"}) table.add_column(heading, TextTable::Align::kLeft, true);
  table.add_column("op", TextTable::Align::kLeft);
  for (const char* heading : {"shape", "sees, px", "step", "MACs up to here"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  for (const Json& layer : info["layers"]) {
    const Json& field = layer["receptive_field"];
    table.add_row({layer["name"], layer["aliases"].empty() ? "" : layer["aliases"][0].get<std::string>(), layer["op"],
                   times(layer["shape"]), times(field["size"]), times(field["step"]),
                   fmt::format("{:.1f} %", 100 * layer["macs_share"].get<double>())});
  }
  return out + table.render(width);
}

}  // namespace

extern const Face info_face;
const Face info_face{"info", info_text};

}  // namespace microtome::faces
