// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/json_text.h"

#include <fmt/format.h>

namespace microtome {

void check_json_depth(std::string_view text, const std::string& where) {
  constexpr int kDeepest = 64;  // Far beyond any table or graph.
  int depth = 0;
  bool quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth <= kDeepest) continue;
      throw Error(ErrorKind::kCorrupt, where, fmt::format("the json is nested more than {} deep", kDeepest));
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

std::string json_complaint(std::string_view what) {
  const size_t bracket = what.find("] ");
  if (bracket != std::string_view::npos) what.remove_prefix(bracket + 2);
  return fmt::format("damaged json, {}", what);
}

}  // namespace microtome
