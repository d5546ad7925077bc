// SPDX-License-Identifier: Apache-2.0
// Text of unknown origin: bytes that are no UTF-8, and characters that would act on a terminal. Pure functions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace microtome {

// The first character of a text that is not empty; one byte, not valid, where no well-formed UTF-8 begins (overlong
// forms, surrogates and numbers beyond U+10FFFF are none).
struct Utf8Symbol {
  uint32_t point = 0xFFFD;
  size_t bytes = 1;
  bool valid = false;
};
Utf8Symbol first_utf8(std::string_view text);

bool is_utf8(std::string_view text);
// The text with U+FFFD for each byte that is no UTF-8. Names and lines that come from files pass through this.
std::string as_utf8(std::string text);

// The text as it may be printed: control characters (C0, DEL, C1) and those that turn the direction of writing or end a
// line are written as \u001b, in JSON's way, so that a printed JSON document keeps its meaning; bytes that are no UTF-8
// are U+FFFD. one_line() leaves no line end or tab, shown_text() keeps both.
std::string one_line(std::string_view text);
std::string shown_text(std::string_view text);

}  // namespace microtome
