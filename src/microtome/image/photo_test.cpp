// SPDX-License-Identifier: Apache-2.0
#include "microtome/image/photo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <webp/mux.h>

#include <cmath>
#include <cstdio>
#include <memory>
// After <cstdio>, which it does not include.
#include <jpeglib.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/reporter.h"
#include "microtome/base/rng.h"
#include "microtome/image/codec.h"
#include "microtome/image/testing/tagged.h"

namespace microtome {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// No two turns of it are alike, and lossy coders keep it.
Image upright_picture() {
  Image image(48, 32, 3, 20);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 48; ++x) {
      uint8_t* pixel = image.at(x, y);
      pixel[0] = pixel[1] = pixel[2] = static_cast<uint8_t>((x < 16 ? 0 : 90) + (y < 16 ? 0 : 120));
    }
  }
  return image;
}

std::string webp_with(const Image& image, const char* chunk, const std::string& data) {
  const std::string plain = encode_webp(image, 0);
  const WebPData input{reinterpret_cast<const uint8_t*>(plain.data()), plain.size()};
  const std::unique_ptr<WebPMux, void (*)(WebPMux*)> mux(WebPMuxCreate(&input, 1), WebPMuxDelete);
  const WebPData body{reinterpret_cast<const uint8_t*>(data.data()), data.size()};
  EXPECT_EQ(WebPMuxSetChunk(mux.get(), chunk, &body, 1), WEBP_MUX_OK);
  WebPData out;
  EXPECT_EQ(WebPMuxAssemble(mux.get(), &out), WEBP_MUX_OK);
  const std::string bytes(reinterpret_cast<const char*>(out.bytes), out.size);
  WebPDataClear(&out);
  return bytes;
}

double difference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height) return 255;
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(int{a.pixels[i]} - int{b.pixels[i]});
  return sum / static_cast<double>(a.pixels.size());
}

TEST(Photo, IsTurnedAsItsExifSays) {
  const Image upright = upright_picture();
  const std::string file = testing::TempDir() + "microtome_photo_test.img";
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const Image stored = as_stored(upright, orientation);
    EXPECT_EQ(turned_upright(stored, orientation), upright);
    const std::string files[] = {
        with_exif(encode_jpeg(stored, 95), orientation), with_exif(encode_jpeg(stored, 95), orientation, true),
        with_chunk(encode_png(stored), "eXIf", exif(orientation)), webp_with(stored, "EXIF", exif(orientation, true)),
        webp_with(stored, "EXIF", std::string("Exif\0\0", 6) + exif(orientation))};
    for (const std::string& bytes : files) {
      const Photo photo = decode_photo(bytes, "x");
      EXPECT_EQ(photo.header.orientation, orientation);
      EXPECT_EQ(photo.header.width, stored.width);
      EXPECT_EQ(photo.header.height, stored.height);
      EXPECT_EQ(photo.header.upright_width(), 48);
      EXPECT_LT(difference(photo.stored, stored), 3);
      EXPECT_THAT(photo.remarks, IsEmpty());
      write_file(file, bytes);
      EXPECT_LT(difference(load_image(file), upright), 3);
    }
  }
}

TEST(Photo, TagsThatMakeNoSenseSayNothing) {
  const Image image(6, 4, 3, 90);
  for (const int orientation : {0, 9, 65535}) {
    EXPECT_EQ(decode_photo(with_exif(encode_jpeg(image, 90), orientation), "x").header.orientation, 1);
  }
  const std::string tags = std::string("Exif\0\0", 6) + exif(6);
  for (size_t length = 0; length < tags.size(); ++length) {
    const std::string cut = with_segment(encode_jpeg(image, 90), 0xE1, tags.substr(0, length));
    EXPECT_THAT(decode_photo(cut, "x").header.orientation, testing::AnyOf(1, 6));
  }
  Rng rng(4, "tags");
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = tags;
    for (int64_t n = rng.between(1, 4); n > 0; --n) {
      damaged[static_cast<size_t>(rng.below(static_cast<int64_t>(tags.size())))] = static_cast<char>(rng.below(256));
    }
    const PictureHeader header = read_picture_header(with_segment(encode_jpeg(image, 90), 0xE1, damaged));
    EXPECT_TRUE(header.orientation >= 1 && header.orientation <= 8);
    EXPECT_EQ(header.width, 6);
  }
}

