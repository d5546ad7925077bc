// SPDX-License-Identifier: Apache-2.0
// Findings (base/finding.h) as JSON for readers: in the order of their fields, unknown numbers as null, absent optional
// findings and empty lists left out, 32-bit numbers with the digits that bring them back.
#pragma once
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <string>

#include "microtome/base/finding.h"
#include "microtome/base/finding_document.h"
#include "microtome/base/json.h"
#include "microtome/exchange/vocabulary.h"

namespace microtome {

struct JsonStyle {
  const Vocabulary* names = nullptr;  // For labels and categories; without it their numbers.
  bool rounded = false;               // Doubles to six decimals: more is not shown.
};

// The double with the fewest digits that is nearest to this float: 0.1f as 0.1, not as 0.10000000149011612.
inline double short_double(float value) {
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  double wide = value;  // Kept for infinities and NaN, which from_chars reads too.
  std::from_chars(text, end, wide);
  return wide;
}

inline Json number_json(float value) { return std::isfinite(value) ? Json(short_double(value)) : Json(nullptr); }
inline Json number_json(double value, const JsonStyle& style = {}) {
  if (!std::isfinite(value)) return nullptr;
  return style.rounded ? std::round(value * 1e6) / 1e6 : value;
}

template <Finding T>
Json finding_json(const T& finding, const JsonStyle& style = {});

template <class T>
Json value_json(const T& value, const JsonStyle& style) {
  if constexpr (Finding<T>) {
    return finding_json(value, style);
  } else if constexpr (kIsDocument<T>) {
    return document_of(value.value);
  } else if constexpr (kIsPacked<T>) {
    return value_json(value.value, style);
  } else if constexpr (kIsOptional<T>) {
    return value ? value_json(*value, style) : Json(nullptr);
  } else if constexpr (kIsList<T>) {
    Json out = Json::array();
    for (const auto& item : value) out.push_back(value_json(item, style));
    return out;
  } else if constexpr (kIsLabel<T>) {
    if (style.names == nullptr) return value.value;
    return value.value != 0 ? Json(style.names->display_name(value.value)) : Json(nullptr);
  } else if constexpr (kIsCategory<T>) {
    if (style.names == nullptr) return value.value;
    return value.value >= 0 ? Json(style.names->category(value.value)) : Json(nullptr);
  } else if constexpr (std::is_same_v<T, float>) {
    return number_json(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return number_json(value, style);
  } else if constexpr (std::is_same_v<T, Sign>) {
    return static_cast<int>(value);
  } else {
    return value;
  }
}

namespace finding_internal {
template <class T>
inline constexpr bool kMayLack = false;  // Left out where there is none.
template <Finding T>
inline constexpr bool kMayLack<std::optional<T>> = true;
template <Finding T>
inline constexpr bool kMayLack<std::vector<T>> = true;

template <class T>
bool lacks(const std::optional<T>& value) {
  return !value.has_value();
}
template <class T>
bool lacks(const std::vector<T>& value) {
  return value.empty();
}
}  // namespace finding_internal

// Only the fields of these names, in their order.
template <Finding T>
Json finding_json(const T& finding, const JsonStyle& style, std::initializer_list<std::string_view> names) {
  Json out = Json::object();
  for (const std::string_view name : names) {
    T::fields(finding, [&]<class V>(const Field& field, const V& value) {
      if (field.name != name) return;
      if constexpr (finding_internal::kMayLack<V>) {
        if (finding_internal::lacks(value)) return;
      }
      out[std::string(name)] = value_json(value, style);
    });
  }
  return out;
}

template <Finding T>
Json finding_json(const T& finding, const JsonStyle& style) {
  Json out = Json::object();
  T::fields(finding, [&]<class V>(const Field& field, const V& value) {
    if constexpr (finding_internal::kMayLack<V>) {
      if (finding_internal::lacks(value)) return;
    }
    out[std::string(field.name)] = value_json(value, style);
  });
  return out;
}

// The steps of a picture's frames.
Json steps_json(const AtlasPicture& picture);

// Fields of a count, with categories by name: {"units", "detectors", "unique", "unique_by_category", "by_category":
// {CATEGORY: {"detectors", "unique"}}}.
Json count_json(const DetectorCount& count, const std::vector<std::string>& categories);

// What is said of a unit beside its best concept: {"verdict", "measures"} and, where known, "held_out", "interval",
// "significance", "tails", "formulas", "ranges", "selfcheck".
Json statistics_json(const UnitDissection& unit, const JsonStyle& style);

}  // namespace microtome
