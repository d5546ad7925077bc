// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/set_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "microtome/base/error.h"
#include "microtome/base/foreign.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 27;  // As the decoders.
constexpr size_t kHead = size_t{1} << 13;          // What comes before the pixels, in most files.

// The first bytes of a file, or all.
std::string read_head(const std::string& path, const std::string& where) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw Error(missing ? ErrorKind::kNotFound : ErrorKind::kIo, where,
                missing ? "there is no such file" : std::string("the file cannot be read: ") + std::strerror(errno));
  }
  std::string bytes(kHead, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(kHead));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

PictureHeader header_of(const std::string& path, const std::string& named_by) {
  const std::string where = place_of(path, named_by), head = read_head(path, where);
  PictureHeader header = read_picture_header(head);
  const bool picture = !media_type(head).empty();
  if (picture && !header.complete && head.size() == kHead) header = read_picture_header(read_listed(path, named_by));
  const bool fits = header.width > 0 && header.height > 0 && int64_t{header.width} * header.height <= kMostPixels;
  if (fits && media_type(head) != "image/webp") return header;
  const std::string_view other = mistaken_for(head);
  std::string what = "this is no JPEG or PNG, or its header is damaged";
  if (head.empty()) what = "the file is empty";
  if (!picture && !other.empty()) what = fmt::format("this is {}; JPEG and PNG are read", other);
  throw Error(ErrorKind::kCorrupt, where, what, picture ? "" : std::string(remedy_of(head)));
}

}  // namespace

PictureSize picture_size(const std::string& path, const std::string& named_by) {
  const PictureHeader header = header_of(path, named_by);
  return {header.width, header.height};
}

bool same_shape(PictureSize mask, PictureSize picture) {
  const int64_t across = int64_t{mask.width} * picture.height, down = int64_t{mask.height} * picture.width;
  return std::llabs(across - down) <= std::max(picture.width, picture.height);
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

void measure_listed_picture(const std::string& folder, ConceptImage& info, const std::string& named_by,
                            const std::string& mask) {
  info.width = info.height = 0;
  try {
    const PictureHeader header = header_of(folder + "/" + info.file, named_by);
    info.width = header.width, info.height = header.height;
    if (!header.lies_on_side()) return;
    const PictureSize upright = {header.upright_width(), header.upright_height()};
    if (!mask.empty() && !same_shape(picture_size(folder + "/" + mask, {}), upright)) return;
    info.width = upright.width, info.height = upright.height;
  } catch (const Error&) {
    // Of the picture: reading it says what is wrong. Of the mask: nothing says that it is upright.
  }
}

Image as_stated(const Photo& photo, const ConceptImage& info, PictureRemarks& remarks) {
  for (const std::string& remark : photo.remarks) remarks.add(info.file, remark);
  const PictureHeader& header = photo.header;
  const bool upright = header.upright_width() == info.width && header.upright_height() == info.height;
  const bool stored = header.width == info.width && header.height == info.height;
  if (upright || !stored) return turned_upright(photo.stored, header.orientation);
  remarks.add(info.file, "its EXIF orientation is not applied, as its masks are of the pixels as they are stored");
  return photo.stored;
}

Image read_listed_picture(const std::string& folder, const ConceptImage& info, const std::string& named_by,
                          PictureRemarks& remarks) {
  const std::string path = folder + "/" + info.file;
  const std::string where = place_of(path, named_by);
  if (info.width == 0) picture_size(path, named_by);
  Image image = as_stated(decode_photo(read_listed(path, named_by), where), info, remarks);
  expect_size(image.width, image.height, {info.width, info.height}, where, "its table");
  return image;
}

}  // namespace microtome::concept_formats
