// SPDX-License-Identifier: Apache-2.0
// The fields of a struct (field.h) as plain values, for those who need not know its type: texts of kinds, catalogues.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "microtome/base/field.h"
#include "microtome/base/json_fwd.h"

namespace microtome {

using FieldValue = std::variant<bool, int64_t, uint64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                                std::vector<std::string>>;

struct FieldEntry {
  Field field;
  std::string_view type;  // type_name()
  FieldValue value;
};

namespace field_value_internal {
// Apart from the template, so that who visits a struct compiles no variants.
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, bool value);
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, int64_t value);
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, uint64_t value);
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, double value);
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, const std::string& value);
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type,
         const std::vector<int64_t>& value);
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, const std::vector<double>& value);
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type,
         const std::vector<std::string>& value);
}  // namespace field_value_internal

// Of a struct, in declaration order.
template <class Settings>
std::vector<FieldEntry> field_entries(const Settings& settings) {
  std::vector<FieldEntry> entries;
  Settings::fields(settings, [&](const Field& field, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<T, int>)
      field_value_internal::add(entries, field, type_name<T>(), int64_t{value});
    else
      field_value_internal::add(entries, field, type_name<T>(), value);
  });
  return entries;
}

// Of a struct as it is when nothing is said.
template <class Settings>
std::vector<FieldEntry> default_fields() {
  return field_entries(Settings{});
}

Json to_json(const FieldValue& value);
// What `microtome list` and the docs say of a struct: [{name, type, default, help, min?, max?}], the values taken for
// defaults.
Json describe_fields(const std::vector<FieldEntry>& entries);

}  // namespace microtome
