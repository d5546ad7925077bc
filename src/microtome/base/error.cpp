// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/error.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "microtome/base/error_parts.h"

namespace microtome {
namespace {

// In the order of ErrorKind.
constexpr std::array<std::string_view, 7> kNames = {"usage", "not-found", "unsupported", "corrupt",
                                                    "io",    "internal",  "cancelled"};

// The line, and behind the zero byte that ends it for what() the three parts, each ended in the same way.
std::string join(const std::string& where, const std::string& what, const std::string& remedy) {
  std::string text = where;
  if (!where.empty()) text += ": ";
  text += what;
  if (!remedy.empty()) text += "; " + remedy;
  for (const std::string& part : {where, what, remedy}) text.append(1, '\0').append(part.c_str());
  return text;
}

}  // namespace

Error::Error(ErrorKind kind, std::string where, std::string what, std::string remedy)
    : std::runtime_error(join(where.c_str(), what.c_str(), remedy.c_str())), kind_(kind) {}

int Error::exit_code() const noexcept {
  switch (kind_) {
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kCancelled:
      return 130;
    default:
      return 1;
  }
}

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
