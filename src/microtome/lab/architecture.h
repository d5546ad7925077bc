// SPDX-License-Identifier: Apache-2.0
// The small convolutional network that the lab trains.
#pragma once
#include <cstdint>
#include <vector>

#include "microtome/network/graph.h"

namespace microtome {

struct ArchitectureSettings {
  int64_t side = 96;
  std::vector<int64_t> widths;  // channels of conv1..convN, N >= 3
  int64_t scenes = 20;          // first output: one logit a scene
  int64_t objects = 20;         // second output: one logit an object
  uint64_t seed = 1;
};

// conv1 is 5x5 with stride 2, conv2 3x3 with stride 2, the others 3x3 with stride 1; after conv3 the maps are halved by
// max-pooling. Each convolution is normalized by its batch and rectified. Layers: "convK/linear" (the convolution
// alone), "convK" (normalized), "convK/relu". Scenes are read from the mean over positions, objects from the maximum,
// so that single places can speak for them. Weights: normal with variance 2 / fan-in (He et al., ICCV 2015), from the
// seed.
Graph small_network(const ArchitectureSettings& settings);

}  // namespace microtome
