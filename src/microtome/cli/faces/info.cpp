// SPDX-License-Identifier: Apache-2.0
// The layers of a network as a table.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string times(const Json& list) {
  std::string out;
  for (const Json& item : list) out += (out.empty() ? "" : "x") + item.dump();
  return out;
}

std::string info_text(const Json& info, const Json&, int width) {
  const Json& network = info["network"];
  const Json& input = network["input"];
  std::string out = fmt::format(
      "{} ({}), input {}x{}x{}, {} range {}..{}, preprocessing {}\n\n", network["name"].get<std::string>(),
      network["format"].get<std::string>(), input["channels"].get<int64_t>(), input["height"].get<int64_t>(),
      input["width"].get<int64_t>(), input["order"].get<std::string>(), input["range"][0].get<double>(),
      input["range"][1].get<double>(), input["preprocess"].get<std::string>());
  for (const Json& note : network["notes"]) out += fmt::format("note: {}\n", note.get<std::string>());
  if (!network["notes"].empty()) out += "\n";
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
