// SPDX-License-Identifier: Apache-2.0
// The state of an unfinished pass over the images, as bytes for the atlas.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "microtome/dissect/survey.h"

namespace microtome {

// An image that could not be read, and why.
struct SkippedImage {
  std::string file, reason;
};

struct SurveyCheckpoint {
  std::string units;            // which units of which layers, as text: a block's state is no other block's
  int64_t images_done = 0;      // all images before this index were looked at
  std::vector<Survey> surveys;  // one a layer
  std::vector<SkippedImage> skipped;
};

// Empty when the state is larger than the store takes in one piece (1 GB); the pass then begins anew after a crash.
std::string save_checkpoint(const SurveyCheckpoint& checkpoint);

// Replaces the state when the bytes hold the same units of the same layers in the same order with the same settings;
// otherwise leaves it. Returns whether it did. Throws Error(kCorrupt) on damaged bytes.
bool load_checkpoint(std::string_view bytes, SurveyCheckpoint& checkpoint);

}  // namespace microtome
