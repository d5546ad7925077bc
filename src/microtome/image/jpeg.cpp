// SPDX-License-Identifier: Apache-2.0
// JPEG through libjpeg-turbo.
#include <turbojpeg.h>

#include <memory>

#include "microtome/base/error.h"
#include "microtome/image/codec.h"
#include "microtome/image/codec_formats.h"

namespace microtome {
namespace {

struct CloseTurbo {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Turbo = std::unique_ptr<void, CloseTurbo>;

Turbo open_turbo(tjhandle handle) {
  if (!handle) throw std::bad_alloc();
  return Turbo(handle);
}

// Photoshop writes CMYK inverted and says so by its APP14 segment.
bool has_adobe_marker(std::string_view bytes) {
  for (size_t at = bytes.find("\xFF\xEE"); at != std::string_view::npos; at = bytes.find("\xFF\xEE", at + 2)) {
    if (bytes.substr(at + 2).substr(2, 5) == "Adobe") return true;
  }
  return false;
}

Image rgb_from_cmyk(const Image& cmyk, bool inverted) {
  Image rgb(cmyk.width, cmyk.height);
  const size_t count = rgb.pixels.size() / 3;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* ink = &cmyk.pixels[4 * i];
    const int black = inverted ? ink[3] : 255 - ink[3];
    for (size_t c = 0; c < 3; ++c) {
      const int light = inverted ? ink[c] : 255 - ink[c];
      rgb.pixels[3 * i + c] = static_cast<uint8_t>((light * black + 127) / 255);
    }
  }
  return rgb;
}

}  // namespace

Image formats::decode_jpeg(std::string_view bytes, const std::string& where) {
  const Turbo turbo = open_turbo(tjInitDecompress());
  const auto damaged = [&] { throw_corrupt(where, std::string("damaged JPEG (") + tjGetErrorStr2(turbo.get()) + ")"); };
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colour_space = 0;
  if (tjDecompressHeader3(turbo.get(), data, bytes.size(), &width, &height, &subsampling, &colour_space)) damaged();
  check_size(width, height, where);
  const bool cmyk = colour_space == TJCS_CMYK || colour_space == TJCS_YCCK;
  Image image(width, height, cmyk ? 4 : 3);
  // Without this flag a picture that ends early comes back half grey, with a warning only.
  const int flags = TJFLAG_STOPONWARNING | TJFLAG_ACCURATEDCT;
  if (tjDecompress2(turbo.get(), data, bytes.size(), image.pixels.data(), width, 0, height, cmyk ? TJPF_CMYK : TJPF_RGB,
                    flags)) {
    damaged();
  }
  return cmyk ? rgb_from_cmyk(image, has_adobe_marker(bytes)) : image;
}

std::string encode_jpeg(const Image& image, int quality) {
  if (image.empty() || (image.channels != 1 && image.channels != 3)) {
    throw Error(ErrorKind::kUsage, "JPEG encoder", "a picture of 1 or 3 channels is needed");
  }
  if (quality < 1 || quality > 100) throw Error(ErrorKind::kUsage, "JPEG encoder", "quality must be 1..100");
  const Turbo turbo = open_turbo(tjInitCompress());
  // Halved chroma would blur the edges of small pictures, so only low qualities pay with it.
  const int subsampling = image.channels == 1 ? TJSAMP_GRAY : quality >= 90 ? TJSAMP_444 : TJSAMP_420;
  unsigned char* data = nullptr;
  unsigned long size = 0;
  const int failed =
      tjCompress2(turbo.get(), image.pixels.data(), image.width, 0, image.height,
                  image.channels == 1 ? TJPF_GRAY : TJPF_RGB, &data, &size, subsampling, quality, TJFLAG_ACCURATEDCT);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(data, tjFree);
  if (failed) throw Error(ErrorKind::kUsage, "JPEG encoder", tjGetErrorStr2(turbo.get()));
  return std::string(reinterpret_cast<const char*>(data), size);
}

}  // namespace microtome
