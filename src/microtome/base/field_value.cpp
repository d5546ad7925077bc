// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/field_value.h"

#include <limits>

#include "microtome/base/json.h"

namespace microtome {

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
