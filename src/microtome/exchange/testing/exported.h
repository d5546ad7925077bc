// SPDX-License-Identifier: Apache-2.0
// For tests: an exporter by its name.
#pragma once
#include <string>
#include <vector>

#include "microtome/base/json.h"
#include "microtome/exchange/exporter.h"

namespace microtome {

inline std::vector<std::string> exported(const std::string& exporter, const Atlas& atlas, const std::string& to,
                                         const Json& settings = Json::object()) {
  Json request = settings;
  request[exporter] = to;
  return export_atlas(atlas, exporters::kinds(), request, *make_silent_reporter());
}

}  // namespace microtome
