// SPDX-License-Identifier: Apache-2.0
// What the pages of one request, or of a whole site, are made of: read once, when first asked for. For one thread.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"
#include "microtome/exchange/vocabulary.h"

namespace microtome {

class PageContext {
 public:
  explicit PageContext(const Atlas& read) : atlas(read) {}  // outlives the context
  const Atlas& atlas;

  const Vocabulary& vocabulary() const;
  const AtlasNetwork& network() const;  // empty where the atlas has none
  const std::vector<AtlasLayer>& studied_layers() const;
  // Throws Error(kNotFound) unless it is studied.
  const AtlasLayer& studied_layer(int64_t id) const;
  // In which settings the run differs from others of its stage, as shown() shows them.
  std::string settings_of(int64_t run) const;
  // The value with every text in it, names included, as without_folders() shows it; names of layers are known.
  Json shown(const Json& value) const;

 private:
  mutable std::optional<Vocabulary> vocabulary_;
  mutable std::optional<AtlasNetwork> network_;
  mutable std::optional<std::vector<AtlasLayer>> layers_;
  mutable std::optional<std::map<int64_t, std::string>> settings_;  // by run
  mutable std::optional<std::vector<std::string>> names_;           // of layers
};

// A text of this machine's user (a command as typed, a setting) with files and folders that are named from the root of
// the disk cut to their last part: pages are shown to others. Names in `known` stay, whatever they look like: layers
// may be called "/conv1/Conv".
std::string without_folders(std::string_view text, const std::vector<std::string>& known);

}  // namespace microtome
