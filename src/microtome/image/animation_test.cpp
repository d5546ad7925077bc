// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <webp/demux.h>
#include <zlib.h>

#include <cmath>
#include <memory>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/image/testing/apng.h"

namespace microtome {
namespace {

// Frames that share most of their pixels, some of them clear: what a coder of differences would get wrong.
std::vector<Image> film(int count, int channels) {
  std::vector<Image> frames;
  Image image(31, 17, channels);
  Rng rng(3, "film");
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(rng.below(256));
  for (int i = 0; i < count; ++i) {
    for (int c = 0; c < channels; ++c) image.at(5 * i % 31, i)[c] = static_cast<uint8_t>(rng.below(256));
    if (channels == 4) image.at(7, 7)[3] = static_cast<uint8_t>(i % 2 ? 0 : 255);
    frames.push_back(image);
  }
  return frames;
}

struct Played {
  std::vector<Image> frames;  // RGBA
  std::vector<int> milliseconds;
  uint32_t loops = 0;
};

Played play_webp(const std::string& bytes) {
  const WebPData data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(WebPAnimDecoderNew(&data, &options),
                                                                             WebPAnimDecoderDelete);
  Played played;
  if (!decoder) return played;
  WebPAnimInfo info;
  WebPAnimDecoderGetInfo(decoder.get(), &info);
  played.loops = info.loop_count;
  int before = 0;
  while (WebPAnimDecoderHasMoreFrames(decoder.get())) {
    uint8_t* pixels = nullptr;
    int end = 0;
    if (!WebPAnimDecoderGetNext(decoder.get(), &pixels, &end)) return {};
    Image& frame =
        played.frames.emplace_back(static_cast<int>(info.canvas_width), static_cast<int>(info.canvas_height), 4);
    std::copy_n(pixels, frame.pixels.size(), frame.pixels.begin());
    played.milliseconds.push_back(end - before);
    before = end;
  }
  return played;
}

uint32_t number(std::string_view bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// Takes an animated PNG apart into one PNG a frame, as the specification says, and reads these.
struct Apart {
  std::vector<Image> frames;  // RGB
  std::vector<double> seconds;
  uint32_t announced = 0, loops = 0;
};

Apart take_apart(const std::string& bytes) {
  const auto chunk = [](const std::string& type, const std::string& data) {
    const std::string body = type + data;
    std::string out;
    const auto append = [&](uint32_t value) {
      for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
    };
    append(static_cast<uint32_t>(data.size()));
    out += body;
    append(
        static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
    return out;
  };
  Apart out;
  std::string head, pixels;
  uint32_t sequence = 0;
  const auto finish = [&] {
    if (!pixels.empty()) out.frames.push_back(decode_image(head + chunk("IDAT", pixels) + chunk("IEND", ""), "frame"));
    pixels.clear();
  };
  for (size_t at = 8; at < bytes.size();) {
    const size_t size = number(bytes, at, 4);
    const std::string type = bytes.substr(at + 4, 4), data = bytes.substr(at + 8, size);
    at += size + 12;
    if (type == "IHDR") head = bytes.substr(0, 8) + chunk(type, data);
    if (type == "acTL") out.announced = number(data, 0, 4), out.loops = number(data, 4, 4);
    if (type == "fcTL" || type == "fdAT") {
      EXPECT_EQ(number(data, 0, 4), sequence++);
    }
    if (type == "fcTL") {
      finish();
      EXPECT_EQ(number(data, 4, 4), 31u);
      EXPECT_EQ(number(data, 8, 4), 17u);
      EXPECT_EQ(data.substr(12, 8), std::string(8, '\0'));
      EXPECT_EQ(data.substr(24), std::string(2, '\0'));
      out.seconds.push_back(static_cast<double>(number(data, 20, 2)) / number(data, 22, 2));
    }
    if (type == "IDAT") pixels += data;
    if (type == "fdAT") pixels += data.substr(4);
    if (type == "IEND") {
      EXPECT_EQ(at, bytes.size());
    }
  }
  finish();
  return out;
}

const std::vector<int> kTimes = {40, 1, 65535, 100, 40};

TEST(WebpAnimation, LosslessFramesComeBackPixelByPixel) {
  for (const int channels : {3, 4}) {
    const std::vector<Image> frames = film(5, channels);
    const Played played = play_webp(encode_webp_animation(frames, {.milliseconds = kTimes, .loops = 3}, 0));
    ASSERT_EQ(played.frames.size(), 5u);
    EXPECT_EQ(played.milliseconds, kTimes);
    EXPECT_EQ(played.loops, 3u);
    for (size_t i = 0; i < 5; ++i) {
      for (int y = 0; y < 17; ++y) {
        for (int x = 0; x < 31; ++x) {
          const uint8_t *a = frames[i].at(x, y), *b = played.frames[i].at(x, y);
          for (int c = 0; c < channels; ++c) ASSERT_EQ(a[c], b[c]) << i << ": " << x << ", " << y;
        }
      }
    }
  }
}

TEST(WebpAnimation, LossyFramesStayClose) {
  std::vector<Image> frames;
  for (int i = 0; i < 3; ++i) {
    Image& frame = frames.emplace_back(32, 32);
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) std::fill_n(frame.at(x, y), 3, static_cast<uint8_t>(4 * x + 2 * y + 10 * i));
    }
  }
  const int time = 50;
  const std::string bytes = encode_webp_animation(frames, {.milliseconds = std::span(&time, 1)}, 90);
  const Played played = play_webp(bytes);
  ASSERT_EQ(played.frames.size(), 3u);
  EXPECT_EQ(played.milliseconds, std::vector<int>(3, 50));
  EXPECT_EQ(played.loops, 0u);
  for (size_t i = 0; i < 3; ++i) {
    double error = 0;
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) error += std::abs(int{*frames[i].at(x, y)} - int{*played.frames[i].at(x, y)});
    }
    EXPECT_LT(error / 1024, 4);
  }
}

