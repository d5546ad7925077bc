// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/error.h"

#include <algorithm>

#include "microtome/base/plain_text.h"

namespace microtome {
namespace {

// The line, and behind the zero byte that ends it for what() the three parts, each ended in the same way.
std::string join(std::string where, std::string what, std::string remedy) {
  // A name from a file may hold a zero byte, which would end the line, and bytes that no JSON can hold.
  for (std::string* part : {&where, &what, &remedy}) {
    std::replace(part->begin(), part->end(), '\0', '?');
    *part = as_utf8(std::move(*part));
  }
  std::string text = where;
  if (!where.empty()) text += ": ";
  text += what;
  if (!remedy.empty()) text += "; " + remedy;
  for (const std::string& part : {where, what, remedy}) text.append(1, '\0').append(part);
  return text;
}

}  // namespace

Error::Error(ErrorKind kind, std::string where, std::string what, std::string remedy)
    : std::runtime_error(join(where, what, remedy)), kind_(kind) {}

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
