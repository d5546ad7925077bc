// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/atlas_of.h"

#include <fmt/format.h>

#include "microtome/base/error.h"

namespace microtome {

Atlas open_atlas_of(const Network& network, const std::string& file) {
  Atlas atlas = Atlas::open(file, Atlas::Mode::kRead);
  const auto of_atlas = atlas.network();
  if (of_atlas && of_atlas->hash == network.facts().hash) return atlas;
  throw Error(ErrorKind::kUsage, file, fmt::format("is not of the network {}", network.facts().file));
}

void require_dissection(const Atlas& atlas, const std::string& file, const std::string& layer) {
  if (atlas.dissection_info(layer)) return;
  throw Error(ErrorKind::kNotFound, file, fmt::format("holds no dissection of layer \"{}\"", layer),
              fmt::format("microtome show {} lists its layers", file));
}

}  // namespace microtome
