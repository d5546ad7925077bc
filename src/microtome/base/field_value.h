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

// Of a struct, in declaration order.
template <class Settings>
std::vector<FieldEntry> field_entries(const Settings& settings) {
  std::vector<FieldEntry> entries;
  Settings::fields(settings, [&](const Field& field, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<T, int>)
      entries.push_back({field, type_name<T>(), int64_t{value}});
    else
      entries.push_back({field, type_name<T>(), value});
  });
  return entries;
}

// Of a struct as it is when nothing is said.
template <class Settings>
std::vector<FieldEntry> default_fields() {
  return field_entries(Settings{});
}

Json to_json(const FieldValue& value);
// As describe_settings(): [{name, type, default, help, min?, max?}], the values taken for defaults.
Json describe_fields(const std::vector<FieldEntry>& entries);

}  // namespace microtome
