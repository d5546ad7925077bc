// SPDX-License-Identifier: Apache-2.0
#include "microtome/cli/made_atlas.h"

#include "microtome/atlas/atlas.h"
#include "microtome/base/json.h"
#include "microtome/exchange/tables.h"

namespace microtome::faces {

std::string made_atlas(const Json& answer, const Json& request, int width) {
  const auto file = answer["file"].get<std::string>();
  std::string out;
  const bool baselines = request.contains("baselines"), selfcheck = request.value("selfcheck", false);
  if (baselines || selfcheck) {
    const Atlas atlas = Atlas::open(file, Atlas::Mode::kRead);
    if (baselines) out += layers_table(atlas, width);
    if (selfcheck) {
      const std::string table = selfcheck_table(atlas, {}, width);
      out += table.empty() ? "no score was checked: no unit is a detector of a label that two images or more carry\n"
                           : table;
    }
  }
  return out + "wrote " + file + "; look at it with: microtome explore " + file;
}

}  // namespace microtome::faces
