// SPDX-License-Identifier: Apache-2.0
// The answer of `microtome atlas` in words.
#include "microtome/cli/made_atlas.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {

extern const Face atlas_face;
const Face atlas_face{"atlas", made_atlas};

}  // namespace microtome::faces
