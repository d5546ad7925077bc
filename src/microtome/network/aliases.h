// SPDX-License-Identifier: Apache-2.0
// Short names of layers, from the paths that the tools which wrote the file put into names.
#pragma once
#include <string>
#include <vector>

#include "microtome/network/graph.h"

namespace microtome {

// Aliases of each value in `layers`, in the same order, none of them the name of a value or given twice.
//   "inception_4e/output"                     inception_4e       the one value that leaves the folder inception_4e/
//   "layer4.2.relu_2"                         layer4.2, layer4   the one value that leaves layer4.2., and layer4.
//   "/layer1/layer1.0/conv1/Conv_output_0"    layer1.0.conv1.Conv, layer1.0.conv1
//   "conv2d" of the module "layer1.0.conv1"   layer1.0.conv1.Conv, layer1.0.conv1
// Each layer is made by a node.
std::vector<std::vector<std::string>> find_aliases(const Graph& graph, const std::vector<ValueIndex>& layers);

}  // namespace microtome
