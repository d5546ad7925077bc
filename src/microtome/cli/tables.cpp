// SPDX-License-Identifier: Apache-2.0
#include "microtome/cli/tables.h"

#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"

namespace microtome::commands {
namespace {

constexpr auto kLeft = TextTable::Align::kLeft;
constexpr auto kRight = TextTable::Align::kRight;

std::string joined(const Json& list, std::string_view separator) {
  std::string out;
  for (const Json& item : list) {
    if (!out.empty()) out += separator;
    out += item.is_string() ? item.get<std::string>() : item.dump();
  }
  return out;
}

std::string duration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 7200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace

std::string network_table(const Json& info, int width) {
  const Json& network = info["network"];
  const Json& input = network["input"];
  std::string out = fmt::format(
      "{} ({}), input {}x{}x{}, {} range {}..{}, preprocessing {}\n\n", network["name"].get<std::string>(),
      network["format"].get<std::string>(), input["channels"].get<int64_t>(), input["height"].get<int64_t>(),
      input["width"].get<int64_t>(), input["order"].get<std::string>(), input["range"][0].get<double>(),
      input["range"][1].get<double>(), input["preprocess"].get<std::string>());
  TextTable table;
  table.add_column("layer", kLeft, true);
  table.add_column("alias", kLeft, true);
  table.add_column("op", kLeft);
  table.add_column("shape", kRight);
  table.add_column("sees, px", kRight);
  table.add_column("step", kRight);
  table.add_column("MACs up to here", kRight);
  for (const Json& layer : info["layers"]) {
    const Json& field = layer["receptive_field"];
    table.add_row({layer["name"], layer["aliases"].empty() ? "" : layer["aliases"][0].get<std::string>(), layer["op"],
                   joined(layer["shape"], "x"), joined(field["size"], "x"), joined(field["step"], "x"),
                   fmt::format("{:.1f} %", 100 * layer["macs_share"].get<double>())});
  }
  return out + table.render(width);
}

std::string classes_table(const Json& answer) {
  std::string out;
  for (const Json& image : answer["images"]) {
    out += image["file"].get<std::string>() + "\n";
    for (const Json& guess : image["top"]) {
      out +=
          fmt::format("  {:5.1f} %  {:>5}  {}\n", 100 * guess["probability"].get<double>(),
                      guess["index"].get<int64_t>(), guess["label"].is_null() ? "" : guess["label"].get<std::string>());
    }
  }
  return out;
}

std::string plan_table(const Json& plan, int width) {
  TextTable table;
  table.add_column("layer", kLeft, true);
  for (const char* heading : {"pictures", "made already", "each", "all"}) table.add_column(heading, kRight);
  for (const Json& layer : plan["layers"]) {
    const std::string name = layer["layer"];
    const bool open = layer["done"] < layer["pictures"];
    table.add_row({name.empty() ? "of no single unit" : name, layer["pictures"].dump(), layer["done"].dump(),
                   open ? duration(layer["seconds_each"]) : "", open ? duration(layer["seconds"]) : ""});
  }
  const int64_t total = plan["pictures"], done = plan["done"];
  return table.render(width) +
         fmt::format(
             "\n{} pictures of {} x {} pixels, {} steps each; {} to make: about {} on {} threads, {:.1f} MB in the "
             "atlas\n",
             total, plan["size"].get<int64_t>(), plan["size"].get<int64_t>(), plan["steps"].get<int64_t>(),
             total - done, duration(plan["seconds"]), plan["threads"].get<int>(),
             static_cast<double>(plan["bytes"].get<int64_t>()) / 1e6);
}

std::string kinds_table(const Json& catalogue) {
  std::string out;
  for (const auto& [group, kinds] : catalogue.items()) {
    if (!out.empty()) out += "\n";
    out += group + "\n";
    for (const Json& kind : kinds) {
      const std::string name = kind["name"];
      if (kind.contains("operators")) {
        out += fmt::format("  {:<16} {}\n", name, joined(kind["operators"], " "));
        continue;
      }
      out += fmt::format("  {:<16} {}\n", name, kind["summary"].get<std::string>());
      if (kind.contains("text")) out += fmt::format("  {:<16} = {}\n", "", kind["text"].get<std::string>());
      for (const Json& parameter : kind.value("parameters", Json::array())) {
        out += fmt::format("  {:<16}   {} = {}: {}\n", "", parameter["name"].get<std::string>(),
                           parameter["default"].dump(), parameter["help"].get<std::string>());
      }
    }
  }
  return out;
}

}  // namespace microtome::commands
