// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/arguments.h"

#include <fmt/format.h>

#include "microtome/network/basis.h"

namespace microtome {

std::string_view basis_help() {
  static const std::string help =
      fmt::format("Units to study, of matrices [units, channels]: {}; fitted ones need a concept set", basis_forms());
  return help;
}

}  // namespace microtome
