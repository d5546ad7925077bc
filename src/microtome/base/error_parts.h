// SPDX-License-Identifier: Apache-2.0
// An error taken apart, for doors through which no exception goes.
//
// Arguments are named in errors as they are declared (field.h): alone in `where`, between backticks in the other texts
// ("leave `grow` out"). What they are called by those who ask, --grow say, is the affair of the one face that knows.
#pragma once
#include <string>
#include <string_view>

#include "microtome/base/error.h"

namespace microtome {

struct ErrorParts {
  std::string where, what, remedy;
};
ErrorParts parts_of(const Error& error);

// "usage", "not-found", "unsupported", "corrupt", "io", "internal", "cancelled"; and back, kInternal for other texts.
std::string_view name_of(ErrorKind kind) noexcept;
ErrorKind error_kind_named(std::string_view name) noexcept;

}  // namespace microtome
