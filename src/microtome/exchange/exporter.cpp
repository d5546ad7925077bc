// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/exporter.h"

#include <fmt/format.h>

#include "microtome/base/arguments.h"
#include "microtome/base/error.h"

namespace microtome {
namespace {

// The request's values of an exporter's settings.
Json settings_in(const Json& request, const Exporter& exporter) {
  Json out = Json::object();
  for (const Json& setting : exporter.describe ? exporter.describe() : Json::array()) {
    const std::string& name = setting.at("name").get_ref<const std::string&>();
    if (request.contains(name)) out[name] = request.at(name);
  }
  return out;
}

}  // namespace

Json export_arguments(std::span<const Exporter* const> known) {
  Json out = Json::array();
  for (const Exporter* exporter : known) {
    out.push_back({{"name", exporter->name},
                   {"type", "text"},
                   {"default", ""},
                   {"help", exporter->help},
                   {"role", name_of(Role::kOut)}});
    for (Json& setting : exporter->describe ? exporter->describe() : Json::array()) out.push_back(std::move(setting));
  }
  return out;
}

std::vector<std::string> export_atlas(const Atlas& atlas, std::span<const Exporter* const> known, const Json& request,
                                      Reporter& reporter) {
  std::vector<const Exporter*> chosen;
  std::string names;
  for (const Exporter* exporter : known) {
    names += fmt::format("{}`{}`", names.empty() ? "" : ", ", exporter->name);
    if (!request.value(exporter->name, std::string()).empty()) {
      chosen.push_back(exporter);
    } else if (const Json settings = settings_in(request, *exporter); !settings.empty()) {
      throw Error(ErrorKind::kUsage, settings.begin().key(), fmt::format("is for `{}` alone", exporter->name),
                  fmt::format("name `{}`, too", exporter->name));
    }
  }
  if (chosen.empty()) throw Error(ErrorKind::kUsage, "export", "nothing to write", "name at least one of " + names);
  std::vector<std::string> paths;
  for (const Exporter* exporter : chosen) {
    const auto written = exporter->write(atlas, request.at(exporter->name), settings_in(request, *exporter), reporter);
    paths.insert(paths.end(), written.begin(), written.end());
  }
  return paths;
}

}  // namespace microtome
