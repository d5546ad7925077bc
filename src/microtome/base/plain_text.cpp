// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/plain_text.h"

#include <fmt/format.h>

namespace microtome {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool acts(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x061C || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

std::string shown(std::string_view text, bool lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Symbol symbol = first_utf8(text);
    if (!symbol.valid) {
      out += kReplacement;
    } else if (acts(symbol.point) && !(lines && (symbol.point == '\n' || symbol.point == '\t'))) {
      out += fmt::format("\\u{:04x}", symbol.point);
    } else {
      out += text.substr(0, symbol.bytes);
    }
    text.remove_prefix(symbol.bytes);
  }
  return out;
}

}  // namespace

Utf8Symbol first_utf8(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1, true};
  const size_t length = (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 0;
  if (length == 0 || length > text.size()) return {};
  uint32_t point = lead & (0xFFu >> (length + 1));
  for (size_t at = 1; at < length; ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte >> 6) != 2) return {};
    point = point << 6 | (byte & 63u);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  return {point, length, true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Symbol symbol = first_utf8(text);
    if (!symbol.valid) return false;
    text.remove_prefix(symbol.bytes);
  }
  return true;
}

std::string as_utf8(std::string text) {
  if (is_utf8(text)) return text;
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Symbol symbol = first_utf8(rest);
    out += symbol.valid ? rest.substr(0, symbol.bytes) : kReplacement;
    rest.remove_prefix(symbol.bytes);
  }
  return out;
}

std::string one_line(std::string_view text) { return shown(text, false); }
std::string shown_text(std::string_view text) { return shown(text, true); }

}  // namespace microtome
