// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/codec.h"

#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/foreign.h"
#include "microtome/base/reporter.h"
#include "microtome/image/codec_formats.h"
#include "microtome/image/photo.h"

namespace microtome {
namespace {

struct Format {
  std::string_view media_type;
  Image (*decode)(std::string_view bytes, const std::string& where, std::vector<std::string>& remarks);
};

constexpr Format kFormats[] = {{"image/apng", formats::decode_png},
                               {"image/png", formats::decode_png},
                               {"image/jpeg", formats::decode_jpeg},
                               {"image/webp", formats::decode_webp}};

const Format* format_of(std::string_view bytes) {
  for (const Format& format : kFormats) {
    if (format.media_type == formats::type_of(bytes)) return &format;
  }
  return nullptr;
}

}  // namespace

std::string_view media_type(std::string_view bytes) { return formats::type_of(bytes); }

Photo decode_photo(std::string_view bytes, const std::string& where) {
  const Format* format = format_of(bytes);
  if (!format) {
    const std::string_view other = mistaken_for(bytes);
    throw Error(ErrorKind::kCorrupt, where,
                bytes.empty()   ? "the file is empty"
                : other.empty() ? "this is no PNG, JPEG or WebP picture"
                                : fmt::format("this is {}; PNG, JPEG and WebP are read", other),
                std::string(remedy_of(bytes)));
  }
  Photo photo;
  photo.stored = format->decode(bytes, where, photo.remarks);
  photo.header = read_picture_header(bytes);
  if (!photo.header.colours.empty()) {
    photo.remarks.push_back(photo.header.colours + " is not applied, the numbers are taken as sRGB");
  }
  return photo;
}

Image decode_image(std::string_view bytes, const std::string& where) { return decode_photo(bytes, where).stored; }

Image load_image(const std::string& path, Reporter* reporter) {
  const Photo photo = decode_photo(read_file(path), path);
  for (const std::string& remark : photo.remarks) {
    if (reporter != nullptr) reporter->warn(fmt::format("{}: {}", path, remark));
  }
  return turned_upright(photo.stored, photo.header.orientation);
}

std::string encode_png(const Image& image) { return encode_png(image, {}); }

std::string encode_png(const Image& image, const std::string& description) {
  if (image.empty() || (image.channels != 1 && image.channels != 3 && image.channels != 4)) {
    throw Error(ErrorKind::kUsage, "PNG encoder", "a picture of 1, 3 or 4 channels is needed");
  }
  return formats::write_png(image, description, true);
}

LabelMap decode_label_png(std::string_view bytes, const std::string& where) {
  if (!formats::is_png(bytes)) formats::throw_corrupt(where, "a label mask must be a PNG");
  const Image rgb = formats::decode_plain_rgb_png(bytes, where);
  LabelMap map(rgb.width, rgb.height);
  for (size_t i = 0; i < map.labels.size(); ++i) {
    const uint8_t* pixel = &rgb.pixels[3 * i];
    if (pixel[2] != 0) formats::throw_corrupt(where, "the blue channel of a label mask must be 0");
    map.labels[i] = static_cast<uint16_t>(pixel[0] + 256 * pixel[1]);
  }
  return map;
}

LabelMap decode_index_png(std::string_view bytes, const std::string& where) {
  if (!formats::is_png(bytes)) formats::throw_corrupt(where, "a mask of class numbers must be a PNG");
  return formats::decode_index_png(bytes, where);
}

std::string encode_label_png(const LabelMap& labels) {
  if (labels.empty()) throw Error(ErrorKind::kUsage, "label mask encoder", "the mask has no pixels");
  Image rgb(labels.width, labels.height);
  for (size_t i = 0; i < labels.labels.size(); ++i) {
    rgb.pixels[3 * i] = static_cast<uint8_t>(labels.labels[i] & 255);
    rgb.pixels[3 * i + 1] = static_cast<uint8_t>(labels.labels[i] >> 8);
  }
  return formats::write_png(rgb, {}, false);
}

}  // namespace microtome
