// SPDX-License-Identifier: Apache-2.0
// JPEG through libjpeg-turbo.
#include <fmt/format.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
// After <cstdio>, which it does not include.
#include <jerror.h>
#include <jpeglib.h>

#include "microtome/base/error.h"
#include "microtome/image/codec.h"
#include "microtome/image/codec_formats.h"

namespace microtome {
namespace {

// libjpeg reports errors by a function that must not return. So each call into it sits in a small function whose locals
// are all trivial, which answers false on an error; everything that owns memory lives outside the jumps.
struct JpegState {
  jpeg_error_mgr errors;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";  // why it failed
  char remark[JMSG_LENGTH_MAX] = "";   // the first thing that was passed over
};

JpegState& state_of(j_common_ptr info) { return *static_cast<JpegState*>(info->client_data); }

[[noreturn]] void on_error(j_common_ptr info) {
  info->err->format_message(info, state_of(info).message);
  std::longjmp(state_of(info).jump, 1);
}

// What is odd about a file whose pixels are all there. Every other warning is of data that is missing or damaged: then
// libjpeg goes on with grey, and a picture must be whole.
bool is_harmless(int code) {
  return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
         code == JWRN_NOT_SEQUENTIAL || code == JWRN_BOGUS_PROGRESSION;
}

void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;  // A trace.
  if (!is_harmless(info->err->msg_code)) on_error(info);
  JpegState& state = state_of(info);
  if (state.remark[0] == '\0') info->err->format_message(info, state.remark);
}

template <class Info>
struct Jpeg : JpegState {
  Info info{};
  Jpeg() {
    info.err = jpeg_std_error(&errors);
    info.client_data = static_cast<JpegState*>(this);
    errors.error_exit = on_error;
    errors.emit_message = on_message;
  }
  ~Jpeg() { jpeg_destroy(reinterpret_cast<j_common_ptr>(&info)); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;
};
using JpegReader = Jpeg<jpeg_decompress_struct>;

struct JpegWriter : Jpeg<jpeg_compress_struct> {
  unsigned char* data = nullptr;
  unsigned long size = 0;
  ~JpegWriter() { std::free(data); }
};

bool read_header(JpegReader& reader, std::string_view bytes) {
  if (setjmp(reader.jump)) return false;
  jpeg_create_decompress(&reader.info);
  jpeg_mem_src(&reader.info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&reader.info, TRUE);
  const bool inks = reader.info.jpeg_color_space == JCS_CMYK || reader.info.jpeg_color_space == JCS_YCCK;
  reader.info.out_color_space = inks ? JCS_CMYK : JCS_RGB;
  return true;
}

bool read_rows(JpegReader& reader, uint8_t* pixels, size_t row_bytes) {
  if (setjmp(reader.jump)) return false;
  jpeg_start_decompress(&reader.info);
  while (reader.info.output_scanline < reader.info.output_height) {
    JSAMPROW row = pixels + reader.info.output_scanline * row_bytes;
    jpeg_read_scanlines(&reader.info, &row, 1);
  }
  return jpeg_finish_decompress(&reader.info) == TRUE;
}

bool write_rows(JpegWriter& writer, const Image& image, int quality) {
  if (setjmp(writer.jump)) return false;
  jpeg_create_compress(&writer.info);
  jpeg_mem_dest(&writer.info, &writer.data, &writer.size);
  writer.info.image_width = static_cast<JDIMENSION>(image.width);
  writer.info.image_height = static_cast<JDIMENSION>(image.height);
  writer.info.input_components = image.channels;
  writer.info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&writer.info);
  jpeg_set_quality(&writer.info, quality, TRUE);
  // Halved chroma would blur the edges of small pictures, so only low qualities pay with it.
  const int samples = image.channels == 1 || quality >= 90 ? 1 : 2;
  writer.info.comp_info[0].h_samp_factor = writer.info.comp_info[0].v_samp_factor = samples;
  jpeg_start_compress(&writer.info, TRUE);
  while (writer.info.next_scanline < writer.info.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(image.at(0, static_cast<int>(writer.info.next_scanline)));
    jpeg_write_scanlines(&writer.info, &row, 1);
  }
  jpeg_finish_compress(&writer.info);
  return true;
}

// Photoshop writes CMYK inverted and says so by Adobe's marker.
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

Image formats::decode_jpeg(std::string_view bytes, const std::string& where, std::vector<std::string>& remarks) {
  JpegReader reader;
  const auto damaged = [&] { throw_corrupt(where, fmt::format("damaged JPEG ({})", reader.message)); };
  if (!read_header(reader, bytes)) damaged();
  check_size(reader.info.image_width, reader.info.image_height, where);
  const bool cmyk = reader.info.out_color_space == JCS_CMYK;
  Image image(static_cast<int>(reader.info.image_width), static_cast<int>(reader.info.image_height), cmyk ? 4 : 3);
  if (!read_rows(reader, image.pixels.data(), static_cast<size_t>(image.width) * static_cast<size_t>(image.channels))) {
    damaged();
  }
  if (reader.remark[0] != '\0') remarks.push_back(fmt::format("odd JPEG ({}), read all the same", reader.remark));
  if (!cmyk) return image;
  remarks.emplace_back("CMYK is converted without a profile of its inks");
  return rgb_from_cmyk(image, reader.info.saw_Adobe_marker == TRUE);
}

std::string encode_jpeg(const Image& image, int quality) {
  if (image.empty() || (image.channels != 1 && image.channels != 3)) {
    throw Error(ErrorKind::kUsage, "JPEG encoder", "a picture of 1 or 3 channels is needed");
  }
  if (quality < 1 || quality > 100) throw Error(ErrorKind::kUsage, "JPEG encoder", "quality must be 1..100");
  JpegWriter writer;
  if (!write_rows(writer, image, quality)) {
    writer.data = nullptr;  // Only libjpeg knows which buffer is its last.
    throw Error(ErrorKind::kUsage, "JPEG encoder", writer.message);
  }
  return std::string(reinterpret_cast<const char*>(writer.data), writer.size);
}

}  // namespace microtome
