// SPDX-License-Identifier: Apache-2.0
// How well a trained network does.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string train_text(const Json& answer, const Json&, int) {
  return fmt::format("wrote {}: {} parameters, {:.1f} % of held-out scenes right, object F1 {:.3f}",
                     answer["file"].get<std::string>(), answer["parameters"].get<int64_t>(),
                     100 * answer["scene_accuracy"].get<double>(), answer["object_f1"].get<double>());
}

}  // namespace

extern const Face train_face;
const Face train_face{"train", train_text};

}  // namespace microtome::faces
