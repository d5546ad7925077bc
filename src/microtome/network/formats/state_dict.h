// SPDX-License-Identifier: Apache-2.0
// Named weights without a graph, as PyTorch's state_dict() gives them, and networks made of them.
#pragma once
#include <string>

#include "microtome/network/formats/graph_json.h"
#include "microtome/network/formats/model_format.h"

namespace microtome {

// The network that these weights belong to, by their names and shapes (architectures/architecture.h). Parts of names
// that wrappers add are taken off ("module." of DataParallel, "_orig_mod." of torch.compile, "model." of Lightning, any
// other first part that all names share). `side` as ModelFormat::read. Throws Error(kUnsupported), beginning with
// `where`, that names the nearest architectures and the first weight that does not fit each.
StoredNetwork network_from_weights(NamedTensors weights, int side, const std::string& where);

}  // namespace microtome
