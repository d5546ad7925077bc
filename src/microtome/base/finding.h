// SPDX-License-Identifier: Apache-2.0
// What is found, declared once: a finding is a struct of plain values with fields() (field.h). Beside numbers and texts
// a field may be a sign, a finding, an optional one, a list of them, or one of the marked values below. Columns of SQL,
// JSON, csv, the content hash, the front end's types and the comparisons of tests are visitors.
#pragma once
#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "microtome/base/field.h"
#include "microtome/base/unit.h"

namespace microtome {

// Marks what a number or list is; `value` is the member itself, const or not.
template <class T>
struct LabelField {  // The number of a concept, 0: none; readers get its name.
  T& value;
};
template <class T>
struct CategoryField {  // The number of a category, -1: none; readers get its name.
  T& value;
};
template <class T>
struct PackedField {  // A long list of numbers, which is stored as their bytes.
  T& value;
};
template <class T>
struct DocumentField {  // A finding that is stored as one JSON text, what is absent left out (finding_document.h).
  T& value;
};
template <class T>
LabelField<T> as_label(T& value) {
  return {value};
}
template <class T>
CategoryField<T> as_category(T& value) {
  return {value};
}
template <class T>
PackedField<T> as_packed(T& value) {
  return {value};
}
template <class T>
DocumentField<T> as_document(T& value) {
  return {value};
}

namespace finding_internal {
struct Nothing {
  template <class T>
  void operator()(const Field&, T&&) const {}
};
}  // namespace finding_internal

template <class T>
concept Finding = requires(std::remove_const_t<T>& finding) {
  std::remove_const_t<T>::fields(finding, finding_internal::Nothing{});
};

template <class T>
inline constexpr bool kIsLabel = false;
template <class T>
inline constexpr bool kIsLabel<LabelField<T>> = true;
template <class T>
inline constexpr bool kIsCategory = false;
template <class T>
inline constexpr bool kIsCategory<CategoryField<T>> = true;
template <class T>
inline constexpr bool kIsPacked = false;
template <class T>
inline constexpr bool kIsPacked<PackedField<T>> = true;
template <class T>
inline constexpr bool kIsDocument = false;
template <class T>
inline constexpr bool kIsDocument<DocumentField<T>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;

// Whether two findings hold the same; NaN equals NaN.
template <Finding T>
bool same_finding(const T& a, const T& b);

template <class T>
bool same_value(const T& a, const T& b) {
  if constexpr (Finding<T>) {
    return same_finding(a, b);
  } else if constexpr (kIsOptional<T>) {
    return a.has_value() == b.has_value() && (!a || same_value(*a, *b));
  } else if constexpr (kIsList<T>) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
      if (!same_value(a[i], b[i])) return false;
    }
    return true;
  } else if constexpr (std::is_floating_point_v<T>) {
    return a == b || (a != a && b != b);
  } else if constexpr (kIsLabel<T> || kIsCategory<T> || kIsPacked<T> || kIsDocument<T>) {
    return same_value<std::remove_const_t<std::remove_reference_t<decltype(a.value)>>>(a.value, b.value);
  } else {
    return a == b;
  }
}

// Calls f(field, value of a, value of b) for each field of two findings.
template <Finding T, class F>
void each_pair(const T& a, const T& b, F&& f) {
  size_t at = 0;
  T::fields(a, [&](const Field& field, const auto& left) {
    size_t other = 0;
    T::fields(b, [&](const Field&, const auto& right) {
      if constexpr (std::is_same_v<decltype(left), decltype(right)>) {
        if (other == at) f(field, left, right);
      }
      ++other;
    });
    ++at;
  });
}

template <Finding T>
bool same_finding(const T& a, const T& b) {
  bool same = true;
  each_pair(a, b, [&](const Field&, const auto& left, const auto& right) { same = same && same_value(left, right); });
  return same;
}

// The first field in which two findings differ: "best.iou"; empty when they hold the same.
template <Finding T>
std::string first_difference(const T& a, const T& b) {
  std::string found;
  each_pair(a, b, [&]<class V>(const Field& field, const V& left, const V& right) {
    if (!found.empty() || same_value(left, right)) return;
    found = std::string(field.name);
    if constexpr (Finding<V>) found += "." + first_difference(left, right);
    if constexpr (kIsList<V>) {
      if constexpr (Finding<typename V::value_type>) {
        for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
          if (same_value(left[i], right[i])) continue;
          found += "[" + std::to_string(i) + "]." + first_difference(left[i], right[i]);
          return;
        }
      }
    }
  });
  return found;
}

}  // namespace microtome
