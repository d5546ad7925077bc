// SPDX-License-Identifier: Apache-2.0
// Parameters declared once: a struct with defaults and one static function that visits its fields.
//
//   struct JitterSettings {
//     int64_t pixels = 8;
//     template <class Self, class Visitor>
//     static void fields(Self& s, Visitor&& field) {
//       field({.name = "pixels", .help = "Largest shift", .min = 0, .max = 512}, s.pixels);
//     }
//   };
//
// The command line, --help, `microtome list`, JSON, provenance and the docs are all visitors of that function.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace microtome {

struct Field {
  std::string_view name;  // As users write it: lower case, words joined by "-".
  std::string_view help;  // One line; the unit of the value if it has one.
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

// Values of a settings struct by name, in declaration order. Types: bool, integers, double, std::string and vectors of
// these.
using Json = nlohmann::ordered_json;

template <class Settings>
Json to_json(const Settings& settings) {
  Json out = Json::object();
  Settings::fields(settings, [&](const Field& field, const auto& value) { out[std::string(field.name)] = value; });
  return out;
}

// What `microtome list` and the docs say of a struct: [{name, type, default, help, min?, max?}].
template <class Settings>
Json describe_settings();

// Sets fields from text ("pixels" -> "8"), for the key=value lists of users. Throws Error(kUsage) with `where` in front
// on an unknown name (with the nearest known one), on text that is not a value of the type, and on a value out of
// range.
template <class Settings>
void assign(Settings& settings, const std::map<std::string, std::string>& values, const std::string& where);

// Throws Error(kUsage) when a numeric field lies outside its range; for values that came by another way than assign().
template <class Settings>
void check_ranges(const Settings& settings, const std::string& where);

namespace params_internal {
void parse(const Field& field, const std::string& text, bool& value, const std::string& where);
void parse(const Field& field, const std::string& text, int64_t& value, const std::string& where);
void parse(const Field& field, const std::string& text, uint64_t& value, const std::string& where);
void parse(const Field& field, const std::string& text, double& value, const std::string& where);
void parse(const Field& field, const std::string& text, std::string& value, const std::string& where);
void check(const Field& field, double value, const std::string& where);
[[noreturn]] void unknown(const std::string& name, const std::vector<std::string>& known, const std::string& where);

inline void parse(const Field& field, const std::string& text, int& value, const std::string& where) {
  int64_t wide = value;
  parse(field, text, wide, where);
  value = static_cast<int>(wide);
}

template <class T>
void parse(const Field& field, const std::string& text, std::vector<T>& value, const std::string& where) {
  value.clear();
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    T item{};
    parse(field, text.substr(begin, end - begin), item, where);
    value.push_back(std::move(item));
    begin = end + 1;
  }
}

// Of a list its items' type, else the type itself.
template <class T>
struct ItemOf {
  using type = T;
};
template <class T>
struct ItemOf<std::vector<T>> {
  using type = T;
};

template <class T>
constexpr std::string_view type_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "flag";
  else if constexpr (std::is_integral_v<T>)
    return "integer";
  else if constexpr (std::is_floating_point_v<T>)
    return "number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "text";
  else
    return "list";
}
}  // namespace params_internal

template <class Settings>
Json describe_settings() {
  Json out = Json::array();
  Settings defaults;
  Settings::fields(defaults, [&](const Field& field, auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    Json row = {
        {"name", field.name}, {"type", params_internal::type_name<T>()}, {"default", value}, {"help", field.help}};
    if (field.min != -std::numeric_limits<double>::infinity()) row["min"] = field.min;
    if (field.max != std::numeric_limits<double>::infinity()) row["max"] = field.max;
    out.push_back(std::move(row));
  });
  return out;
}

template <class Settings>
void assign(Settings& settings, const std::map<std::string, std::string>& values, const std::string& where) {
  std::vector<std::string> known;
  Settings::fields(settings, [&](const Field& field, auto&) { known.emplace_back(field.name); });
  for (const auto& [name, text] : values) {
    bool found = false;
    Settings::fields(settings, [&](const Field& field, auto& value) {
      if (field.name != name) return;
      found = true;
      params_internal::parse(field, text, value, where);
    });
    if (!found) params_internal::unknown(name, known, where);
  }
}

template <class Settings>
void check_ranges(const Settings& settings, const std::string& where) {
  Settings::fields(settings, [&](const Field& field, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      params_internal::check(field, static_cast<double>(value), where);
    }
  });
}

}  // namespace microtome
