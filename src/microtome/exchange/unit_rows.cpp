// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/unit_rows.h"

#include <utility>

namespace microtome {

UnitRows unit_rows(const Atlas& atlas, const std::string& layer) {
  UnitRows rows;
  for (UnitDissection& unit : atlas.units(layer, Detail::kBrief))
    rows[{unit.unit, unit.sign}].dissection = std::move(unit);
  for (AtlasPicture& picture : atlas.pictures(layer, -1, Detail::kBrief)) {
    rows[{picture.unit, picture.sign}].pictures.push_back(std::move(picture));
  }
  return rows;
}

std::vector<UnitDissection> positive_units(const Atlas& atlas, const std::string& layer, Detail detail) {
  std::vector<UnitDissection> units = atlas.units(layer, detail);
  std::erase_if(units, [](const UnitDissection& unit) { return unit.sign != Sign::kPositive; });
  return units;
}

}  // namespace microtome
