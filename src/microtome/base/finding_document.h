// SPDX-License-Identifier: Apache-2.0
// Findings (finding.h) kept as one JSON text: in the order of their fields, what is absent left out.
#pragma once
#include <string>

#include "microtome/base/error.h"
#include "microtome/base/finding.h"
#include "microtome/base/json.h"

namespace microtome {

namespace finding_internal {
template <class T>
bool absent(const T& value) {
  if constexpr (kIsOptional<T>) return !value.has_value();
  if constexpr (kIsList<T>) return value.empty();
  if constexpr (std::is_same_v<T, Json>) return value.is_null();
  return false;
}
}  // namespace finding_internal

template <Finding T>
Json document_of(const T& finding) {
  Json out = Json::object();
  T::fields(finding, [&]<class V>(const Field& field, const V& value) {
    if (finding_internal::absent(value)) return;
    if constexpr (kIsOptional<V>)
      out[std::string(field.name)] = *value;
    else
      out[std::string(field.name)] = value;
  });
  return out;
}

// What it has no field for is passed over. Throws Error(kCorrupt) at `where` when a value is of another type.
template <Finding T>
T from_document(const Json& document, const std::string& where) {
  T finding;
  try {
    T::fields(finding, [&]<class V>(const Field& field, V& value) {
      const auto found = document.find(std::string(field.name));
      if (found == document.end() || found->is_null()) return;
      if constexpr (kIsOptional<V>)
        value = found->get<typename V::value_type>();
      else
        value = found->get<V>();
    });
  } catch (const Json::exception&) {
    throw Error(ErrorKind::kCorrupt, where, "holds a value of the wrong type among the facts of a picture");
  }
  return finding;
}

}  // namespace microtome
