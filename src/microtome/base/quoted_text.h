// SPDX-License-Identifier: Apache-2.0
// Names that hold commas, quotes, spaces or parentheses, in lists and in objective texts. The one rule: what stands in
// double quotes is taken as it is, and inside them a backslash takes the next character as it is.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// In double quotes; quotes and backslashes inside get a backslash.
std::string in_quotes(std::string_view text);

// A text that begins with a double quote, as far as the quotes go.
struct QuotedText {
  std::string text;
  size_t length = 0;  // quotes and backslashes included
};
// Nothing when the text does not begin with a double quote, or its quotes do not end.
std::optional<QuotedText> read_quoted(std::string_view text);

// The items of a list, separated by commas: `conv1,"a, b",c` is three. An item that does not begin with a quote, or
// goes on behind its quotes, is taken as it is up to the next comma.
std::vector<std::string> list_items(std::string_view text);

}  // namespace microtome
