// SPDX-License-Identifier: Apache-2.0
// Settings (field.h) from text, and checks of their ranges.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "microtome/base/field.h"

namespace microtome {

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

}  // namespace params_internal

template <class Settings>
void assign(Settings& settings, const std::map<std::string, std::string>& values, const std::string& where) {
  std::vector<std::string> known;
  Settings::fields(settings, [&](const Field& field, auto&) { known.emplace_back(field.name); });
  for (const auto& given : values) {
    bool found = false;
    Settings::fields(settings, [&](const Field& field, auto& value) {
      if (field.name != given.first) return;
      found = true;
      params_internal::parse(field, given.second, value, where);
    });
    if (!found) params_internal::unknown(given.first, known, where);
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
