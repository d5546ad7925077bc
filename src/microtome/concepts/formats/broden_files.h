// SPDX-License-Identifier: Apache-2.0
// The pictures and masks of a set in Broden's layout, checked against their row.
// Defined in broden.cpp.
#pragma once
#include <string>

#include "microtome/concepts/formats/broden_tables.h"
#include "microtome/concepts/formats/picture_remarks.h"

namespace microtome::concept_formats {

// Throws Error(kNotFound/kIo/kCorrupt) naming file and row, also when the size is not the row's.
Image read_picture(const std::string& folder, const BrodenRow& row, PictureRemarks& remarks);
// The same; also when a label is not in the index.
LabelMap read_mask(const std::string& folder, const BrodenRow& row, const std::string& mask, const ConceptIndex& index);

}  // namespace microtome::concept_formats
