// SPDX-License-Identifier: Apache-2.0
// Pictures of no single unit, as files and a table.
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/npy.h"
#include "microtome/exchange/export.h"
#include "microtome/exchange/export_parts.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

constexpr int kFrameMs = 350, kLastMs = 1500, kFilmQuality = 90;

}  // namespace

std::string picture_film(const AtlasPicture& picture) {
  if (picture.frames.empty()) return {};
  const Image last = decode_image(picture.png, picture.objective);
  std::vector<Image> images;
  for (const AtlasFrame& frame : picture.frames) {
    const Image image = decode_image(frame.webp, fmt::format("step {} of {}", frame.step, picture.objective));
    images.push_back(resize_bilinear(image, last.width, last.height));
  }
  images.push_back(last);
  std::vector<int> times(images.size(), kFrameMs);
  times.back() = kLastMs;
  return encode_webp_animation(images, {times, 0}, kFilmQuality);
}

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
    if (!picture.frames.empty()) {
      write(fmt::format("visualization.{:04}{}.frames.webp", number, variant), picture_film(picture));
    }
    if (!picture.values.empty()) write(stem + ".values.npy", values_npy(picture));
    Json row = {{"file", name}};
    row.update(visualization_json(picture));
    index.push_back(std::move(row));
  }
  write("visualizations.json", json_text(index));
  return paths;
}

}  // namespace microtome
