// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/resource.h>
#include <zlib.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"

namespace microtome {
namespace {

// Smooth with some noise, so that every coder has something to do.
Image picture(int width, int height, int channels, uint64_t seed = 1) {
  Image image(width, height, channels);
  Rng rng(seed, "picture");
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        image.at(x, y)[c] = static_cast<uint8_t>((3 * x + 5 * y * (c + 1) + rng.below(9)) % 256);
      }
    }
  }
  return image;
}

std::string big_endian(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
  return out;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<uint32_t>(data.size())) + body + big_endian(static_cast<uint32_t>(crc));
}

// A PNG written by hand: `rows` are the filtered scan lines, `extra` the chunks before the pixels.
std::string hand_made_png(int width, int height, int depth, int colour_type, const std::string& rows,
                          const std::string& extra = {}) {
  uLongf size = compressBound(rows.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()), rows.size());
  packed.resize(size);
  std::string header = big_endian(static_cast<uint32_t>(width)) + big_endian(static_cast<uint32_t>(height));
  header += static_cast<char>(depth);
  header += static_cast<char>(colour_type);
  header += std::string(3, '\0');
  return std::string("\x89PNG\r\n\x1a\n", 8) + chunk("IHDR", header) + extra + chunk("IDAT", packed) +
         chunk("IEND", "");
}

std::vector<int> rgb_at(const Image& image, int x, int y) {
  const uint8_t* pixel = image.at(x, y);
  return {pixel[0], pixel[1], pixel[2]};
}

void expect_every_truncation_fails(const std::string& bytes) {
  ASSERT_NO_THROW(decode_image(bytes, "whole"));
  for (size_t size = 0; size < bytes.size(); ++size) {
    try {
      decode_image(std::string_view(bytes).substr(0, size), "cut.img");
      ADD_FAILURE() << "the first " << size << " of " << bytes.size() << " bytes decode";
      return;
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::kCorrupt) << size << ": " << error.what();
      ASSERT_TRUE(std::string(error.what()).starts_with("cut.img")) << error.what();
    }
  }
}

TEST(Codec, PngAndLosslessWebpKeepEveryPixel) {
  EXPECT_TRUE(rc::check("round trip", [] {
    const int width = *rc::gen::inRange(1, 40), height = *rc::gen::inRange(1, 40);
    const Image image = picture(width, height, 3, *rc::gen::arbitrary<uint64_t>());
    RC_ASSERT(decode_image(encode_png(image), "x") == image);
    RC_ASSERT(decode_image(encode_webp(image, 0), "x") == image);
  }));
}

TEST(Codec, GreyPngComesBackAsEqualChannels) {
  const Image grey = picture(13, 7, 1);
  const Image rgb = decode_image(encode_png(grey), "x");
  ASSERT_EQ(rgb.channels, 3);
  for (int y = 0; y < 7; ++y) {
    for (int x = 0; x < 13; ++x) EXPECT_EQ(rgb_at(rgb, x, y), std::vector<int>(3, *grey.at(x, y)));
  }
}

TEST(Codec, LossyFormatsStayClose) {
  Image image(48, 32);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 48; ++x) {
      image.at(x, y)[0] = static_cast<uint8_t>(5 * x);
      image.at(x, y)[1] = static_cast<uint8_t>(7 * y);
      image.at(x, y)[2] = static_cast<uint8_t>(2 * x + 2 * y);
    }
  }
  for (const std::string& bytes : {encode_jpeg(image, 95), encode_jpeg(image, 75), encode_webp(image, 95)}) {
    const Image back = decode_image(bytes, "x");
    ASSERT_EQ(back.width, 48);
    ASSERT_EQ(back.height, 32);
    double error = 0;
    for (size_t i = 0; i < image.pixels.size(); ++i) error += std::abs(int{image.pixels[i]} - int{back.pixels[i]});
    EXPECT_LT(error / static_cast<double>(image.pixels.size()), 4.0);
  }
}

TEST(Codec, SamePixelsGiveSameBytes) {
  const Image image = picture(30, 20, 3);
  EXPECT_EQ(encode_png(image, "note"), encode_png(image, "note"));
  EXPECT_EQ(encode_jpeg(image, 90), encode_jpeg(image, 90));
  EXPECT_EQ(encode_webp(image, 80), encode_webp(image, 80));
}

