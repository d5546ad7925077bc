// SPDX-License-Identifier: Apache-2.0
// Digests of findings. Every value that is known enters under its name, with its type; what is unknown (NaN, an empty
// optional) and empty lists do not, so that a field that older files lack changes none of their digests.
#pragma once
#include <cmath>
#include <string>

#include "microtome/base/finding.h"
#include "microtome/base/finding_document.h"
#include "microtome/base/hash.h"
#include "microtome/base/json.h"

namespace microtome {

class FindingHash {
 public:
  template <class T>
  void add(std::string_view name, const T& value) {
    if constexpr (kIsLabel<T> || kIsCategory<T>) {
      add(name, static_cast<int64_t>(value.value));
    } else if constexpr (kIsPacked<T>) {
      if (value.value.empty()) return;
      const std::string_view bytes(reinterpret_cast<const char*>(value.value.data()),
                                   value.value.size() * sizeof(value.value[0]));
      add_bytes(name, 'p', bytes);
    } else if constexpr (kIsDocument<T>) {
      add_bytes(name, 'j', document_of(value.value).dump());
    } else if constexpr (Finding<T>) {
      add_bytes(name, '{', "");
      T::fields(value, [&](const Field& field, const auto& part) { add(field.name, part); });
      add_bytes(name, '}', "");
    } else if constexpr (kIsOptional<T>) {
      if (value) add(name, *value);
    } else if constexpr (kIsList<T>) {
      if (value.empty()) return;
      add_bytes(name, '[', std::to_string(value.size()));
      for (const auto& item : value) add("", item);
    } else if constexpr (std::is_floating_point_v<T>) {
      const double wide = value;
      if (!std::isnan(wide)) add_bytes(name, 'r', {reinterpret_cast<const char*>(&wide), sizeof wide});
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      const auto wide = static_cast<int64_t>(value);
      add_bytes(name, 'i', {reinterpret_cast<const char*>(&wide), sizeof wide});
    } else if constexpr (std::is_same_v<T, Json>) {
      add_bytes(name, 'j', value.dump());
    } else {
      add_bytes(name, 't', value);
    }
  }
  std::string hex() { return hash_.hex(); }

 private:
  // Type and lengths come first, so that no two different contents read the same.
  void add_bytes(std::string_view name, char type, std::string_view bytes) {
    const uint64_t sizes[] = {name.size(), bytes.size()};
    hash_.add({&type, 1});
    hash_.add({reinterpret_cast<const char*>(sizes), sizeof sizes});
    hash_.add(name);
    hash_.add(bytes);
  }

  Sha256 hash_;
};

}  // namespace microtome
