// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/provenance.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "microtome/base/file.h"
#include "microtome/base/hash.h"

namespace microtome::provenance_internal {
namespace {

// These come last and in this order: runs are found again by their text, which began so.
constexpr std::array<std::string_view, 9> kLast = {
    "units", "seed", "bases", "objective", "variants", "files", "transfer", "transfer_preprocess", "input"};

// The name under which a setting is kept, where it is not the argument's.
std::string key_of(std::string_view name) {
  return std::string(name == "transfer-preprocess" ? "transfer_preprocess" : name);
}

void add_files(std::set<std::string>& files, const Json& value) {
  if (value.is_array()) {
    for (const Json& item : value) add_files(files, item);
  } else if (const auto file = value.get<std::string>(); !file.empty()) {
    files.insert(file);
  }
}

Json in_order(Json settings) {
  for (const std::string_view key : kLast) {
    const auto found = settings.find(std::string(key));
    if (found == settings.end()) continue;
    Json value = std::move(*found);
    settings.erase(found);
    settings[std::string(key)] = std::move(value);
  }
  return settings;
}

}  // namespace

void Collector::add(const Field& field, const Json& value, const Json& usual) {
  const std::string key = key_of(field.name);
  if (known_.elsewhere.contains(key)) return;
  const bool reads = field.role == Role::kFile || (field.role == Role::kNetwork && !known_.values.contains(key));
  if (reads) add_files(known_.files, value);
  if (field.role == Role::kSetting && !known_.values.contains(key) && value != usual) known_.values[key] = value;
}

Json Collector::finish() && {
  Json& files = known_.values["files"] = Json::object();
  for (const std::string& file : known_.files) files[file] = sha256_hex(read_file(file));
  if (files.empty()) known_.values.erase("files");
  return in_order(std::move(known_.values));
}

Provenance provenance(const std::string& stage, const Source& source, const std::string& data_hash, Json settings,
                      const std::string& command) {
  const Preprocessing& input = source.preprocessing;
  settings["input"] = {{"side", input.side}, {"low", input.low},       {"high", input.high},
                       {"mean", input.mean}, {"std", input.deviation}, {"bgr", input.bgr}};
  Provenance provenance;
  provenance.stage = stage;
  provenance.version = MICROTOME_VERSION;
  provenance.network_hash = source.network.facts().hash;
  provenance.data_hash = data_hash;
  provenance.settings = std::move(settings);
  provenance.command = command;
  return provenance;
}

}  // namespace microtome::provenance_internal
