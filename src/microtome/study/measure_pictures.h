// SPDX-License-Identifier: Apache-2.0
// What pictures of a folder have in common, for parametrizations that are made of it.
#pragma once
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/study/requests.h"

namespace microtome {

// Writes the files that the request names; gives {"images","size","colours":[[...]]}. The short side of each picture is
// scaled to the size and the centre cropped. Damaged pictures are left out and end in an Error(kCorrupt) after writing.
Json measure_pictures(const MeasureRequest& request, int threads, Reporter& reporter);

}  // namespace microtome
