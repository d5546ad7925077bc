// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/arguments.h"

#include <fmt/format.h>

#include "microtome/network/basis.h"
#include "microtome/network/preprocessing.h"

namespace microtome {

std::string_view basis_help() {
  static const std::string help =
      fmt::format("Units to study, of matrices [units, channels]: {}; fitted ones need a concept set", basis_forms());
  return help;
}

std::string_view preprocess_help() {
  static const std::string help = fmt::format(
      "{}, with :SIDE for another input side; not needed where the file or one beside it says it", preset_names());
  return help;
}

}  // namespace microtome
