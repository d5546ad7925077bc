// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/error_parts.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace microtome {
namespace {

// In the order of ErrorKind.
constexpr std::array<std::string_view, 7> kNames = {"usage", "not-found", "unsupported", "corrupt",
                                                    "io",    "internal",  "cancelled"};

}  // namespace

// Error keeps the three parts behind the line, each ended by a zero byte.
ErrorParts parts_of(const Error& error) {
  const char* text = error.what();
  const auto next = [&] { return text += std::strlen(text) + 1; };
  ErrorParts parts;
  parts.where = next();
  parts.what = next();
  parts.remedy = next();
  return parts;
}

std::string_view name_of(ErrorKind kind) noexcept { return kNames[static_cast<size_t>(kind)]; }

ErrorKind error_kind_named(std::string_view name) noexcept {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? ErrorKind::kInternal : static_cast<ErrorKind>(found - kNames.begin());
}

}  // namespace microtome
