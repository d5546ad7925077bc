// SPDX-License-Identifier: Apache-2.0
// Where a dream was written.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string dream_text(const Json& answer, const Json&, int) {
  return fmt::format("wrote {}: {} x {} pixels", answer["file"].get<std::string>(), answer["width"].get<int>(),
                     answer["height"].get<int>());
}

}  // namespace

extern const Face dream_face;
const Face dream_face{"dream", dream_text};

}  // namespace microtome::faces
