// SPDX-License-Identifier: Apache-2.0
// Text files line by line.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace microtome::concept_formats {

// A text file without its byte-order mark, cut into lines; blanks around them are taken off.
std::vector<std::string> text_lines(const std::string& bytes);
std::string_view trimmed(std::string_view text);

}  // namespace microtome::concept_formats
