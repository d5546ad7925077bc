// SPDX-License-Identifier: Apache-2.0
// Structs with fields() as what can be asked: described for command lines and forms, filled in from a JSON request.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome {

// "setting", "speed", "subject", "file", "network", "concepts", "atlas", "out".
std::string_view name_of(Role role);

// [{name, type, items?, default, help, role, min?, max?, positional?, required?, choices?}], in order of declaration.
// `type` as in type_name(); `items`: the type of a list's items; absent flags are false.
template <class Arguments>
Json describe_arguments();

// A request {"name": value, ...} as a struct; what it leaves out keeps its default. Throws Error(kUsage): naming the
// argument, when a required one is missing, a value is of another type, out of range or none of the choices; naming
// "request", with the nearest known name, when it holds what the struct does not.
template <class Arguments>
Arguments parse_arguments(const Json& request);

// An argument's field again, from its description, which must outlive it.
Field field_of(const Json& argument);
// Throws Error(kUsage) naming the field unless the text is one of its choices, if it has any.
void check_choice(const Field& field, const std::string& text);

namespace arguments_internal {

Json describe(const Field& field, std::string_view type, std::string_view items, Json value);
void take(const Field& field, const Json& given, bool& value);
void take(const Field& field, const Json& given, int& value);
void take(const Field& field, const Json& given, int64_t& value);
void take(const Field& field, const Json& given, uint64_t& value);
void take(const Field& field, const Json& given, double& value);
void take(const Field& field, const Json& given, std::string& value);
void check_list(const Field& field, const Json& given);
void check_object(const Json& request);
void check_known(const Json& request, const std::vector<std::string>& known);
[[noreturn]] void missing(const Field& field);

template <class T>
void take(const Field& field, const Json& given, std::vector<T>& value) {
  check_list(field, given);
  value.clear();
  for (const Json& item : given) take(field, item, value.emplace_back());
}

}  // namespace arguments_internal

template <class Arguments>
Json describe_arguments() {
  Json out = Json::array();
  Arguments defaults;
  Arguments::fields(defaults, [&](Field field, auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    using Item = typename ItemOf<T>::type;
    if constexpr (std::is_unsigned_v<Item> && !std::is_same_v<Item, bool>) field.min = std::max(field.min, 0.0);
    const std::string_view items = std::is_same_v<T, Item> ? std::string_view() : type_name<Item>();
    out.push_back(arguments_internal::describe(field, type_name<T>(), items, value));
  });
  return out;
}

template <class Arguments>
Arguments parse_arguments(const Json& request) {
  arguments_internal::check_object(request);
  Arguments out;
  std::vector<std::string> known;
  Arguments::fields(out, [&](const Field& field, auto& value) {
    known.emplace_back(field.name);
    const auto given = request.find(known.back());
    if (given != request.end())
      arguments_internal::take(field, *given, value);
    else if (field.required)
      arguments_internal::missing(field);
  });
  arguments_internal::check_known(request, known);
  return out;
}

}  // namespace microtome
