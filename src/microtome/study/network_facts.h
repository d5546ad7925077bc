// SPDX-License-Identifier: Apache-2.0
// What is known of a network before it runs, for people and for the atlas.
#pragma once
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/study/source.h"

namespace microtome {

AtlasNetwork network_record(const Source& source);
// In the order of the graph. `file`: the network before layers were derived, whose shares of the work are given (of a
// derived layer its origin's), so that they do not depend on what else is derived.
std::vector<AtlasLayer> layer_records(const Network& network, const Network& file);

}  // namespace microtome
