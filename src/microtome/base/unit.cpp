// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/unit.h"

#include "microtome/base/error.h"

namespace microtome {

std::vector<Sign> parse_signs(std::string_view text, const std::string& where) {
  if (text == "+") return {Sign::kPositive};
  if (text == "-") return {Sign::kNegative};
  if (text == "both") return {Sign::kPositive, Sign::kNegative};
  throw Error(ErrorKind::kUsage, where, "\"" + std::string(text) + "\" is not a sign", "use +, - or both");
}

}  // namespace microtome
