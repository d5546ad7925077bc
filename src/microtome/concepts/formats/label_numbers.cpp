// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/label_numbers.h"

#include <fmt/format.h>

#include <limits>

#include "microtome/base/error.h"

namespace microtome::concept_formats {

void check_label_count(size_t count, const std::string& where) {
  if (count <= std::numeric_limits<uint16_t>::max()) return;
  throw Error(ErrorKind::kUnsupported, where, fmt::format("the set has {} classes, and a mask can tell 65535", count));
}

}  // namespace microtome::concept_formats
