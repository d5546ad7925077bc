// SPDX-License-Identifier: Apache-2.0
// WebP through libwebp.
#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <memory>

#include "microtome/base/error.h"
#include "microtome/image/codec.h"
#include "microtome/image/codec_formats.h"

namespace microtome {
namespace {

struct FreePicture {
  void operator()(WebPPicture* picture) const { WebPPictureFree(picture); }
};

[[noreturn]] void encoder_failed(const std::string& what) { throw Error(ErrorKind::kUsage, "WebP encoder", what); }

// The decoder does not look at chunks after the pixels, so an end that is missing shows only in the container's size.
bool holds_whole_container(std::string_view bytes) {
  if (bytes.size() < 12) return false;
  uint64_t size = 0;
  for (size_t i = 0; i < 4; ++i) size |= uint64_t{static_cast<uint8_t>(bytes[4 + i])} << (8 * i);
  return bytes.size() >= size + 8;
}

}  // namespace

Image formats::decode_webp(std::string_view bytes, const std::string& where, std::vector<std::string>&) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (!holds_whole_container(bytes)) throw_corrupt(where, "damaged WebP (the file ends too early)");
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK)
    throw_corrupt(where, "damaged WebP (bad header)");
  if (features.has_animation) {
    throw Error(ErrorKind::kUnsupported, where, "an animated WebP is no single picture", "extract a frame first");
  }
  check_size(features.width, features.height, where);
  Image rgba(features.width, features.height, 4);
  if (!WebPDecodeRGBAInto(data, bytes.size(), rgba.pixels.data(), rgba.pixels.size(), 4 * features.width)) {
    throw_corrupt(where, "damaged WebP");
  }
  return flatten_on_white(rgba);
}

std::string encode_webp(const Image& image, int quality) {
  if (image.empty() || (image.channels != 3 && image.channels != 4)) {
    encoder_failed("a picture of 3 or 4 channels is needed");
  }
  if (quality < 0 || quality > 100) encoder_failed("quality must be 1..100, or 0 for lossless");
  WebPConfig config;
  if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, static_cast<float>(quality))) throw std::bad_alloc();
  if (quality == 0) {
    WebPConfigLosslessPreset(&config, 6);
    config.exact = 1;  // Colours under full transparency are pixels too.
  }
  WebPPicture picture;
  if (!WebPPictureInit(&picture)) throw std::bad_alloc();
  const std::unique_ptr<WebPPicture, FreePicture> owner(&picture);
  picture.use_argb = quality == 0;
  picture.width = image.width;
  picture.height = image.height;
  const int stride = image.width * image.channels;
  if (!(image.channels == 3 ? WebPPictureImportRGB(&picture, image.pixels.data(), stride)
                            : WebPPictureImportRGBA(&picture, image.pixels.data(), stride))) {
    encoder_failed("the picture is too large");
  }
  WebPMemoryWriter memory;
  WebPMemoryWriterInit(&memory);
  const std::unique_ptr<WebPMemoryWriter, void (*)(WebPMemoryWriter*)> memory_owner(&memory, WebPMemoryWriterClear);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &memory;
  if (!WebPEncode(&config, &picture)) encoder_failed("error " + std::to_string(picture.error_code));
  return std::string(reinterpret_cast<const char*>(memory.mem), memory.size);
}

// Frames are put together as they are coded, each whole, rather than by libwebp's own animation encoder, which codes
// differences to the frame before: that changes colours under full transparency, and frames of an ascent differ in
// every pixel anyway.
std::string encode_webp_animation(std::span<const Image> frames, const Timing& timing, int quality) {
  const std::vector<int> times = formats::check_animation(frames, timing, "WebP encoder");
  if (frames.size() == 1) return encode_webp(frames[0], quality);
  const std::unique_ptr<WebPMux, void (*)(WebPMux*)> mux(WebPMuxNew(), WebPMuxDelete);
  if (!mux) throw std::bad_alloc();
  const auto check = [](WebPMuxError error) {
    if (error == WEBP_MUX_MEMORY_ERROR) throw std::bad_alloc();
    if (error != WEBP_MUX_OK) throw Error(ErrorKind::kInternal, "WebP encoder", "mux error " + std::to_string(error));
  };
  for (size_t i = 0; i < frames.size(); ++i) {
    const std::string bytes = encode_webp(frames[i], quality);
    WebPMuxFrameInfo frame{};
    frame.id = WEBP_CHUNK_ANMF;
    frame.bitstream = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    frame.duration = times[i];
    frame.dispose_method = WEBP_MUX_DISPOSE_NONE;
    frame.blend_method = WEBP_MUX_NO_BLEND;
    check(WebPMuxPushFrame(mux.get(), &frame, /*copy_data=*/1));
  }
  const WebPMuxAnimParams params{.bgcolor = 0xFFFFFFFF, .loop_count = timing.loops};
  check(WebPMuxSetAnimationParams(mux.get(), &params));
  WebPData data;
  WebPDataInit(&data);
  const std::unique_ptr<WebPData, void (*)(WebPData*)> owner(&data, WebPDataClear);
  check(WebPMuxAssemble(mux.get(), &data));
  return std::string(reinterpret_cast<const char*>(data.bytes), data.size);
}

}  // namespace microtome
