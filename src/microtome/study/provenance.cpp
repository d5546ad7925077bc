// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/provenance.h"

#include <ATen/Version.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "microtome/base/file.h"
#include "microtome/base/hash.h"
#include "microtome/fetch/cache.h"
#include "microtome/network/bases/file.h"

namespace microtome {

void warn_of_other_instructions(const Atlas& atlas, int64_t run, const Provenance& now, Reporter& reporter) {
  for (const Provenance& stored : atlas.runs()) {
    if (stored.id != run) continue;
    const auto begun = stored.settings.value(kInstructions, ""), here = now.settings.value(kInstructions, "");
    if (begun.empty() || begun == here) continue;
    reporter.warn(
        fmt::format("this {} was begun with the processor's {} instructions and goes on with {}: what is added may "
                    "differ in its last bits, pictures in their bytes",
                    stored.stage == "dissect" ? "dissection" : "run", begun, here));
  }
}

namespace provenance_internal {
namespace {

// These come last and in this order, as in the descriptions of older pictures.
constexpr std::array<std::string_view, 8> kLast = {"seed",     "objective",           "variants", "files",
                                                   "transfer", "transfer_preprocess", "input",    kInstructions};

// The name under which a setting is kept, where it is not the argument's.
std::string key_of(std::string_view name) {
  return std::string(name == "transfer-preprocess" ? "transfer_preprocess" : name);
}

void add_files(std::set<std::string>& files, const Json& value, bool networks) {
  if (value.is_array()) {
    for (const Json& item : value) add_files(files, item, networks);
  } else if (const auto file = value.get<std::string>(); !file.empty()) {
    files.insert(networks ? network_path(file) : file);
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
  if (reads) add_files(known_.files, value, field.role == Role::kNetwork);
  if (field.role == Role::kSetting && !known_.values.contains(key) && value != usual) known_.values[key] = value;
}

void Collector::add_basis(const std::string& basis) {
  if (names_basis_file(basis)) known_.files.insert(basis_file(basis));
}

Json Collector::finish() && {
  std::set<std::pair<std::string, std::string>> found;  // by name and content, wherever they lie
  for (const std::string& file : known_.files) {
    found.emplace(std::filesystem::path(file).filename().string(), sha256_hex(read_file(file)));
  }
  Json files = Json::object();
  for (const auto& [name, hash] : found) {
    std::string key = name;
    for (int more = 2; files.contains(key); ++more) key = name + " " + std::to_string(more);
    files[key] = hash;
  }
  if (!files.empty()) known_.values["files"] = std::move(files);
  return in_order(std::move(known_.values));
}

std::string instructions() {
  constexpr std::string_view kBefore = "CPU capability usage: ";
  const std::string config = at::show_config();
  const size_t found = config.find(kBefore);
  if (found == std::string::npos) return "unknown";
  const size_t begin = found + kBefore.size();
  return config.substr(begin, std::min(config.find('\n', begin), config.size()) - begin);
}

Json input_of(const Source& source) {
  const Preprocessing& input = source.preprocessing;
  Json described = {{"side", input.side}, {"low", input.low},       {"high", input.high},
                    {"mean", input.mean}, {"std", input.deviation}, {"bgr", input.bgr}};
  for (const HeldInput& held : source.network.facts().input.held) {
    if (held.given) described["held"][held.name] = held.value;
  }
  return described;
}

}  // namespace provenance_internal
}  // namespace microtome
