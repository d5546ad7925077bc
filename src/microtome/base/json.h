// SPDX-License-Identifier: Apache-2.0
// JSON values, and structs with fields() as JSON.
#pragma once
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

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

// What `microtome list` and the docs say of a struct: [{name, type, default, help, min?, max?}].
template <class Settings>
Json describe_settings() {
  Json out = Json::array();
  Settings defaults;
  Settings::fields(defaults, [&](const Field& field, auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    Json row = {{"name", field.name}, {"type", type_name<T>()}, {"default", value}, {"help", field.help}};
    if (field.min != -std::numeric_limits<double>::infinity()) row["min"] = field.min;
    if (field.max != std::numeric_limits<double>::infinity()) row["max"] = field.max;
    out.push_back(std::move(row));
  });
  return out;
}

}  // namespace microtome
