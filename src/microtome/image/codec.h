// SPDX-License-Identifier: Apache-2.0
// Pictures to and from files. All functions are pure and thread-safe; the same pixels give the same bytes for the same
// package versions (no time stamps, no threads).
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "microtome/image/image.h"
#include "microtome/image/timing.h"

namespace microtome {

class Reporter;

// Decodes PNG, JPEG or WebP, told apart by content, into 8-bit RGB: grey and palette are expanded, alpha is composited
// on white, 16 bits are rounded to 8. Truncated or damaged data throws Error(kCorrupt) naming `where`: a picture is
// whole or an error, never half grey; a JPEG with junk between its parts is whole. Pixels are as they are stored:
// orientation tags are not applied, nor are colour profiles and gamma (networks are trained on the numbers), CMYK JPEGs
// are converted without a profile; an animated PNG gives its first frame, an animated WebP and a picture of more than
// 2^27 pixels throw Error(kUnsupported). photo.h has what is said of the pixels.
Image decode_image(std::string_view bytes, const std::string& where);
// A photo from a file, upright as its EXIF orientation says; also Error(kNotFound/kIo). What was passed over is said to
// `reporter` as a warning, if there is one.
Image load_image(const std::string& path, Reporter* reporter = nullptr);

// Lossless PNG of 1, 3 or 4 channels.
std::string encode_png(const Image& image);
// Lossless PNG with text chunks (provenance): `description` is stored under the keyword "Description".
std::string encode_png(const Image& image, const std::string& description);
// quality 1..100; 3 or 1 channels.
std::string encode_jpeg(const Image& image, int quality);
// quality 1..100, or lossless when quality is 0; 3 or 4 channels.
std::string encode_webp(const Image& image, int quality);

// Animations of frames of one size and number of channels, every frame whole; one frame is a still picture. The same
// frames give the same bytes. Throws Error(kUsage) on frames that differ and on impossible times.
// quality as encode_webp, for each frame; 3 or 4 channels.
std::string encode_webp_animation(std::span<const Image> frames, const Timing& timing, int quality);
// "image/png", "image/apng", "image/jpeg" or "image/webp" by content; empty when it is none of them.
std::string_view media_type(std::string_view bytes);

// Broden's label masks: 8-bit RGB PNG, label = R + 256 * G, B = 0 (docs/concept_sets.md).
// Throws Error(kCorrupt) on anything else, and on B != 0.
LabelMap decode_label_png(std::string_view bytes, const std::string& where);
std::string encode_label_png(const LabelMap& labels);

// The samples of a PNG of one channel as they are stored, 1 to 16 bits: palette indices or grey levels, not looked up
// in the palette nor scaled. Throws Error(kCorrupt) on anything else.
LabelMap decode_index_png(std::string_view bytes, const std::string& where);

}  // namespace microtome
