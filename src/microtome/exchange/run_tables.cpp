// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/run_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"

namespace microtome {
std::map<int64_t, std::string> differing_settings(const Atlas& atlas) {
  const std::vector<Provenance> runs = atlas.runs();
  std::map<int64_t, std::string> out;
  for (const Provenance& run : runs) {
    std::vector<std::string> texts;
    for (const auto& setting : run.settings.items()) {
      const Json& value = setting.value();
      const auto differs = [&](const Provenance& other) {
        const auto found = other.settings.find(setting.key());
        return other.stage == run.stage && (found == other.settings.end() || *found != value);
      };
      if (std::ranges::none_of(runs, differs)) continue;
      texts.push_back(fmt::format("{} {}", setting.key(), value.is_string() ? value.get<std::string>() : value.dump()));
    }
    out[run.id] = fmt::format("{}", fmt::join(texts, ", "));
  }
  return out;
}

Json runs_json(const Atlas& atlas) {
  std::map<int64_t, Json> rows;
  for (const Provenance& run : atlas.runs()) {
    rows[run.id] = {
        {"run", run.id},          {"stage", run.stage},         {"version", run.version}, {"settings", run.settings},
        {"command", run.command}, {"dissected", Json::array()}, {"pictures", 0},          {"shown_pictures", 0}};
  }
  const auto count = [&](const char* name, const std::vector<AtlasPicture>& pictures) {
    for (const AtlasPicture& picture : pictures) {
      Json& row = rows[picture.run];
      row[name] = row.value(name, int64_t{0}) + 1;
    }
  };
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    bool shown = true;
    for (const auto& one : atlas.dissections(layer.name)) {
      rows[one.run]["dissected"].push_back({{"layer", layer.name}, {"units", one.held}, {"shown", shown}});
      shown = false;
    }
    count("pictures", atlas.pictures_of_runs(layer.name, -1, Detail::kBrief));
    count("shown_pictures", atlas.pictures(layer.name, -1, Detail::kBrief));
  }
  count("shown_pictures", atlas.visualizations(Detail::kBrief));
  Json out = Json::array();
  for (auto& [run, row] : rows) out.push_back(std::move(row));
  return out;
}

std::string runs_table(const Atlas& atlas, int width) {
  const Json runs = runs_json(atlas);
  const std::map<int64_t, std::string> settings = differing_settings(atlas);
  TextTable table;
  table.add_column("run", TextTable::Align::kRight);
  table.add_column("stage", TextTable::Align::kLeft);
  for (const char* heading : {"layers", "units", "pictures", "shown"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  table.add_column("what differs", TextTable::Align::kLeft, true);
  for (const Json& run : runs) {
    int64_t units = 0, shown = run["shown_pictures"];
    for (const Json& layer : run["dissected"]) {
      units += layer["units"].get<int64_t>();
      if (layer["shown"]) shown += layer["units"].get<int64_t>();
    }
    table.add_row({run["run"].dump(), run["stage"].get<std::string>(), std::to_string(run["dissected"].size()),
                   std::to_string(units), run["pictures"].dump(), std::to_string(shown), settings.at(run["run"])});
  }
  return table.render(width);
}

std::string other_findings_text(const Atlas& atlas) {
  std::string out;
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    std::set<int64_t> runs;
    const auto all = atlas.dissections(layer.name);
    for (size_t i = 1; i < all.size(); ++i) runs.insert(all[i].run);
    const auto shown = atlas.pictures(layer.name, -1, Detail::kBrief),
               every = atlas.pictures_of_runs(layer.name, -1, Detail::kBrief);
    std::set<int64_t> ids;
    for (const AtlasPicture& picture : shown) ids.insert(picture.id);
    for (const AtlasPicture& picture : every) {
      if (!ids.contains(picture.id)) runs.insert(picture.run);
    }
    if (runs.empty()) continue;
    out += fmt::format("{}: run {} found more with other settings\n", layer.name, fmt::join(runs, ", "));
  }
  return out;
}

}  // namespace microtome
