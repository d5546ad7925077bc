// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/field_value.h"

#include <limits>

#include "microtome/base/json.h"

namespace microtome {

namespace field_value_internal {
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, bool value) {
  entries.push_back({field, type, FieldValue(value)});
}
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, int64_t value) {
  entries.push_back({field, type, FieldValue(value)});
}
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, uint64_t value) {
  entries.push_back({field, type, FieldValue(value)});
}
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, double value) {
  entries.push_back({field, type, FieldValue(value)});
}
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type, const std::string& value) {
  entries.push_back({field, type, FieldValue(value)});
}
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type,
         const std::vector<int64_t>& value) {
  entries.push_back({field, type, FieldValue(value)});
}
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type,
         const std::vector<double>& value) {
  entries.push_back({field, type, FieldValue(value)});
}
void add(std::vector<FieldEntry>& entries, const Field& field, std::string_view type,
         const std::vector<std::string>& value) {
  entries.push_back({field, type, FieldValue(value)});
}
}  // namespace field_value_internal

Json to_json(const FieldValue& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

Json describe_fields(const std::vector<FieldEntry>& entries) {
  Json out = Json::array();
  for (const auto& [field, type, value] : entries) {
    Json row = {{"name", field.name}, {"type", type}, {"default", to_json(value)}, {"help", field.help}};
    if (field.min != -std::numeric_limits<double>::infinity()) row["min"] = field.min;
    if (field.max != std::numeric_limits<double>::infinity()) row["max"] = field.max;
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace microtome
