// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "microtome/atlas/export.h"
#include "microtome/base/file.h"

namespace microtome {

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
    const std::string name = fmt::format("visualization.{:04}{}.png", number, variant);
    write(name, picture.png);
    Json row = {{"file", name}};
    row.update(visualization_json(picture));
    index.push_back(std::move(row));
  }
  write("visualizations.json", json_text(index));
  return paths;
}

}  // namespace microtome
