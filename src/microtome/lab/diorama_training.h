// SPDX-License-Identifier: Apache-2.0
// Training of the small convolutional network on dioramas: which scene is it, and which objects are in it.
#pragma once
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/lab/settings.h"

namespace microtome {

// Draws the pictures, trains, writes settings.out (safetensors with graph, preprocessing and classes) and returns
// {"file", "scene_accuracy", "object_f1", "held_out_images", "parameters", "losses" (of each epoch), "settings"}; both
// scores are of held-out dioramas. Throws Error(kCancelled) when stopped; nothing is written then.
Json train_on_dioramas(const TrainSettings& settings, Reporter& reporter);

}  // namespace microtome
