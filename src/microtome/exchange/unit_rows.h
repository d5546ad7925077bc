// SPDX-License-Identifier: Apache-2.0
// What an atlas knows of each unit of a layer.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"

namespace microtome {

// Without maps and pictures' bytes.
struct UnitRow {
  std::optional<UnitDissection> dissection;
  std::vector<AtlasPicture> pictures;  // in the atlas's order: the first variant first

  const AtlasPicture* picture() const { return pictures.empty() ? nullptr : &pictures.front(); }
};
using UnitRows = std::map<SignedUnit, UnitRow>;

// Every unit and sign that has a dissection or a picture.
UnitRows unit_rows(const Atlas& atlas, const std::string& layer);

// The dissections of the positive units; `brief` as Atlas::units().
std::vector<UnitDissection> positive_units(const Atlas& atlas, const std::string& layer, Detail detail);

}  // namespace microtome
