// SPDX-License-Identifier: Apache-2.0
// What a set in Broden's layout can be asked beyond any other: the truth of its tables' sums.
#pragma once
#include <string>

#include "microtome/base/reporter.h"
#include "microtome/concepts/validation.h"

namespace microtome::concept_formats {

// As check_concepts (validation.h).
ConceptCheck check_broden(const std::string& folder, int threads, Reporter& reporter);

}  // namespace microtome::concept_formats
