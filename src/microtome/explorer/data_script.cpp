// SPDX-License-Identifier: Apache-2.0
// Data of a page as a script, so that pages open from the disk.
#include <algorithm>
#include <cmath>

#include "microtome/explorer/data_files.h"

#include "microtome/base/json.h"

namespace microtome {

std::string data_script(std::string_view name, const Json& value) {
  const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string script = "microtomeData(\"" + std::string(name) + "\",";
  script.reserve(script.size() + text.size() + 16);
  // "<" occurs in JSON only within strings, where its escape means the same; "</script>" then cannot.
  for (const char letter : text) {
    if (letter == '<')
      script += "\\u003c";
    else
      script += letter;
  }
  return script + ");\n";
}

namespace {

std::string base64(const std::string& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t word = 0;
    for (size_t i = 0; i < 3; ++i) word = word << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0U);
    for (size_t i = 0; i < 4; ++i) out += i <= count ? kDigits[word >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

}  // namespace

PackedMap pack_map(const std::vector<float>& map) {
  PackedMap packed;
  if (map.empty()) return packed;
  const auto [low, high] = std::ranges::minmax(map);
  packed.low = low;
  packed.high = high;
  const double range = static_cast<double>(high) - low;
  std::string bytes;
  bytes.reserve(2 * map.size());
  for (const float value : map) {
    const auto step =
        range > 0 ? static_cast<uint32_t>(std::lround((static_cast<double>(value) - low) / range * 65535)) : 0U;
    bytes += static_cast<char>(step & 255);
    bytes += static_cast<char>(step >> 8);
  }
  packed.base64 = base64(bytes);
  return packed;
}

}  // namespace microtome
