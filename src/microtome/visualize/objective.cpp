// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/objective.h"

namespace microtome {

std::vector<std::string> Objective::layers() const {
  std::vector<std::string> names;
  for (const LayerReads& read : reads.layers) names.push_back(read.layer);
  return names;
}

}  // namespace microtome
