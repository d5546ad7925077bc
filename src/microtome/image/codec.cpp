// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/codec.h"

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/image/codec_formats.h"

namespace microtome {
namespace {

bool is_png(std::string_view bytes) { return bytes.substr(0, 8) == std::string_view("\x89PNG\r\n\x1a\n", 8); }
bool is_jpeg(std::string_view bytes) { return bytes.substr(0, 3) == "\xFF\xD8\xFF"; }
bool is_webp(std::string_view bytes) {
  return bytes.size() >= 12 && bytes.substr(0, 4) == "RIFF" && bytes.substr(8, 4) == "WEBP";
}

struct Format {
  std::string_view media_type;
  bool (*probe)(std::string_view bytes);
  Image (*decode)(std::string_view bytes, const std::string& where);
};

constexpr Format kFormats[] = {
    {"image/apng", [](std::string_view bytes) { return is_png(bytes) && formats::is_apng(bytes); },
     formats::decode_png},
    {"image/png", is_png, formats::decode_png},
    {"image/jpeg", is_jpeg, formats::decode_jpeg},
    {"image/webp", is_webp, formats::decode_webp},
};

const Format* format_of(std::string_view bytes) {
  for (const Format& format : kFormats) {
    if (format.probe(bytes)) return &format;
  }
  return nullptr;
}

}  // namespace

void formats::throw_corrupt(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, where, what);
}

void formats::check_size(int64_t width, int64_t height, const std::string& where) {
  if (width < 1 || height < 1) throw_corrupt(where, "the picture has no pixels");
  if (width > kMaxPixels || height > kMaxPixels || width * height > kMaxPixels) {
    throw Error(ErrorKind::kUnsupported, where,
                "a picture of " + std::to_string(width) + " x " + std::to_string(height) + " pixels is not read",
                "the largest has " + std::to_string(kMaxPixels) + " pixels");
  }
}

std::vector<int> formats::check_animation(std::span<const Image> frames, const Timing& timing,
                                          const std::string& where) {
  constexpr int kLongest = 65535;
  if (frames.empty()) throw Error(ErrorKind::kUsage, where, "there are no frames");
  for (size_t i = 1; i < frames.size(); ++i) {
    const Image &a = frames[0], &b = frames[i];
    if (a.width == b.width && a.height == b.height && a.channels == b.channels) continue;
    throw Error(ErrorKind::kUsage, where, "frame " + std::to_string(i) + " has another size than the first");
  }
  if (timing.milliseconds.size() != 1 && timing.milliseconds.size() != frames.size()) {
    throw Error(ErrorKind::kUsage, where,
                std::to_string(timing.milliseconds.size()) + " times for " + std::to_string(frames.size()) + " frames",
                "give one for all, or one each");
  }
  std::vector<int> times(timing.milliseconds.begin(), timing.milliseconds.end());
  times.resize(frames.size(), times[0]);
  for (const int time : times) {
    if (time >= 1 && time <= kLongest) continue;
    throw Error(ErrorKind::kUsage, where, "a frame cannot be shown for " + std::to_string(time) + " ms",
                "1 to 65535 are possible");
  }
  if (timing.loops < 0 || timing.loops > kLongest) {
    throw Error(ErrorKind::kUsage, where, "it cannot be shown " + std::to_string(timing.loops) + " times",
                "0 (for ever) to 65535 are possible");
  }
  return times;
}

Image formats::flatten_on_white(const Image& rgba) {
  Image rgb(rgba.width, rgba.height);
  const size_t count = rgb.pixels.size() / 3;
  for (size_t i = 0; i < count; ++i) {
    const int alpha = rgba.pixels[4 * i + 3];
    for (size_t c = 0; c < 3; ++c) {
      const int over = rgba.pixels[4 * i + c] * alpha + 255 * (255 - alpha);
      rgb.pixels[3 * i + c] = static_cast<uint8_t>((over + 127) / 255);
    }
  }
  return rgb;
}

std::string_view media_type(std::string_view bytes) {
  const Format* format = format_of(bytes);
  return format ? format->media_type : std::string_view();
}

Image decode_image(std::string_view bytes, const std::string& where) {
  const Format* format = format_of(bytes);
  if (!format) {
    throw Error(ErrorKind::kCorrupt, where,
                bytes.empty() ? "the file is empty" : "this is no PNG, JPEG or WebP picture");
  }
  return format->decode(bytes, where);
}

Image load_image(const std::string& path) { return decode_image(read_file(path), path); }

std::string encode_png(const Image& image) { return encode_png(image, {}); }

std::string encode_png(const Image& image, const std::string& description) {
  if (image.empty() || (image.channels != 1 && image.channels != 3 && image.channels != 4)) {
    throw Error(ErrorKind::kUsage, "PNG encoder", "a picture of 1, 3 or 4 channels is needed");
  }
  return formats::write_png(image, description, true);
}

LabelMap decode_label_png(std::string_view bytes, const std::string& where) {
  if (!is_png(bytes)) formats::throw_corrupt(where, "a label mask must be a PNG");
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
  if (!is_png(bytes)) formats::throw_corrupt(where, "a mask of class numbers must be a PNG");
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
