// SPDX-License-Identifier: Apache-2.0
// Workflows over single images: units traced back to their pixels, and dreams of a photo.
#pragma once
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/study/requests.h"

namespace microtome {

// As Engine::trace. Throws Error(kUsage) unless there are images or an atlas with its concept set, and when the atlas
// is of another network or concept set.
Json trace_units(const TraceRequest& request, Reporter& reporter);

// As Engine::dream.
Json dream_photo(const DreamRequest& request, Reporter& reporter);

}  // namespace microtome
