// SPDX-License-Identifier: Apache-2.0
// What codec.cpp knows of each file format; for the image room only.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/image/timing.h"

namespace microtome::formats {

// More pixels than this are refused before memory is taken: a damaged header may claim anything.
inline constexpr int64_t kMaxPixels = int64_t{1} << 27;

[[noreturn]] void throw_corrupt(const std::string& where, const std::string& what);
// Throws Error(kUnsupported) when the picture has more than kMaxPixels, Error(kCorrupt) when it has none.
void check_size(int64_t width, int64_t height, const std::string& where);
// Milliseconds of each frame. Throws Error(kUsage) as encode_webp_animation says; `where` names the encoder.
std::vector<int> check_animation(std::span<const Image> frames, const Timing& timing, const std::string& where);
bool is_png(std::string_view bytes);
// As media_type() says.
std::string_view type_of(std::string_view bytes);
// RGBA over white as RGB.
Image flatten_on_white(const Image& rgba);

// Each decodes a whole file of its format to 8-bit RGB or throws as decode_image says; adds what it passed over.
Image decode_png(std::string_view bytes, const std::string& where, std::vector<std::string>& remarks);
Image decode_jpeg(std::string_view bytes, const std::string& where, std::vector<std::string>& remarks);
Image decode_webp(std::string_view bytes, const std::string& where, std::vector<std::string>& remarks);

// The 8-bit RGB samples of a PNG that stores exactly those; throws Error(kCorrupt) for any other kind of PNG.
Image decode_plain_rgb_png(std::string_view bytes, const std::string& where);
// The stored samples of a PNG of palette or grey type; throws Error(kCorrupt) for any other kind of PNG.
LabelMap decode_index_png(std::string_view bytes, const std::string& where);
// `filtered` picks libpng's row filters (photographs) or none (label masks); no text chunk for an empty description.
std::string write_png(const Image& image, const std::string& description, bool filtered);

}  // namespace microtome::formats
