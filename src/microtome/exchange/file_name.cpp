// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/file_name.h"

#include <fmt/format.h>

#include <charconv>

#include "microtome/base/error.h"

namespace microtome {
namespace {

bool stays(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         (c == '.' && !first);
}

}  // namespace

std::string file_name_from_layer(std::string_view layer) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  if (layer.empty()) return "%";
  std::string name;
  for (const char c : layer) {
    if (stays(c, name.empty())) {
      name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return name;
}

std::string file_name_from_image(std::string_view path, size_t place) {
  const size_t slash = path.find_last_of("/\\");
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return fmt::format("{:04}-{}", place, file_name_from_layer(name));
}

std::string layer_from_file_name(std::string_view name) {
  if (name == "%") return {};
  std::string layer;
  for (size_t at = 0; at < name.size(); ++at) {
    if (name[at] != '%') {
      layer += name[at];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = name.substr(at + 1, 2);
    const auto [end, code] = std::from_chars(digits.begin(), digits.end(), byte, 16);
    if (digits.size() != 2 || end != digits.end() || code != std::errc()) {
      throw Error(ErrorKind::kUsage, std::string(name),
                  "is no file name of a layer: \"%\" wants two hexadecimal digits");
    }
    layer += static_cast<char>(byte);
    at += 2;
  }
  return layer;
}

}  // namespace microtome