TEST(Photo, HeadersOfDamagedFilesAreReadWithinTheirBytes) {
  const Image image = upright_picture();
  const std::string originals[] = {with_exif(encode_jpeg(image, 90), 6), with_chunk(encode_png(image), "eXIf", exif(6)),
                                   webp_with(image, "EXIF", exif(6))};
  for (const std::string& original : originals) {
    for (size_t size = 0; size < original.size(); ++size)
      read_picture_header(std::string_view(original).substr(0, size));
    Rng rng(6, "headers");
    for (int round = 0; round < 2000; ++round) {
      std::string bytes = original;
      for (int64_t n = rng.between(1, 5); n > 0; --n)
        bytes[static_cast<size_t>(rng.below(120))] = static_cast<char>(rng.below(256));
      read_picture_header(bytes);
    }
  }
}

// A profile with a description in the way of version 2 or 4.
std::string profile(const std::string& name, bool version_4) {
  std::string text;
  if (version_4) {
    for (const char c : name) text += std::string(1, '\0') + c;
    text = "mluc" + big_endian(0, 4) + big_endian(1, 4) + big_endian(12, 4) + "enUS" +
           big_endian(static_cast<uint32_t>(text.size()), 4) + big_endian(28, 4) + text;
  } else {
    text = "desc" + big_endian(0, 4) + big_endian(static_cast<uint32_t>(name.size() + 1), 4) + name + '\0';
  }
  return std::string(128, '\0') + big_endian(1, 4) + "desc" + big_endian(144, 4) +
         big_endian(static_cast<uint32_t>(text.size()), 4) + text;
}

std::string png_profile(const std::string& icc) {
  uLongf size = compressBound(icc.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(icc.data()), icc.size());
  return std::string("ICC profile\0\0", 13) + packed.substr(0, size);
}

TEST(Photo, OtherColoursThanSrgbAreSaidAndNotApplied) {
  const Image image(9, 5, 3, 100);
  const std::string jpeg = encode_jpeg(image, 95), png = encode_png(image);
  const std::string begin("ICC_PROFILE\0\x01\x01", 14);
  for (const bool version_4 : {false, true}) {
    for (const std::string& bytes : {with_segment(jpeg, 0xE2, begin + profile("Display P3", version_4)),
                                     with_chunk(png, "iCCP", png_profile(profile("Display P3", version_4))),
                                     webp_with(image, "ICCP", profile("Display P3", version_4))}) {
      const Photo photo = decode_photo(bytes, "x");
      EXPECT_THAT(photo.remarks,
                  ElementsAre("its colour profile \"Display P3\" is not applied, the numbers are taken as sRGB"));
      EXPECT_EQ(photo.stored, image);
    }
    for (const std::string& bytes : {with_segment(jpeg, 0xE2, begin + profile("sRGB IEC61966-2.1", version_4)),
                                     with_chunk(png, "iCCP", png_profile(profile("sRGB built-in", version_4)))}) {
      EXPECT_THAT(decode_photo(bytes, "x").remarks, IsEmpty());
    }
  }
  const auto gamma = [&](uint32_t value) { return with_chunk(png, "gAMA", big_endian(value, 4)); };
  EXPECT_THAT(decode_photo(gamma(100000), "x").remarks,
              ElementsAre("its gamma of 1 is not applied, the numbers are taken as sRGB"));
  EXPECT_EQ(decode_photo(gamma(100000), "x").stored, image);
  EXPECT_THAT(decode_photo(gamma(45455), "x").remarks, IsEmpty());
  EXPECT_THAT(decode_photo(with_chunk(gamma(100000), "sRGB", std::string(1, '\0')), "x").remarks, IsEmpty());
  const Image sixteen = decode_image(png, "x");
  EXPECT_EQ(sixteen, image);
}

