// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/picture_header.h"

#include <fmt/format.h>
#include <webp/decode.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "microtome/base/plain_text.h"
#include "microtome/image/codec_formats.h"

namespace microtome {
namespace {

using namespace std::string_view_literals;

// Numbers of a file, 0 beyond its end.
class Bytes {
 public:
  Bytes(std::string_view bytes, bool little) : bytes_(bytes), little_(little) {}
  uint32_t number(size_t at, size_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      value = value << 8 | static_cast<uint8_t>(bytes_[at + (little_ ? count - 1 - i : i)]);
    }
    return value;
  }
  uint32_t u16(size_t at) const { return number(at, 2); }
  uint32_t u32(size_t at) const { return number(at, 4); }

 private:
  std::string_view bytes_;
  bool little_;
};

std::string_view part(std::string_view bytes, size_t at, size_t count) {
  return at <= bytes.size() ? bytes.substr(at, count) : std::string_view();
}

// Tag 0x0112 in the first directory of EXIF's TIFF structure (CIPA DC-008); 1 when it is not there or makes no sense.
int exif_orientation(std::string_view tiff) {
  if (tiff.starts_with("Exif\0\0"sv)) tiff.remove_prefix(6);
  const bool little = tiff.starts_with("II*\0"sv);
  if (!little && !tiff.starts_with("MM\0*"sv)) return 1;
  const Bytes in(tiff, little);
  const size_t directory = in.u32(4), entries = in.u16(directory);
  for (size_t i = 0; i < entries && directory + 14 + 12 * i <= tiff.size(); ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (in.u16(entry) != 0x0112) continue;
    const uint32_t value = in.u16(entry + 2) == 4 ? in.u32(entry + 8) : in.u16(entry + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

// The description of an ICC profile (ICC.1, "desc" as text of version 2 or "mluc" of version 4), its ASCII letters.
std::string profile_name(std::string_view profile) {
  const Bytes in(profile, false);
  std::string name;
  const size_t tags = std::min<size_t>(in.u32(128), 100);
  for (size_t i = 0; i < tags; ++i) {
    const size_t tag = 132 + 12 * i;
    if (part(profile, tag, 4) != "desc") continue;
    const size_t at = in.u32(tag + 4);
    if (part(profile, at, 4) == "desc") name = part(profile, at + 12, std::min<size_t>(in.u32(at + 8), 100));
    if (part(profile, at, 4) != "mluc") break;
    const size_t text = at + in.u32(at + 24);
    for (size_t c = 0; c < std::min<size_t>(in.u32(at + 20), 200); c += 2) {
      if (const uint32_t letter = in.u16(text + c); letter >= 0x20 && letter < 0x7F) name += static_cast<char>(letter);
    }
    break;
  }
  return one_line(name.substr(0, name.find('\0')));
}

std::string described(std::string_view profile) {
  const std::string name = profile_name(profile);
  // "c2" and "uRGB" are sRGB in few bytes.
  if (name.find("sRGB") != std::string::npos || name.starts_with("c2") || name.starts_with("uRGB")) return {};
  return name.empty() ? "its colour profile" : fmt::format("its colour profile \"{}\"", name);
}

std::string inflated(std::string_view packed) {
  std::string out(size_t{1} << 16, '\0');  // The description is near the beginning.
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(std::min<size_t>(packed.size(), 1u << 20));
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  inflate(&stream, Z_SYNC_FLUSH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

// Walks the segments up to the frame header, as libjpeg passing over what is none. A thumbnail is inside a segment.
PictureHeader jpeg_header(std::string_view bytes) {
  const Bytes in(bytes, false);
  PictureHeader out;
  bool oriented = false;
  for (size_t at = 2; at + 4 <= bytes.size();) {
    at = bytes.find('\xFF', at);
    if (at == std::string_view::npos) break;
    at = bytes.find_first_not_of('\xFF', at);
    if (at == std::string_view::npos) break;
    const uint32_t marker = in.number(at++, 1);
    if (marker <= 1 || (marker >= 0xD0 && marker <= 0xD7)) continue;
    if (marker == 0xD9 || marker == 0xDA) break;
    const size_t length = in.u16(at);
    if (length < 2) break;
    const std::string_view body = part(bytes, at + 2, length - 2);
    if (marker == 0xE1 && body.starts_with("Exif\0\0"sv) && !oriented) {
      out.orientation = exif_orientation(body);
      oriented = true;
    }
    if (marker == 0xE2 && body.starts_with("ICC_PROFILE\0\x01"sv)) out.colours = described(part(body, 14, length));
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
      if (at + 7 > bytes.size()) break;
      out.height = static_cast<int>(in.u16(at + 3)), out.width = static_cast<int>(in.u16(at + 5));
      out.complete = true;
      break;
    }
    at += length;
  }
  return out;
}

int side(uint32_t value) { return value > INT32_MAX ? 0 : static_cast<int>(value); }

PictureHeader png_header(std::string_view bytes) {
  const Bytes in(bytes, false);
  PictureHeader out;
  out.width = side(in.u32(16)), out.height = side(in.u32(20));
  bool srgb = false;
  std::string gamma;
  for (size_t at = 8; at + 12 <= bytes.size();) {
    const size_t size = in.u32(at);
    const std::string_view type = part(bytes, at + 4, 4), body = part(bytes, at + 8, size);
    out.complete = type == "IDAT";
    if (out.complete) break;
    if (type == "eXIf") out.orientation = exif_orientation(body);
    if (type == "sRGB") srgb = true;
    if (type == "iCCP") out.colours = described(inflated(part(body, body.find('\0') + 2, size)));
    const double exponent = in.u32(at + 8) / 100000.0;
    if (type == "gAMA" && std::abs(exponent - 1 / 2.2) > 0.01) gamma = fmt::format("its gamma of {:.3g}", exponent);
    at += size + 12;
  }
  if (out.colours.empty()) out.colours = gamma;
  if (srgb) out.colours.clear();
  return out;
}

PictureHeader webp_header(std::string_view bytes) {
  PictureHeader out;
  if (!WebPGetInfo(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &out.width, &out.height)) return {};
  const Bytes in(bytes, true);
  for (size_t at = 12; at + 8 <= bytes.size();) {
    const size_t size = in.u32(at + 4);
    const std::string_view type = part(bytes, at, 4), body = part(bytes, at + 8, size);
    if (type == "EXIF") out.orientation = exif_orientation(body);
    if (type == "ICCP") out.colours = described(body);
    at += 8 + size + size % 2;
  }
  return out;
}

}  // namespace

PictureHeader read_picture_header(std::string_view bytes) {
  const std::string_view type = formats::type_of(bytes);
  if (type == "image/jpeg") return jpeg_header(bytes);
  if (type == "image/png" || type == "image/apng") return png_header(bytes);
  return type == "image/webp" ? webp_header(bytes) : PictureHeader{};
}

}  // namespace microtome
