// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/error.h"

namespace microtome {
namespace {

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

}  // namespace microtome
