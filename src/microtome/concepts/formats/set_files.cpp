// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/set_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostPixels = int64_t{1} << 27;  // As the decoders.

int big_endian(const std::string& bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | static_cast<uint8_t>(bytes.at(at + static_cast<size_t>(i)));
  return value > 0x7fffffffu ? 0 : static_cast<int>(value);
}

// Walks the segments of a JPEG up to the frame header. An Exif thumbnail is inside a segment and thus stepped over.
PictureSize jpeg_size(std::ifstream& file) {
  const auto byte = [&] { return file.get(); };
  const auto word = [&] {
    const int high = byte();
    return high * 256 + byte();
  };
  file.seekg(2);
  while (file) {
    int marker = byte();
    if (marker != 0xff) return {};
    while (marker == 0xff) marker = byte();
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    const int length = word();
    if (!file || length < 2) return {};
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      byte();
      const int height = word();
      const int width = word();
      return file ? PictureSize{width, height} : PictureSize{};
    }
    file.seekg(length - 2, std::ios::cur);
  }
  return {};
}

}  // namespace

bool stays_below(std::string_view name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute() || name.find('\\') != std::string_view::npos ||
      name.find('\0') != std::string_view::npos) {
    return false;
  }
  return std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

bool has_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::vector<std::string> sorted_names(const std::string& folder, std::string_view begin, std::string_view end) {
  std::vector<std::string> names;
  std::error_code failed;
  for (auto at = fs::directory_iterator(folder, failed); !failed && at != fs::directory_iterator();
       at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (name.size() >= begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end)) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string place_of(const std::string& path, const std::string& named_by) {
  return named_by.empty() ? path : fmt::format("{} ({})", path, named_by);
}

std::string complaint_of(const Error& error, const std::string& place) {
  const std::string text = error.what();
  return text.starts_with(place + ": ") ? text.substr(place.size() + 2) : text;
}

std::string read_listed(const std::string& path, const std::string& named_by) {
  try {
    return read_file(path);
  } catch (const Error& error) {
    const bool missing = error.kind() == ErrorKind::kNotFound;
    throw Error(error.kind(), place_of(path, named_by), missing ? "there is no such file" : "the file cannot be read");
  }
}

PictureSize picture_size(const std::string& path, const std::string& named_by) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::kNotFound, place_of(path, named_by), "there is no such file");
  std::string head(24, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  const bool whole = file.gcount() == static_cast<std::streamsize>(head.size());
  PictureSize size;
  if (whole && media_type(head) == "image/png") size = {big_endian(head, 16, 4), big_endian(head, 20, 4)};
  if (whole && media_type(head) == "image/jpeg") size = jpeg_size(file);
  if (size.width < 1 || size.height < 1 || int64_t{size.width} * size.height > kMostPixels) {
    throw Error(ErrorKind::kCorrupt, place_of(path, named_by), "this is no JPEG or PNG, or its header is damaged");
  }
  return size;
}

void expect_size(int width, int height, PictureSize expected, const std::string& where, const std::string& stated_by) {
  if (width == expected.width && height == expected.height) return;
  throw Error(
      ErrorKind::kCorrupt, where,
      fmt::format("the size is {} x {}, {} says {} x {}", width, height, stated_by, expected.width, expected.height));
}

std::string read_mask_png(const std::string& path, const std::string& named_by) {
  std::string bytes = read_listed(path, named_by);
  if (media_type(bytes) != "image/png") {
    throw Error(ErrorKind::kCorrupt, place_of(path, named_by), "a mask must be a PNG, and this is none");
  }
  return bytes;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n\v\f");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n\v\f") - begin + 1);
}

std::vector<std::string> text_lines(const std::string& bytes) {
  std::string_view rest = bytes;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  std::vector<std::string> lines;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    lines.emplace_back(trimmed(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

void SetDigest::add_table(const std::string& file, std::string_view bytes) {
  hash_.add(fmt::format("{} {}\n", file, bytes.size()));
  hash_.add(bytes);
}

void SetDigest::add_file(std::string file) {
  std::error_code failed;
  const auto size = fs::file_size(fs::path(folder_) / file, failed);
  files_.emplace_back(std::move(file), failed ? int64_t{-1} : static_cast<int64_t>(size));
}

std::string SetDigest::hex() {
  std::sort(files_.begin(), files_.end());
  for (const auto& [file, size] : files_) hash_.add(fmt::format("{} {}\n", file, size));
  return hash_.hex();
}

void check_label_count(size_t count, const std::string& where) {
  if (count <= std::numeric_limits<uint16_t>::max()) return;
  throw Error(ErrorKind::kUnsupported, where, fmt::format("the set has {} classes, and a mask can tell 65535", count));
}

Image read_listed_picture(const std::string& folder, const ConceptImage& info, const std::string& named_by) {
  const std::string path = folder + "/" + info.file;
  const std::string where = place_of(path, named_by);
  Image image = decode_image(read_listed(path, named_by), where);
  expect_size(image.width, image.height, {info.width, info.height}, where, "its table");
  return image;
}

std::unique_ptr<ConceptSet> report_what_is_thrown(const ProblemSink& report,
                                                  const std::function<std::unique_ptr<ConceptSet>()>& open) {
  try {
    return open();
  } catch (const Error& error) {
    report({Severity::kError, error.kind() == ErrorKind::kNotFound ? "missing file" : "bad table", "", 0, error.what(),
            true});
    throw;
  }
}

}  // namespace microtome
