// SPDX-License-Identifier: Apache-2.0
// The answer of `microtome visualize` in words.
#include "microtome/cli/made_atlas.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {

extern const Face visualize_face;
const Face visualize_face{"visualize", made_atlas};

}  // namespace microtome::faces
