// SPDX-License-Identifier: Apache-2.0
// Colour labels for any set, from the pictures themselves.
#pragma once
#include <memory>

#include "microtome/concepts/concept_set.h"

namespace microtome {

// The set with the category "color" of kColourNames ("black-c", ...) behind its own, numbered behind its largest label,
// and one more plane an image: the name of the picture's pixel nearest to each pixel of the label grid. labels() then
// reads the picture too. Throws Error(kUsage) when the set has colours, Error(kUnsupported) when its labels leave no
// room.
std::unique_ptr<ConceptSet> with_automatic_colours(std::unique_ptr<ConceptSet> set);

}  // namespace microtome
