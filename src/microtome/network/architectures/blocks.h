// SPDX-License-Identifier: Apache-2.0
// Blocks that several architectures share.
#pragma once
#include <string>

#include "microtome/network/architectures/modules.h"

namespace microtome {

// A module applied under a name: relu, silu ...
using Activation = ValueIndex (Modules::*)(const std::string& name, ValueIndex x);

// torchvision's BasicConv2d: NAME.conv, NAME.bn (epsilon 0.001), NAME.relu.
ValueIndex basic_conv(Modules& m, const std::string& name, ValueIndex x, const ConvOptions& options = {.half = true});

// torchvision's Conv2dNormActivation: NAME.0, NAME.1 and, unless it is null, the activation NAME.2.
ValueIndex conv_norm(Modules& m, const std::string& name, ValueIndex x, Activation activation, double epsilon,
                     const ConvOptions& options);

// What differs between the inverted residuals of MobileNet and EfficientNet.
struct MobileStyle {
  Activation activation = &Modules::relu6;
  Activation squeeze = &Modules::relu;  // in the middle of squeeze and excitation
  bool hard_gate = false;               // its gate: hard sigmoid instead of sigmoid
  double epsilon = 1e-5;
};

// NAME.0, NAME.1 ...: convolutions with batch norm (NAME.j.0, NAME.j.1), squeeze and excitation (NAME.j.fc1,
// NAME.j.fc2). The stride is that of the depthwise convolution, or of the first when none is; every convolution but the
// last of several is activated. The block's input is added where channels and positions allow.
ValueIndex inverted_residual(Modules& m, const std::string& name, const std::string& sum, ValueIndex x, int64_t stride,
                             const MobileStyle& style);

}  // namespace microtome
