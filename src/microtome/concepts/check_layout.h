// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/validation.h"

namespace microtome {

// What any layout can be asked: its tables, then each picture and its labels.
ConceptCheck check_layout(const ConceptFormat& format, const std::string& folder, int threads, Reporter& reporter);
// ConceptSet::remarks() as warnings.
void add_remarks(const std::vector<std::string>& remarks, ConceptCheck& check);

}  // namespace microtome
