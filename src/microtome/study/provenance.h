// SPDX-License-Identifier: Apache-2.0
// What names a run: all that moves a number, found by the roles of a request's fields (base/field.h).
#pragma once
#include <set>
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/base/field.h"
#include "microtome/base/json.h"
#include "microtome/base/reporter.h"
#include "microtome/study/source.h"

namespace microtome {

// What a stage knows better than its request.
struct KnownSettings {
  Json values = Json::object();     // by name, in place of what the request says; written also where it is usual
  std::set<std::string> files;      // further ones that move numbers
  std::set<std::string> elsewhere;  // fields that the provenance names in another place
};

// The names of a struct's fields.
template <class T>
std::set<std::string> fields_of() {
  std::set<std::string> names;
  T defaults;
  T::fields(defaults, [&](const Field& field, const auto&) { names.emplace(field.name); });
  return names;
}

// The settings of a request: the known values; every other kSetting that differs from its default, by value; every file
// that is read, kFile or kNetwork, and those of bases, by name without folder and content under "files". kSpeed,
// kSubject and kOut never enter; concept sets and atlases have their own place in a Provenance. The order of the keys
// does not depend on who knew them.
template <class Request>
Json settings_of(const Request& request, KnownSettings known);

// The same with how pictures become input, in place of the words for it, and the processor's instructions in use, which
// are no part of a run's key.
template <class Request>
Json settings_of(const Request& request, const Source& source, KnownSettings known);

// Every kSetting of a struct by value, and each file that is not given as an empty text, for KnownSettings::values.
template <class Settings>
Json all_settings(const Settings& settings);

// The name of a stage's run. data_hash: of the concept set, empty without one.
template <class Request>
Provenance make_provenance(const std::string& stage, const Source& source, const Request& request,
                           const std::string& data_hash, KnownSettings known);

// Warns when the stored run was begun with other instructions of the processor than this one: what is added may differ
// in its last bits.
void warn_of_other_instructions(const Atlas& atlas, int64_t run, const Provenance& now, Reporter& reporter);

namespace provenance_internal {

class Collector {
 public:
  explicit Collector(KnownSettings known) : known_(std::move(known)) {}
  void add(const Field& field, const Json& value, const Json& usual);
  void add_basis(const std::string& basis);
  Json finish() &&;

 private:
  KnownSettings known_;
};

Json input_of(const Source& source);
std::string instructions();  // Of the kernels that libtorch chose: "AVX2".

}  // namespace provenance_internal

template <class Request>
Json settings_of(const Request& request, KnownSettings known) {
  provenance_internal::Collector collector(std::move(known));
  const Json usual = to_json(Request());
  Request::fields(request, [&](const Field& field, const auto& value) {
    collector.add(field, value, usual[std::string(field.name)]);
  });
  if constexpr (requires { request.basis; }) collector.add_basis(request.basis);
  if constexpr (requires { request.bases; }) {
    for (const std::string& basis : request.bases) collector.add_basis(basis);
  }
  return std::move(collector).finish();
}

template <class Request>
Json settings_of(const Request& request, const Source& source, KnownSettings known) {
  known.elsewhere = fields_of<NetworkArguments>();
  known.values["input"] = provenance_internal::input_of(source);
  known.values[kInstructions] = provenance_internal::instructions();
  return settings_of(request, std::move(known));
}

template <class Settings>
Json all_settings(const Settings& settings) {
  Json out = Json::object();
  Settings::fields(settings, [&](const Field& field, const auto& value) {
    if (field.role == Role::kSetting || (field.role == Role::kFile && Json(value) == ""))
      out[std::string(field.name)] = value;
  });
  return out;
}

template <class Request>
Provenance make_provenance(const std::string& stage, const Source& source, const Request& request,
                           const std::string& data_hash, KnownSettings known) {
  return {stage,
          MICROTOME_VERSION,
          source.network.facts().hash,
          data_hash,
          settings_of(request, source, std::move(known)),
          request.command};
}

}  // namespace microtome
