// SPDX-License-Identifier: Apache-2.0
// JSON values, and structs with fields() as JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "microtome/base/field.h"
#include "microtome/base/json_fwd.h"

namespace microtome {

// Values of a settings struct by name, in declaration order. Types: bool, integers, double, std::string and vectors of
// these.
template <class Settings>
Json to_json(const Settings& settings) {
  Json out = Json::object();
  Settings::fields(settings, [&](const Field& field, const auto& value) { out[std::string(field.name)] = value; });
  return out;
}

}  // namespace microtome