TEST(Photo, JunkBetweenThePartsOfAJpegIsPassedOverAndSaid) {
  Image image = upright_picture();
  const std::string whole = encode_jpeg(image, 90);
  const Image expected = decode_image(whole, "x");
  int tried = 0;
  for (size_t at = 2; at + 1 < whole.size(); ++at) {
    // Before every marker: each segment but the entropy-coded data, where a zero follows the 255.
    if (whole[at] != '\xFF' || whole[at + 1] == '\0') continue;
    const std::string junk = whole.substr(0, at) + "\x7F\x01junk" + whole.substr(at);
    if (at > 2 && whole.substr(2, at - 2).find("\xFF\xDA") == std::string::npos) {
      // Inside a segment the 255 is data: then lengths disagree and anything may come of it.
      try {
        decode_photo(junk, "x");
      } catch (const Error&) {
        continue;
      }
    }
    const Photo photo = decode_photo(junk, "x");
    if (photo.remarks.empty()) continue;
    EXPECT_EQ(photo.stored, expected) << at;
    EXPECT_THAT(photo.remarks, ElementsAre(HasSubstr("extraneous bytes before marker")));
    ++tried;
  }
  EXPECT_GE(tried, 8);
}

TEST(Photo, DamagedPixelsOfAJpegStayAnError) {
  const std::string whole = encode_jpeg(upright_picture(), 90);
  const size_t scan = whole.find("\xFF\xDA");
  ASSERT_NE(scan, std::string::npos);
  const std::string end = "\xFF\xD9";
  for (size_t size = scan + 14; size + 6 < whole.size(); size += 7) {
    EXPECT_THROW(decode_image(whole.substr(0, size), "x"), Error) << size;
    EXPECT_THROW(decode_image(whole.substr(0, size) + end, "x"), Error) << size;  // An end, with pixels missing.
  }
}

class Listener final : public Reporter {
 public:
  void start(const std::string&, int64_t, const std::string&, int64_t) override {}
  void advance(int64_t) override {}
  void finish() override {}
  void note(const std::string&) override {}
  void detail(const std::string&) override {}
  void warn(const std::string& text) override { warnings.push_back(text); }
  std::vector<std::string> warnings;
};

TEST(Photo, RemarksAreWarningsWhereSomeoneListens) {
  const std::string file = testing::TempDir() + "microtome_photo_remarks.jpg", whole = encode_jpeg(Image(9, 9), 90);
  write_file(file, whole.substr(0, 2) + "junk" + whole.substr(2));
  Listener listener;
  EXPECT_EQ(load_image(file, &listener), load_image(file));
  EXPECT_THAT(listener.warnings, ElementsAre(HasSubstr(file + ": odd JPEG (")));
}

std::string cmyk_jpeg(bool adobe, J_COLOR_SPACE stored, const std::vector<uint8_t>& inks) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = info.image_height = 8;
  info.input_components = 4;
  info.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, stored);
  jpeg_set_quality(&info, 95, TRUE);
  info.write_Adobe_marker = adobe ? TRUE : FALSE;
  jpeg_start_compress(&info, TRUE);
  std::vector<uint8_t> row;
  for (int x = 0; x < 8; ++x) row.insert(row.end(), inks.begin(), inks.end());
  for (int y = 0; y < 8; ++y) {
    JSAMPROW at = row.data();
    jpeg_write_scanlines(&info, &at, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::free(data);
  return bytes;
}

TEST(Photo, CmykIsInvertedWithAdobesMarkerAlone) {
  const auto near = [](const Photo& photo, int r, int g, int b) {
    const uint8_t* pixel = photo.stored.at(3, 3);
    EXPECT_NEAR(pixel[0], r, 4);
    EXPECT_NEAR(pixel[1], g, 4);
    EXPECT_NEAR(pixel[2], b, 4);
    EXPECT_THAT(photo.remarks, ElementsAre("CMYK is converted without a profile of its inks"));
  };
  // Magenta and yellow are red: as Photoshop stores them, 0 for full ink, and as everybody else does.
  near(decode_photo(cmyk_jpeg(true, JCS_CMYK, {255, 0, 0, 255}), "x"), 255, 0, 0);
  near(decode_photo(cmyk_jpeg(true, JCS_YCCK, {255, 0, 0, 255}), "x"), 255, 0, 0);
  near(decode_photo(cmyk_jpeg(false, JCS_CMYK, {0, 255, 255, 0}), "x"), 255, 0, 0);
  // Adobe's letters elsewhere in the file are no marker.
  near(decode_photo(with_segment(cmyk_jpeg(false, JCS_CMYK, {0, 255, 255, 0}), 0xE5,
                                 "\xFF\xEE\x01\x01"
                                 "Adobe"),
                    "x"),
       255, 0, 0);
}

}  // namespace
}  // namespace microtome
