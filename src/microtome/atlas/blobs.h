// SPDX-License-Identifier: Apache-2.0
// Arrays of numbers as the bytes that the atlas stores: little-endian, no header.
#pragma once
#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/error.h"

namespace microtome {

static_assert(std::endian::native == std::endian::little,
              "the atlas stores little-endian numbers as they lie in memory");

template <class T>
void append_numbers(std::string& bytes, std::span<const T> values) {
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

// The first `count` numbers of `bytes`, which is shortened by them. Throws Error(kCorrupt) naming `where` when there
// are fewer or `count` is negative.
template <class T>
std::vector<T> take_numbers(std::string_view& bytes, int64_t count, const std::string& where) {
  if (count < 0 || static_cast<uint64_t>(count) > bytes.size() / sizeof(T)) {
    throw Error(ErrorKind::kCorrupt, where, "is a damaged atlas: an array is shorter than its row says");
  }
  std::vector<T> values(static_cast<size_t>(count));
  const size_t size = values.size() * sizeof(T);
  if (size > 0) std::memcpy(values.data(), bytes.data(), size);
  bytes.remove_prefix(size);
  return values;
}

// All of it.
template <class T>
std::vector<T> all_numbers(std::string_view bytes, const std::string& where) {
  if (bytes.size() % sizeof(T) != 0) {
    throw Error(ErrorKind::kCorrupt, where, "is a damaged atlas: an array ends within a number");
  }
  return take_numbers<T>(bytes, static_cast<int64_t>(bytes.size() / sizeof(T)), where);
}

}  // namespace microtome
