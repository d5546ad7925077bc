// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/quoted_text.h"

#include <algorithm>

namespace microtome {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::optional<QuotedText> read_quoted(std::string_view text) {
  if (!text.starts_with('"')) return {};
  QuotedText out;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      out.length = i + 1;
      return out;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.text += text[i];
  }
  return {};
}

std::vector<std::string> list_items(std::string_view text) {
  std::vector<std::string> items;
  for (size_t begin = 0; begin <= text.size();) {
    const std::string_view rest = text.substr(begin);
    const std::optional<QuotedText> quoted = read_quoted(rest);
    const bool whole = quoted && (quoted->length == rest.size() || rest[quoted->length] == ',');
    const size_t length = whole ? quoted->length : std::min(rest.find(','), rest.size());
    items.push_back(whole ? quoted->text : std::string(rest.substr(0, length)));
    begin += length + 1;
  }
  return items;
}

}  // namespace microtome