TEST(Codec, EveryTruncationIsAnError) {
  const Image image = picture(31, 17, 3);
  expect_every_truncation_fails(encode_png(image, "with a text"));
  expect_every_truncation_fails(encode_jpeg(image, 95));
  expect_every_truncation_fails(encode_jpeg(image, 60));
  expect_every_truncation_fails(encode_webp(image, 80));
  expect_every_truncation_fails(encode_webp(image, 0));
  expect_every_truncation_fails(encode_webp(picture(9, 9, 4), 80));
}

TEST(Codec, DamagedBytesNeverDoMoreThanThrow) {
  const Image image = picture(31, 17, 3);
  const std::string originals[] = {encode_png(image), encode_jpeg(image, 90), encode_webp(image, 80),
                                   encode_webp(image, 0)};
  for (const std::string& original : originals) {
    Rng rng(5, "damage");
    for (int round = 0; round < 300; ++round) {
      std::string bytes = original;
      for (int64_t hits = rng.between(1, 4); hits > 0; --hits) {
        bytes[static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size())))] = static_cast<char>(rng.below(256));
      }
      try {
        decode_image(bytes, "damaged");
      } catch (const Error& error) {
        EXPECT_NE(error.kind(), ErrorKind::kInternal);
      }
    }
  }
}

TEST(Codec, AnyFlippedBitOfAPngIsSeen) {
  const std::string original = encode_png(picture(12, 12, 3));
  for (size_t at = 8; at < original.size(); ++at) {
    std::string bytes = original;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    EXPECT_THROW(decode_image(bytes, "x"), Error) << at;
  }
}

TEST(Codec, RefusesWhatIsNoPicture) {
  EXPECT_THROW(decode_image("", "x"), Error);
  EXPECT_THROW(decode_image("GIF89a", "x"), Error);
  try {
    decode_image("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "x.jpg");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "x.jpg: this is a Git LFS pointer, not the file that it stands for; PNG, JPEG and WebP are read; "
                 "fetch it with: git lfs pull");
  }
  EXPECT_EQ(media_type("GIF89a"), "");
  EXPECT_EQ(media_type(encode_png(picture(2, 2, 3))), "image/png");
  EXPECT_EQ(media_type(encode_jpeg(picture(2, 2, 3), 90)), "image/jpeg");
  EXPECT_EQ(media_type(encode_webp(picture(2, 2, 3), 90)), "image/webp");
  EXPECT_THROW(encode_png(Image()), Error);
  EXPECT_THROW(encode_jpeg(picture(2, 2, 4), 90), Error);
  EXPECT_THROW(encode_webp(picture(2, 2, 3), 101), Error);
}

TEST(Codec, AHeaderThatClaimsTooMuchTakesNoMemory) {
  const std::string bytes = hand_made_png(900000, 900000, 8, 2, std::string(1, '\0'));
  try {
    decode_image(bytes, "bomb.png");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
  }
}

// A text of two gigabytes is claimed in as many bytes as there are letters in this line.
TEST(Codec, APartThatClaimsTooMuchTakesNoMemory) {
  std::string bytes = hand_made_png(2, 1, 8, 0, std::string(3, '\0'));
  const size_t header = 8 + 25;  // signature and IHDR
  bytes.insert(header, std::string("\x7F\xFF\xFF\x00iTXtDescription\0\0\0\0\0x", 25));
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  EXPECT_THROW(decode_image(bytes, "bomb.png"), Error);
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 100'000) << "KiB";
}

TEST(Codec, RoundsSixteenBits) {
  // Row filter 0, then two RGB pixels: 0x0080 is below and 0x0081 above the half of one step (257 / 2 = 128.5).
  const std::string row("\0\x00\x80\x00\x81\xFF\x7F\x80\x00\xFF\xFF\x12\x34", 13);
  const Image image = decode_image(hand_made_png(2, 1, 16, 2, row), "x");
  const auto rounded = [](int v) { return static_cast<int>(std::lround(v * 255.0 / 65535.0)); };
  EXPECT_EQ(rgb_at(image, 0, 0), (std::vector<int>{rounded(0x0080), rounded(0x0081), rounded(0xFF7F)}));
  EXPECT_EQ(rgb_at(image, 1, 0), (std::vector<int>{rounded(0x8000), 255, rounded(0x1234)}));
}

