// SPDX-License-Identifier: Apache-2.0
// Comma-separated tables (RFC 4180): quoted fields, either line end, a byte-order mark at the start is skipped.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

struct CsvRow {
  int line = 0;  // In the file, from 1, where the row begins.
  std::vector<std::string> fields;
};

// All rows, the header included; empty lines are skipped. Throws Error(kCorrupt) naming `where` and the line on a quote
// that never closes or text after a closing quote.
std::vector<CsvRow> parse_csv(std::string_view bytes, const std::string& where);

// The field as it must stand in a row: quoted when it holds a comma, a quote, a line end or outer blanks.
std::string csv_field(std::string_view text);

// Whole decimal numbers, nothing before or after them; empty when the text is not one or does not fit.
std::optional<int64_t> parse_integer(std::string_view text);
// Finite decimal numbers.
std::optional<double> parse_number(std::string_view text);

}  // namespace microtome
