// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>

namespace microtome {

// Rows of comma-separated fields (RFC 4180, but lines end in "\n" as other tools' do here): texts, and numbers with the
// fewest digits that bring them back; nothing for what is not a number.
class CsvWriter {
 public:
  template <class... Fields>
  CsvWriter& add(const Fields&... fields) {
    (field(fields), ...);
    return *this;
  }
  // Adds the last fields of a row.
  template <class... Fields>
  void row(const Fields&... fields) {
    add(fields...);
    text_ += '\n';
    first_ = true;
  }
  const std::string& bytes() const { return text_; }

 private:
  template <class T>
  void field(const T& value) {
    if constexpr (std::is_arithmetic_v<T>)
      text(value != value ? "" : fmt::format("{}", value));
    else
      text(value);
  }
  void text(std::string_view field) {
    if (!first_) text_ += ',';
    first_ = false;
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
      text_ += field;
      return;
    }
    text_ += '"';
    for (const char c : field) {
      if (c == '"') text_ += '"';
      text_ += c;
    }
    text_ += '"';
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace microtome
