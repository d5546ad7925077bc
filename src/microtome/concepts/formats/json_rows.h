// SPDX-License-Identifier: Apache-2.0
// Large json files read row by row: only one element of a table is in memory at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace microtome::concept_formats {

// Of a document {"TABLE": [row, row, ...], ...} calls `use(table, position, row)` for each row of the named tables, in
// the file's order; all else is passed over, and bytes that are no UTF-8 are U+FFFD. Throws Error(kCorrupt) naming
// `where` on text that is not json, on another kind of document and on a named table that is missing, twice there or no
// array.
using JsonRowUse = std::function<void(const std::string& table, int64_t position, const nlohmann::json& row)>;
void for_each_json_row(std::string text, const std::string& where, const std::vector<std::string>& tables,
                       const JsonRowUse& use);

// A row of a table, with its fields checked; errors are Error(kCorrupt) "WHERE: PLACE: FIELD ...".
class JsonRow {
 public:
  // `place` says which row: "annotation 17".
  JsonRow(const nlohmann::json& row, const std::string& where, std::string place);

  int64_t integer(const char* field, int64_t low, int64_t high) const;
  int64_t integer_or(const char* field, int64_t low, int64_t high, int64_t otherwise) const;
  const std::string& text(const char* field) const;
  const nlohmann::json& array(const char* field) const;
  // Any value; it must be there.
  const nlohmann::json& value(const char* field) const;
  bool has(const char* field) const { return row_.contains(field); }

  [[noreturn]] void fail(const std::string& what) const;
  const std::string& place() const { return place_; }
  const std::string& where() const { return where_; }
  void set_place(std::string place) { place_ = std::move(place); }

 private:
  const nlohmann::json& row_;
  const std::string& where_;
  std::string place_;
};

}  // namespace microtome::concept_formats
