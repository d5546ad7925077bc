// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/foreign.h"

#include <algorithm>
#include <cctype>
#include <new>
#include <system_error>

namespace microtome {
namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view begin;  // of the file, letters in any case
  std::string_view name, remedy;
};

constexpr std::string_view kDownload = "download the file itself, not the page that shows it";
constexpr Kind kKinds[] = {
    {"version https://git-lfs", "a Git LFS pointer, not the file that it stands for", "fetch it with: git lfs pull"},
    {"<!doctype html", "an HTML page", kDownload},
    {"<html", "an HTML page", kDownload},
    {"<?xml", "an XML document", ""},
    {"<svg", "an SVG drawing", "save it as PNG"},
    {"GIF8", "a GIF picture", "save it as PNG"},
    {"BM", "a BMP picture", "save it as PNG"},
    {"II*\0"sv, "a TIFF picture", "save it as PNG"},
    {"MM\0*"sv, "a TIFF picture", "save it as PNG"},
    {"\x89PNG", "a PNG picture", ""},
    {"\xFF\xD8\xFF", "a JPEG picture", ""},
    {"%PDF", "a PDF document", ""},
    {"PK\x03\x04", "a ZIP archive", "unpack it"},
    {"\x1F\x8B", "a gzip archive", "unpack it"},
    {"SQLite format 3", "an SQLite database", ""},
};

const Kind* kind_of(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  while (!bytes.empty() && std::isspace(static_cast<unsigned char>(bytes.front()))) bytes.remove_prefix(1);
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  for (const Kind& kind : kKinds) {
    const std::string_view begin = bytes.substr(0, kind.begin.size());
    if (std::equal(begin.begin(), begin.end(), kind.begin.begin(), kind.begin.end(), same)) return &kind;
  }
  // The boxes of HEIC and AVIF, which phones write.
  static constexpr Kind kHeic = {"", "a HEIC or AVIF picture", "save it as JPEG or PNG"};
  const std::string_view box = bytes.substr(std::min<size_t>(4, bytes.size()), 8);
  for (const std::string_view brand : {"ftyphei", "ftypavi", "ftypmif"}) {
    if (box.starts_with(brand)) return &kHeic;
  }
  return nullptr;
}

}  // namespace

std::string_view mistaken_for(std::string_view bytes) {
  const Kind* kind = kind_of(bytes);
  return kind == nullptr ? std::string_view() : kind->name;
}

std::string_view remedy_of(std::string_view bytes) {
  const Kind* kind = kind_of(bytes);
  return kind == nullptr ? std::string_view() : kind->remedy;
}

Error error_of(const std::exception& thrown) {
  if (const auto* known = dynamic_cast<const Error*>(&thrown)) return *known;
  const std::string text = thrown.what();
  // libtorch's allocator says it in words.
  const bool memory = dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr ||
                      text.find("not enough memory") != std::string::npos ||
                      text.find("can't allocate memory") != std::string::npos;
  if (memory) {
    return {ErrorKind::kUnsupported, "microtome", "out of memory", "try fewer `layers` or a smaller `batch`"};
  }
  if (dynamic_cast<const std::system_error*>(&thrown) != nullptr) {
    return {ErrorKind::kIo, "microtome", "the system refused: " + text};
  }
  return {ErrorKind::kInternal, "microtome", "defect: " + text, "please report it with the command line"};
}

}  // namespace microtome
