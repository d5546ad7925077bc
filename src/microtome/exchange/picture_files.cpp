// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/picture_files.h"

#include <fmt/format.h>

#include <functional>
#include <numeric>

#include "microtome/base/npy.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

constexpr int kFrameMs = 350, kLastMs = 1500, kFilmQuality = 90;

std::string film_of(const AtlasPicture& picture) {
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
  const std::vector<int64_t>& sizes = picture.facts.shape;
  const int64_t count = std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
  if (count != std::ssize(picture.values)) {
    throw Error(ErrorKind::kCorrupt, picture.objective, "the shape of its values is not theirs", "render it again");
  }
  return npy_bytes(picture.values, sizes);
}

}  // namespace

void write_picture(FolderWriter& files, const std::string& stem, const AtlasPicture& picture) {
  files.write(stem + ".png", picture.png);
  if (!picture.frames.empty()) files.write(stem + ".frames.webp", film_of(picture));
  if (!picture.values.empty()) files.write(stem + ".values.npy", values_npy(picture));
}

std::string variant_suffix(const AtlasPicture& picture) {
  return picture.variant == 0 ? "" : fmt::format(".v{}", picture.variant);
}

}  // namespace microtome
