// SPDX-License-Identifier: Apache-2.0
// PNG through libpng.
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <memory>

#include "microtome/base/error.h"
#include "microtome/image/codec_formats.h"

namespace microtome::formats {
namespace {

// libpng reports errors by longjmp. So each call into it sits in a small function whose locals are all trivial, which
// answers false on an error; everything that owns memory lives here, outside the jumps.
struct PngState {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view input;
  size_t position = 0;
  std::string* output = nullptr;
  char message[160] = "";
};

struct PngReader : PngState {
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};
struct PngWriter : PngState {
  ~PngWriter() { png_destroy_write_struct(&png, &info); }
};

void on_error(png_structp png, png_const_charp message) {
  auto* state = static_cast<PngState*>(png_get_error_ptr(png));
  std::strncpy(state->message, message, sizeof(state->message) - 1);
  png_longjmp(png, 1);
}

// Warnings are about colour profiles and text, never about pixels: broken checksums are made errors below.
void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep target, size_t count) {
  auto* state = static_cast<PngState*>(png_get_io_ptr(png));
  if (count > state->input.size() - state->position) png_error(png, "the file ends too early");
  std::memcpy(target, state->input.data() + state->position, count);
  state->position += count;
}

void on_write(png_structp png, png_bytep bytes, size_t count) {
  auto* state = static_cast<PngState*>(png_get_io_ptr(png));
  bool stored = true;
  try {
    state->output->append(reinterpret_cast<const char*>(bytes), count);
  } catch (const std::bad_alloc&) {
    stored = false;
  }
  if (!stored) png_error(png, "out of memory");
}

void on_flush(png_structp) {}

bool read_header(PngState& state) {
  if (setjmp(png_jmpbuf(state.png))) return false;
  // Of texts, profiles and the like, which libpng would read whole and believe the length that they claim, nothing is
  // used here.
  png_set_keep_unknown_chunks(state.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_read_fn(state.png, &state, on_read);
  png_set_crc_action(state.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(state.png, state.info);
  return true;
}

// 8-bit RGBA, whatever is stored.
bool ask_for_rgba(PngState& state) {
  if (setjmp(png_jmpbuf(state.png))) return false;
  png_set_expand(state.png);
  png_set_scale_16(state.png);
  png_set_gray_to_rgb(state.png);
  png_set_add_alpha(state.png, 255, PNG_FILLER_AFTER);
  return true;
}

bool read_rows(PngState& state, png_byte* pixels, size_t row_bytes, int height) {
  if (setjmp(png_jmpbuf(state.png))) return false;
  const int passes = png_set_interlace_handling(state.png);
  png_read_update_info(state.png, state.info);
  if (png_get_rowbytes(state.png, state.info) != row_bytes) png_error(state.png, "unexpected row size");
  for (int pass = 0; pass < passes; ++pass) {
    for (int y = 0; y < height; ++y) {
      png_read_row(state.png, pixels + static_cast<size_t>(y) * row_bytes, nullptr);
    }
  }
  png_read_end(state.png, nullptr);
  return true;
}

[[noreturn]] void throw_damaged(const PngState& state, const std::string& where) {
  throw_corrupt(where, std::string("damaged PNG (") + state.message + ")");
}

void open_reader(PngReader& reader, std::string_view bytes, const std::string& where) {
  reader.input = bytes;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, static_cast<PngState*>(&reader), on_error, on_warning);
  if (reader.png) reader.info = png_create_info_struct(reader.png);
  if (!reader.info) throw std::bad_alloc();
  if (!read_header(reader)) throw_damaged(reader, where);
  check_size(png_get_image_width(reader.png, reader.info), png_get_image_height(reader.png, reader.info), where);
}

Image read_pixels(PngReader& reader, int channels, const std::string& where) {
  Image image(static_cast<int>(png_get_image_width(reader.png, reader.info)),
              static_cast<int>(png_get_image_height(reader.png, reader.info)), channels);
  const size_t row_bytes = static_cast<size_t>(image.width) * static_cast<size_t>(channels);
  if (!read_rows(reader, image.pixels.data(), row_bytes, image.height)) throw_damaged(reader, where);
  return image;
}

// One sample a pixel, nothing looked up; 16-bit samples keep their two bytes.
bool ask_for_samples(PngState& state) {
  if (setjmp(png_jmpbuf(state.png))) return false;
  png_set_packing(state.png);
  return true;
}

struct PngOptions {
  const char* description;
  size_t description_bytes;
  bool filtered;
};

bool write_rows(PngState& state, const Image& image, const PngOptions& options) {
  if (setjmp(png_jmpbuf(state.png))) return false;
  png_set_write_fn(state.png, &state, on_write, on_flush);
  const int kind = image.channels == 1   ? PNG_COLOR_TYPE_GRAY
                   : image.channels == 3 ? PNG_COLOR_TYPE_RGB
                                         : PNG_COLOR_TYPE_RGB_ALPHA;
  png_set_IHDR(state.png, state.info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
               kind, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!options.filtered) png_set_filter(state.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  if (options.description_bytes > 0) {
    png_text text{};
    text.compression = PNG_ITXT_COMPRESSION_NONE;
    text.key = const_cast<char*>("Description");
    text.text = const_cast<char*>(options.description);
    text.itxt_length = options.description_bytes;
    text.lang = const_cast<char*>("");
    text.lang_key = const_cast<char*>("");
    png_set_text(state.png, state.info, &text, 1);
  }
  png_write_info(state.png, state.info);
  for (int y = 0; y < image.height; ++y) png_write_row(state.png, image.at(0, y));
  png_write_end(state.png, nullptr);
  return true;
}

}  // namespace

Image decode_png(std::string_view bytes, const std::string& where, std::vector<std::string>&) {
  PngReader reader;
  open_reader(reader, bytes, where);
  if (!ask_for_rgba(reader)) throw_damaged(reader, where);
  return flatten_on_white(read_pixels(reader, 4, where));
}

Image decode_plain_rgb_png(std::string_view bytes, const std::string& where) {
  PngReader reader;
  open_reader(reader, bytes, where);
  if (png_get_color_type(reader.png, reader.info) != PNG_COLOR_TYPE_RGB ||
      png_get_bit_depth(reader.png, reader.info) != 8) {
    throw_corrupt(where, "a label mask must be an 8-bit RGB PNG");
  }
  return read_pixels(reader, 3, where);
}

LabelMap decode_index_png(std::string_view bytes, const std::string& where) {
  PngReader reader;
  open_reader(reader, bytes, where);
  const int kind = png_get_color_type(reader.png, reader.info);
  if (kind != PNG_COLOR_TYPE_PALETTE && kind != PNG_COLOR_TYPE_GRAY) {
    throw_corrupt(where, "a mask of class numbers must be a palette or grey PNG");
  }
  const bool wide = png_get_bit_depth(reader.png, reader.info) == 16;
  if (!ask_for_samples(reader)) throw_damaged(reader, where);
  const Image stored = read_pixels(reader, wide ? 2 : 1, where);
  LabelMap map(stored.width, stored.height);
  for (size_t i = 0; i < map.labels.size(); ++i) {
    const uint8_t* sample = stored.pixels.data() + i * static_cast<size_t>(stored.channels);
    map.labels[i] = static_cast<uint16_t>(wide ? sample[0] * 256 + sample[1] : sample[0]);
  }
  return map;
}

std::string write_png(const Image& image, const std::string& description, bool filtered) {
  std::string bytes;
  PngWriter writer;
  writer.output = &bytes;
  writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, static_cast<PngState*>(&writer), on_error, on_warning);
  if (writer.png) writer.info = png_create_info_struct(writer.png);
  if (!writer.info) throw std::bad_alloc();
  if (!write_rows(writer, image, {description.c_str(), description.size(), filtered})) {
    throw Error(ErrorKind::kInternal, "PNG encoder", writer.message);
  }
  return bytes;
}

}  // namespace microtome::formats
