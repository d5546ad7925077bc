// SPDX-License-Identifier: Apache-2.0
// Animated PNG: the chunks of one PNG a frame, put together under the names that the extension gives them
// (https://www.w3.org/TR/png-3/, 4.9).
#include "microtome/image/testing/apng.h"

#include <zlib.h>

#include "microtome/image/codec.h"
#include "microtome/image/codec_formats.h"

namespace microtome {
namespace {

constexpr size_t kSignatureBytes = 8;

std::string big_endian(uint32_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
  return out;
}

uint32_t big_endian_at(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

std::string chunk(std::string_view type, std::string_view data) {
  const std::string body = std::string(type).append(data);
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<uint32_t>(data.size()), 4) + body + big_endian(static_cast<uint32_t>(crc), 4);
}

struct Chunk {
  std::string_view type, data, whole;
};

// Calls visit(chunk) until it answers false or the chunks end; a chunk that is cut off ends them.
template <class Visit>
void for_each_chunk(std::string_view png, Visit&& visit) {
  size_t at = kSignatureBytes;
  while (at + 12 <= png.size()) {
    const size_t size = big_endian_at(png, at);
    if (size > png.size() - at - 12) return;
    if (!visit(Chunk{png.substr(at + 4, 4), png.substr(at + 8, size), png.substr(at, size + 12)})) return;
    at += size + 12;
  }
}

// Whole frame, left in place, replacing what was there.
std::string frame_control(uint32_t sequence, const Image& frame, int milliseconds) {
  std::string data = big_endian(sequence, 4) + big_endian(static_cast<uint32_t>(frame.width), 4) +
                     big_endian(static_cast<uint32_t>(frame.height), 4) + big_endian(0, 4) + big_endian(0, 4) +
                     big_endian(static_cast<uint32_t>(milliseconds), 2) + big_endian(1000, 2);
  return chunk("fcTL", data + std::string(2, '\0'));
}

}  // namespace

std::string encode_apng(std::span<const Image> frames, const Timing& timing, const std::string& description) {
  const std::vector<int> times = formats::check_animation(frames, timing, "PNG encoder");
  if (frames.size() == 1) return encode_png(frames[0], description);
  std::string out;
  uint32_t sequence = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    const std::string png = encode_png(frames[i], i == 0 ? description : std::string());
    if (i == 0) out = png.substr(0, kSignatureBytes);
    bool pixels = false;
    for_each_chunk(png, [&](const Chunk& at) {
      if (at.type == "IDAT") {
        if (!pixels) out += frame_control(sequence++, frames[i], times[i]);
        pixels = true;
        out += i == 0 ? std::string(at.whole) : chunk("fdAT", big_endian(sequence++, 4).append(at.data));
      } else if (i == 0 && at.type != "IEND") {
        out += at.whole;
        if (at.type == "IHDR") {
          out += chunk("acTL", big_endian(static_cast<uint32_t>(frames.size()), 4) +
                                   big_endian(static_cast<uint32_t>(timing.loops), 4));
        }
      }
      return true;
    });
  }
  return out + chunk("IEND", "");
}

}  // namespace microtome
