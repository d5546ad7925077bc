// SPDX-License-Identifier: Apache-2.0
// Which module of the program that wrote an ONNX file a node comes from.
#pragma once
#include <string>

#include "microtome/network/formats/onnx_proto.h"

namespace microtome {

// The module whose forward() made the node, as torch's exporter notes it: of "['', 'layer1', 'layer1.0', 'conv2d']",
// the names of scopes around a node and its own, "layer1.0". Metadata of nodes is field 9 since version 10 of the
// format, which the messages here do not know yet. Empty: it is not noted.
std::string module_of(const onnx::NodeProto& node);

}  // namespace microtome
