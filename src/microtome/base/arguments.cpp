// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/base/nearest.h"

namespace microtome {
namespace {

// In the order of Role.
constexpr std::array<std::string_view, 8> kRoles = {"setting", "speed",    "subject", "file",
                                                    "network", "concepts", "atlas",   "out"};

std::vector<std::string> choices_of(const Field& field) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= field.choices.size();) {
    const size_t end = std::min(field.choices.find('|', begin), field.choices.size());
    out.emplace_back(field.choices.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

[[noreturn]] void refuse_argument(const Field& field, std::string what) {
  throw Error(ErrorKind::kUsage, std::string(field.name), std::move(what), std::string(field.help));
}

[[noreturn]] void wrong_type(const Field& field, const Json& given, std::string_view expected) {
  refuse_argument(field, fmt::format("{} is not {}", given.dump(), expected));
}

void check_range(const Field& field, double value) {
  if (value >= field.min && value <= field.max) return;  // NaN fails both.
  refuse_argument(field, fmt::format("{} is outside {}..{}", value, field.min, field.max));
}

}  // namespace

std::string_view name_of(Role role) { return kRoles[static_cast<size_t>(role)]; }

Field field_of(const Json& argument) {
  const auto text = [&](const char* key) -> std::string_view {
    const auto found = argument.find(key);
    return found == argument.end() ? std::string_view() : found->get_ref<const std::string&>();
  };
  Field field{.name = text("name"), .help = text("help")};
  field.min = argument.value("min", field.min);
  field.max = argument.value("max", field.max);
  field.role = static_cast<Role>(std::find(kRoles.begin(), kRoles.end(), text("role")) - kRoles.begin());
  field.positional = argument.value("positional", false);
  field.required = argument.value("required", false);
  field.choices = text("choices");
  return field;
}

void check_choice(const Field& field, const std::string& text) {
  if (field.choices.empty()) return;
  const std::vector<std::string> known = choices_of(field);
  if (std::find(known.begin(), known.end(), text) != known.end()) return;
  throw Error(ErrorKind::kUsage, std::string(field.name), fmt::format("there is no \"{}\"", text),
              fmt::format("nearest: \"{}\"", nearest_name(text, known)));
}

namespace arguments_internal {

Json describe(const Field& field, std::string_view type, std::string_view items, Json value) {
  Json row = {{"name", field.name}, {"type", type}};
  if (!items.empty()) row["items"] = items;
  row["default"] = std::move(value);
  row["help"] = field.help;
  row["role"] = name_of(field.role);
  if (field.min != -std::numeric_limits<double>::infinity()) row["min"] = field.min;
  if (field.max != std::numeric_limits<double>::infinity()) row["max"] = field.max;
  if (field.positional) row["positional"] = true;
  if (field.required) row["required"] = true;
  if (!field.choices.empty()) row["choices"] = field.choices;
  return row;
}

void take(const Field& field, const Json& given, bool& value) {
  if (!given.is_boolean()) wrong_type(field, given, "true or false");
  value = given.get<bool>();
}
void take(const Field& field, const Json& given, int64_t& value) {
  const bool fits = given.is_number_integer() &&
                    (!given.is_number_unsigned() || given.get<uint64_t>() <= std::numeric_limits<int64_t>::max());
  if (!fits) wrong_type(field, given, "a whole number");
  value = given.get<int64_t>();
  check_range(field, static_cast<double>(value));
}
void take(const Field& field, const Json& given, int& value) {
  int64_t wide = 0;
  take(field, given, wide);
  if (wide != static_cast<int>(wide)) wrong_type(field, given, "a whole number of 32 bits");
  value = static_cast<int>(wide);
}
void take(const Field& field, const Json& given, uint64_t& value) {
  const bool fits = given.is_number_unsigned() || (given.is_number_integer() && given.get<int64_t>() >= 0);
  if (!fits) wrong_type(field, given, "a whole number from 0");
  value = given.get<uint64_t>();
  check_range(field, static_cast<double>(value));
}
void take(const Field& field, const Json& given, double& value) {
  if (!given.is_number()) wrong_type(field, given, "a number");
  value = given.get<double>();
  check_range(field, value);
}
void take(const Field& field, const Json& given, std::string& value) {
  if (!given.is_string()) wrong_type(field, given, "a text");
  value = given.get<std::string>();
  check_choice(field, value);
}

void check_list(const Field& field, const Json& given) {
  if (!given.is_array()) wrong_type(field, given, "a list");
  if (field.required && given.empty()) missing(field);
}

void check_object(const Json& request) {
  if (!request.is_object()) throw Error(ErrorKind::kUsage, "request", "is not a JSON object");
}

void check_known(const Json& request, const std::vector<std::string>& known) {
  for (const auto& item : request.items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
    throw Error(ErrorKind::kUsage, "request", fmt::format("there is no argument \"{}\"", item.key()),
                known.empty() ? "it takes none" : fmt::format("nearest: \"{}\"", nearest_name(item.key(), known)));
  }
}

void missing(const Field& field) {
  throw Error(ErrorKind::kUsage, std::string(field.name), "is required", std::string(field.help));
}

}  // namespace arguments_internal
}  // namespace microtome
