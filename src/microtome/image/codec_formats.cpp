// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/codec_formats.h"

#include "microtome/base/error.h"

namespace microtome::formats {
namespace {

// An animation: looks at the names of the chunks before the first pixels; one that is cut off ends them.
bool is_apng(std::string_view bytes) {
  size_t at = 8;
  while (at + 12 <= bytes.size()) {
    size_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(bytes[at + i]);
    const std::string_view type = bytes.substr(at + 4, 4);
    if (size > bytes.size() - at - 12 || type == "IDAT") return false;
    if (type == "acTL") return true;
    at += size + 12;
  }
  return false;
}

}  // namespace

void throw_corrupt(const std::string& where, const std::string& what) { throw Error(ErrorKind::kCorrupt, where, what); }

void check_size(int64_t width, int64_t height, const std::string& where) {
  if (width < 1 || height < 1) throw_corrupt(where, "the picture has no pixels");
  if (width > kMaxPixels || height > kMaxPixels || width * height > kMaxPixels) {
    throw Error(ErrorKind::kUnsupported, where,
                "a picture of " + std::to_string(width) + " x " + std::to_string(height) + " pixels is not read",
                "the largest has " + std::to_string(kMaxPixels) + " pixels");
  }
}

std::vector<int> check_animation(std::span<const Image> frames, const Timing& timing, const std::string& where) {
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

Image flatten_on_white(const Image& rgba) {
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

bool is_png(std::string_view bytes) { return bytes.substr(0, 8) == std::string_view("\x89PNG\r\n\x1a\n", 8); }

std::string_view type_of(std::string_view bytes) {
  if (is_png(bytes)) return is_apng(bytes) ? "image/apng" : "image/png";
  if (bytes.substr(0, 2) == "\xFF\xD8") return "image/jpeg";
  const bool webp = bytes.size() >= 12 && bytes.substr(0, 4) == "RIFF" && bytes.substr(8, 4) == "WEBP";
  return webp ? "image/webp" : std::string_view();
}

}  // namespace microtome::formats
