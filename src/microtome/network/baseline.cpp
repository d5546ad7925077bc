// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/baseline.h"

#include <fmt/format.h>

#include "microtome/base/error.h"

namespace microtome {

const BaselineKind& baseline_named(const std::string& name) {
  for (const BaselineKind* kind : baselines::kinds()) {
    if (kind->name == name) return *kind;
  }
  throw Error(ErrorKind::kUsage, "baselines", fmt::format("\"{}\" is no baseline", name), "use " + baseline_names());
}

std::string baseline_names() {
  std::string names;
  for (const BaselineKind* kind : baselines::kinds()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", kind->name);
  }
  return names;
}

}  // namespace microtome
