// SPDX-License-Identifier: Apache-2.0
// What a rectified layer is before its rectifier: the side of a unit that ReLU hides.
#pragma once
#include <string>

#include "microtome/network/network.h"

namespace microtome {

// The suffix of pre-activation layers: "inception_4e/output~pre".
inline constexpr const char* kPreActivationSuffix = "~pre";

// The network with one layer more, named `layer` + "~pre" and of the layer's shape: the input of the Relu or Clip that
// makes the layer, or the concatenation of these for a Concat of rectified branches. A layer that is not rectified is
// its own pre-activation: the network comes back unchanged.
Network with_pre_activation(const Network& network, const std::string& layer);

}  // namespace microtome
