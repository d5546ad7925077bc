// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "microtome/atlas/export.h"
#include "microtome/atlas/export_parts.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"

namespace microtome {

std::string values_npy(const AtlasPicture& picture) {
  const Json shape = picture.facts.value("shape", Json::array());
  std::vector<int64_t> sizes;
  int64_t count = 1;
  for (const Json& size : shape) {
    sizes.push_back(size.is_number_integer() ? size.get<int64_t>() : 0);
    count *= sizes.back();
  }
  if (count != std::ssize(picture.values)) {
    throw Error(ErrorKind::kCorrupt, picture.objective, "the shape of its values is not theirs", "render it again");
  }
  return npy_bytes(picture.values, sizes);
}

std::vector<std::string> export_visualizations(const Atlas& atlas, const std::string& folder) {
  const std::vector<AtlasPicture> pictures = atlas.visualizations(true);
  if (pictures.empty()) return {};
  std::vector<std::string> paths;
  const auto write = [&](const std::string& name, const std::string& bytes) {
    paths.push_back(folder + "/" + name);
    write_file(paths.back(), bytes);
  };
  Json index = Json::array();
  int number = -1;
  std::string last;
  for (const AtlasPicture& picture : pictures) {
    if (number < 0 || picture.objective != last) ++number;
    last = picture.objective;
    const std::string variant = picture.variant == 0 ? "" : fmt::format(".v{}", picture.variant);
    const std::string stem = fmt::format("visualization.{:04}{}", number, variant);
    const std::string name = stem + ".png";
    write(name, picture.png);
    if (!picture.values.empty()) write(stem + ".values.npy", values_npy(picture));
    Json row = {{"file", name}};
    row.update(visualization_json(picture));
    index.push_back(std::move(row));
  }
  write("visualizations.json", json_text(index));
  return paths;
}

}  // namespace microtome
