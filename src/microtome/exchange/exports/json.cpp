// SPDX-License-Identifier: Apache-2.0
// Everything but the pictures as one document.
#include "microtome/base/json.h"
#include "microtome/base/file.h"
#include "microtome/exchange/atlas_json.h"
#include "microtome/exchange/exporter.h"

namespace microtome::exporters {
namespace {

std::vector<std::string> write_json(const Atlas& atlas, const std::string& file, const Json&, Reporter&) {
  write_file(file, json_text(atlas_json(atlas, {}, JsonDetail::kFull)));
  return {file};
}

}  // namespace

extern const Exporter json;
const Exporter json{"json", "File for everything but the pictures", write_json};

}  // namespace microtome::exporters
