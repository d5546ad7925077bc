// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/csv.h"

#include <charconv>
#include <cmath>

#include "microtome/base/error.h"

namespace microtome {
namespace {

class CsvParser {
 public:
  CsvParser(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {
    if (bytes_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> out;
    while (at_ < bytes_.size()) {
      CsvRow row = next_row();
      if (row.fields.size() > 1 || !row.fields.front().empty()) out.push_back(std::move(row));
    }
    return out;
  }

 private:
  bool at_line_end() const { return at_ >= bytes_.size() || bytes_[at_] == '\n' || bytes_[at_] == '\r'; }

  CsvRow next_row() {
    CsvRow row{line_, {}};
    for (;;) {
      row.fields.push_back(at_ < bytes_.size() && bytes_[at_] == '"' ? quoted_field() : plain_field());
      if (at_line_end()) break;
      ++at_;  // The comma.
    }
    if (at_ < bytes_.size() && bytes_[at_] == '\r') ++at_;
    if (at_ < bytes_.size() && bytes_[at_] == '\n') ++at_;
    ++line_;
    return row;
  }

  std::string plain_field() {
    const size_t begin = at_;
    while (!at_line_end() && bytes_[at_] != ',') ++at_;
    return std::string(bytes_.substr(begin, at_ - begin));
  }

  std::string quoted_field() {
    const int first_line = line_;
    std::string text;
    for (++at_; at_ < bytes_.size(); ++at_) {
      if (bytes_[at_] == '"') {
        ++at_;
        if (at_ >= bytes_.size() || bytes_[at_] != '"') {
          if (!at_line_end() && bytes_[at_] != ',') fail(first_line, "text after a closing quote");
          return text;
        }
      }
      if (bytes_[at_] == '\n') ++line_;
      text += bytes_[at_];
    }
    fail(first_line, "a quote that never closes");
  }

  [[noreturn]] void fail(int line, const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, where_ + ":" + std::to_string(line), what);
  }

  std::string_view bytes_;
  const std::string& where_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view bytes, const std::string& where) {
  return CsvParser(bytes, where).rows();
}

std::string csv_field(std::string_view text) {
  const bool blanks = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  if (!blanks && text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace microtome