TEST(Codec, ExpandsPalettesAndTheirTransparency) {
  const std::string palette = chunk("PLTE", std::string("\x0A\x14\x1E\xC8\x64\x00", 6));
  const std::string row("\0\x40", 2);  // Indices 0 and 1 in one bit each.
  const Image opaque = decode_image(hand_made_png(2, 1, 1, 3, row, palette), "x");
  EXPECT_EQ(rgb_at(opaque, 0, 0), (std::vector<int>{10, 20, 30}));
  EXPECT_EQ(rgb_at(opaque, 1, 0), (std::vector<int>{200, 100, 0}));
  const std::string clear = palette + chunk("tRNS", std::string(1, '\0'));
  const Image transparent = decode_image(hand_made_png(2, 1, 1, 3, row, clear), "x");
  EXPECT_EQ(rgb_at(transparent, 0, 0), (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(rgb_at(transparent, 1, 0), (std::vector<int>{200, 100, 0}));
}

TEST(Codec, PutsTransparencyOnWhite) {
  const std::string row("\0\x64\xFF\x64\x00\x64\x80", 7);  // Grey 100 with alpha 255, 0 and 128.
  const Image image = decode_image(hand_made_png(3, 1, 8, 4, row), "x");
  EXPECT_EQ(rgb_at(image, 0, 0), std::vector<int>(3, 100));
  EXPECT_EQ(rgb_at(image, 1, 0), std::vector<int>(3, 255));
  EXPECT_EQ(rgb_at(image, 2, 0), std::vector<int>(3, static_cast<int>(std::lround(100 * 128 / 255.0 + 127))));
  Image rgba(4, 4, 4, 0);
  EXPECT_EQ(rgb_at(decode_image(encode_webp(rgba, 0), "x"), 1, 1), std::vector<int>(3, 255));
}

TEST(Codec, StoresTheDescriptionInAPng) {
  const Image image = picture(5, 5, 3);
  const std::string bytes = encode_png(image, "seed 7, \xC3\xA9t\xC3\xA9");
  EXPECT_NE(bytes.find("Description"), std::string::npos);
  EXPECT_NE(bytes.find("seed 7, \xC3\xA9t\xC3\xA9"), std::string::npos);
  EXPECT_EQ(decode_image(bytes, "x"), image);
}

TEST(LabelPng, HoldsEveryLabelOfSixteenBits) {
  LabelMap map(256, 256);
  for (size_t i = 0; i < map.labels.size(); ++i) map.labels[i] = static_cast<uint16_t>(i);
  EXPECT_EQ(decode_label_png(encode_label_png(map), "x"), map);
}

TEST(LabelPng, IsRedPlus256Green) {
  const std::string row("\0\x2D\x01\x00", 4);
  EXPECT_EQ(decode_label_png(hand_made_png(1, 1, 8, 2, row), "x").at(0, 0), 301);
}

TEST(LabelPng, RefusesEveryOtherKind) {
  const auto refused = [](const std::string& bytes) {
    try {
      decode_label_png(bytes, "mask.png");
      return false;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kCorrupt;
    }
  };
  EXPECT_TRUE(refused(hand_made_png(1, 1, 8, 2, std::string("\0\x01\x00\x01", 4)))) << "blue is set";
  EXPECT_TRUE(refused(hand_made_png(1, 1, 8, 0, std::string("\0\x01", 2)))) << "grey";
  EXPECT_TRUE(refused(hand_made_png(1, 1, 16, 2, std::string(7, '\0')))) << "16 bits";
  EXPECT_TRUE(refused(encode_png(Image(2, 2, 4)))) << "alpha";
  EXPECT_TRUE(refused(encode_jpeg(Image(2, 2), 90))) << "JPEG";
}

}  // namespace
}  // namespace microtome
