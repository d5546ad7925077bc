// SPDX-License-Identifier: Apache-2.0
// Bytes of a file that are handed on without being copied. Without torch, as are the readers that need no more.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace microtome {

struct SharedBytes {
  std::shared_ptr<const std::string> owner;  // what `view` points into
  std::string_view view;

  // Throws nothing: a part beyond the end is shortened.
  SharedBytes part(size_t begin, size_t length) const { return {owner, view.substr(begin, length)}; }
};

}  // namespace microtome
