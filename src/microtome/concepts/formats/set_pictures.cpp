// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/set_pictures.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 27;  // As the decoders.

int big_endian(const std::string& bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | static_cast<uint8_t>(bytes.at(at + static_cast<size_t>(i)));
  return value > 0x7fffffffu ? 0 : static_cast<int>(value);
}

// Walks the segments of a JPEG up to the frame header. An Exif thumbnail is inside a segment and thus stepped over.
PictureSize jpeg_size(std::ifstream& file) {
  const auto byte = [&] { return file.get(); };
  const auto word = [&] {
    const int high = byte();
    return high * 256 + byte();
  };
  file.seekg(2);
  while (file) {
    int marker = byte();
    if (marker != 0xff) return {};
    while (marker == 0xff) marker = byte();
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    const int length = word();
    if (!file || length < 2) return {};
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      byte();
      const int height = word();
      const int width = word();
      return file ? PictureSize{width, height} : PictureSize{};
    }
    file.seekg(length - 2, std::ios::cur);
  }
  return {};
}

}  // namespace

PictureSize picture_size(const std::string& path, const std::string& named_by) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw Error(missing ? ErrorKind::kNotFound : ErrorKind::kIo, place_of(path, named_by),
                missing ? "there is no such file" : std::string("the file cannot be read: ") + std::strerror(errno));
  }
  std::string head(24, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  const bool whole = file.gcount() == static_cast<std::streamsize>(head.size());
  PictureSize size;
  if (whole && media_type(head) == "image/png") size = {big_endian(head, 16, 4), big_endian(head, 20, 4)};
  if (whole && media_type(head) == "image/jpeg") size = jpeg_size(file);
  if (size.width < 1 || size.height < 1 || int64_t{size.width} * size.height > kMostPixels) {
    throw Error(ErrorKind::kCorrupt, place_of(path, named_by), "this is no JPEG or PNG, or its header is damaged");
  }
  return size;
}

void expect_size(int width, int height, PictureSize expected, const std::string& where, const std::string& stated_by) {
  if (width == expected.width && height == expected.height) return;
  throw Error(
      ErrorKind::kCorrupt, where,
      fmt::format("the size is {} x {}, {} says {} x {}", width, height, stated_by, expected.width, expected.height));
}

std::string read_mask_png(const std::string& path, const std::string& named_by) {
  std::string bytes = read_listed(path, named_by);
  if (media_type(bytes) != "image/png") {
    throw Error(ErrorKind::kCorrupt, place_of(path, named_by), "a mask must be a PNG, and this is none");
  }
  return bytes;
}

void measure_listed_picture(const std::string& folder, ConceptImage& info, const std::string& named_by) {
  try {
    const PictureSize size = picture_size(folder + "/" + info.file, named_by);
    info.width = size.width, info.height = size.height;
  } catch (const Error&) {
    info.width = info.height = 0;
  }
}

Image read_listed_picture(const std::string& folder, const ConceptImage& info, const std::string& named_by) {
  const std::string path = folder + "/" + info.file;
  const std::string where = place_of(path, named_by);
  if (info.width == 0) picture_size(path, named_by);
  Image image = decode_image(read_listed(path, named_by), where);
  expect_size(image.width, image.height, {info.width, info.height}, where, "its table");
  return image;
}

}  // namespace microtome::concept_formats
