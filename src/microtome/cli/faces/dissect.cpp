// SPDX-License-Identifier: Apache-2.0
// The answer of `microtome dissect` in words.
#include "microtome/cli/made_atlas.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {

extern const Face dissect_face;
const Face dissect_face{"dissect", made_atlas};

}  // namespace microtome::faces