TEST(Apng, FramesComeBackPixelByPixel) {
  for (const int channels : {1, 3}) {
    const std::vector<Image> frames = film(5, channels);
    const std::string bytes = encode_apng(frames, {.milliseconds = kTimes, .loops = 2}, "seed 7");
    EXPECT_NE(bytes.find("seed 7"), std::string::npos);
    const Apart apart = take_apart(bytes);
    ASSERT_EQ(apart.frames.size(), 5u);
    EXPECT_EQ(apart.announced, 5u);
    EXPECT_EQ(apart.loops, 2u);
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(apart.frames[i], decode_image(encode_png(frames[i]), "x")) << i;
      EXPECT_DOUBLE_EQ(apart.seconds[i], kTimes[i] / 1000.);
    }
    EXPECT_EQ(decode_image(bytes, "x"), apart.frames[0]) << "who does not know the extension sees the first frame";
  }
}

TEST(Apng, FramesWithOpacityComeBack) {
  const std::vector<Image> frames = film(3, 4);
  const Apart apart = take_apart(encode_apng(frames, {.milliseconds = std::span(kTimes).first(3)}));
  ASSERT_EQ(apart.frames.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(apart.frames[i], decode_image(encode_png(frames[i]), "x"));
}

TEST(Animation, IsKnownByItsBytes) {
  const std::vector<Image> frames = film(3, 3);
  const Timing timing{.milliseconds = std::span(kTimes).first(1)};
  const std::string webp = encode_webp_animation(frames, timing, 0), apng = encode_apng(frames, timing);
  EXPECT_EQ(media_type(webp), "image/webp");
  EXPECT_EQ(media_type(apng), "image/apng");
  EXPECT_EQ(media_type(encode_png(frames[0])), "image/png");
  EXPECT_EQ(webp, encode_webp_animation(frames, timing, 0));
  EXPECT_EQ(apng, encode_apng(frames, timing));
  EXPECT_THROW(decode_image(webp, "x"), Error);
}

TEST(Animation, OfOneFrameIsAPicture) {
  const std::vector<Image> frames = film(1, 3);
  const Timing timing{.milliseconds = std::span(kTimes).first(1)};
  EXPECT_EQ(encode_apng(frames, timing), encode_png(frames[0]));
  EXPECT_EQ(decode_image(encode_webp_animation(frames, timing, 0), "x"), frames[0]);
}

TEST(Animation, RefusesWhatCannotBe) {
  std::vector<Image> frames = film(3, 3);
  const auto refused = [&](std::vector<int> times, int loops) {
    const Timing timing{.milliseconds = times, .loops = loops};
    int count = 0;
    for (const bool webp : {true, false}) {
      try {
        webp ? encode_webp_animation(frames, timing, 0) : encode_apng(frames, timing);
      } catch (const Error& error) {
        count += error.kind() == ErrorKind::kUsage;
      }
    }
    return count == 2;
  };
  EXPECT_FALSE(refused({10}, 0));
  EXPECT_TRUE(refused({}, 0));
  EXPECT_TRUE(refused({10, 10}, 0));
  EXPECT_TRUE(refused({0}, 0));
  EXPECT_TRUE(refused({65536}, 0));
  EXPECT_TRUE(refused({10}, -1));
  frames[2] = Image(30, 17);
  EXPECT_TRUE(refused({10}, 0));
  frames.clear();
  EXPECT_TRUE(refused({10}, 0));
}

TEST(Animation, DamagedApngNeverDoesMoreThanThrow) {
  const std::string original = encode_apng(film(3, 3), {.milliseconds = std::span(kTimes).first(1)});
  for (size_t size = 0; size < original.size(); ++size) {
    EXPECT_THROW(decode_image(std::string_view(original).substr(0, size), "cut"), Error) << size;
    media_type(std::string_view(original).substr(0, size));
  }
  for (size_t at = 8; at < original.size(); ++at) {
    std::string bytes = original;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    EXPECT_THROW(decode_image(bytes, "x"), Error) << at;
  }
}

TEST(ContactSheet, WithoutGapsIsTheTilesThemselves) {
  std::vector<Image> tiles;
  for (int i = 0; i < 5; ++i) tiles.emplace_back(8, 8, 3, static_cast<uint8_t>(50 * i));
  const Image sheet = contact_sheet(tiles, 3, 8, 0, 255);
  ASSERT_EQ(sheet.width, 24);
  ASSERT_EQ(sheet.height, 16);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 24; ++x) {
      const int tile = 3 * (y / 8) + x / 8;
      EXPECT_EQ(*sheet.at(x, y), tile < 5 ? 50 * tile : 255);
    }
  }
}

}  // namespace
}  // namespace microtome
