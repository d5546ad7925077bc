// SPDX-License-Identifier: Apache-2.0
// Operators that stand for several others: what ONNX Runtime fuses, and ONNX's own on integers.
#pragma once
#include <vector>

#include "microtome/network/formats/onnx_proto.h"

namespace microtome {

// The nodes of the standard domain that do what `node` does, in running order; the last one makes its first output, the
// others make values named OUTPUT/OPERATOR. Empty: the node stands for itself. Convolutions and products of integers
// become those of the numbers that the integers stand for.
std::vector<onnx::NodeProto> unfused(const onnx::NodeProto& node);

}  // namespace microtome
