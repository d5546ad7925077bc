// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

namespace microtome {

// Rows of comma-separated fields (RFC 4180, but lines end in "\n" as other tools' do here).
class CsvWriter {
 public:
  CsvWriter& text(const std::string& field) {
    separate();
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      text_ += field;
      return *this;
    }
    text_ += '"';
    for (const char c : field) {
      if (c == '"') text_ += '"';
      text_ += c;
    }
    text_ += '"';
    return *this;
  }
  // The fewest digits that bring the number back; nothing for what is not a number.
  template <class Number>
  CsvWriter& number(Number value) {
    separate();
    if (value != value) return *this;
    text_ += fmt::format("{}", value);
    return *this;
  }
  CsvWriter& number(const std::optional<double>& value) { return value ? number(*value) : text(""); }
  void row(const std::vector<std::string>& fields) {
    for (const std::string& field : fields) text(field);
    end_row();
  }
  void end_row() {
    text_ += '\n';
    first_ = true;
  }
  const std::string& bytes() const { return text_; }

 private:
  void separate() {
    if (!first_) text_ += ',';
    first_ = false;
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace microtome
