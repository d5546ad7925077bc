// SPDX-License-Identifier: Apache-2.0
// Findings (base/finding.h) as rows of tables: each plain value is a cell under its field's name, that of a finding
// within it under both names ("interval_low"), but for a unit's best concept, its measures and a picture's facts, which
// need only their own. Lists have no cell. Nothing is written of what is not known.
#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/finding.h"
#include "microtome/base/json_fwd.h"
#include "microtome/exchange/vocabulary.h"

namespace microtome {

struct Cell {
  std::string column, text;
};

// The fewest digits that bring a number back; labels and categories by the names of the concept set.
template <class T>
std::string cell_text(const T& value, const Vocabulary& names) {
  if constexpr (kIsLabel<T>) {
    return value.value == 0 ? std::string() : names.name(value.value);
  } else if constexpr (kIsCategory<T>) {
    return value.value < 0 ? std::string() : names.category(value.value);
  } else if constexpr (std::is_same_v<T, Sign>) {
    return std::string(1, sign_char(value));
  } else {
    if constexpr (std::is_floating_point_v<T>) {
      if (value != value) return {};
    }
    return fmt::format("{}", value);
  }
}

// Adds the cells of a finding, empty ones where it is null.
template <class T>
void add_cells(std::vector<Cell>& row, const std::string& column, const T* value, const Vocabulary& names) {
  if constexpr (kIsOptional<T>) {
    add_cells<typename T::value_type>(row, column, value && *value ? &**value : nullptr, names);
  } else if constexpr (kIsDocument<T>) {
    using Document = std::remove_cvref_t<decltype(std::declval<T>().value)>;
    add_cells<Document>(row, column, value ? &value->value : nullptr, names);
  } else if constexpr (Finding<T>) {
    const T none{};
    T::fields(value ? *value : none, [&]<class V>(const Field& field, const V& part) {
      const bool nameless = field.name == "best" || field.name == "measures" || kIsDocument<V>;
      const std::string name = nameless ? column : (column.empty() ? "" : column + "_") + std::string(field.name);
      add_cells<V>(row, name, value ? &part : nullptr, names);
    });
  } else if constexpr (!kIsList<T> && !kIsPacked<T> && !std::is_same_v<T, Json>) {
    row.push_back({column, value ? cell_text(*value, names) : ""});
  }
}

}  // namespace microtome
