// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/error.h"

#include <utility>

namespace microtome {
namespace {

std::string join(std::string where, const std::string& what, const std::string& remedy) {
  std::string line = std::move(where);
  if (!line.empty()) line += ": ";
  line += what;
  if (!remedy.empty()) line += "; " + remedy;
  return line;
}

}  // namespace

Error::Error(ErrorKind kind, std::string where, std::string what, std::string remedy)
    : std::runtime_error(join(std::move(where), what, remedy)), kind_(kind) {}

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

}  // namespace microtome
