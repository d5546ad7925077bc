// SPDX-License-Identifier: Apache-2.0
// An order in which the nodes of an ONNX graph can run.
#pragma once
#include <vector>

#include "microtome/network/formats/onnx_proto.h"

namespace microtome {

// ONNX asks for nodes in an order in which they can run, and not all writers heed that. The first in the file first, so
// that an order which is right stays; a node that never can run keeps its turn behind the others. Bodies of branches
// and loops count as what their node reads.
std::vector<int> running_order(const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes);

}  // namespace microtome
