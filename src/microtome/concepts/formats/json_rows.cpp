// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/json_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "microtome/base/error.h"
#include "microtome/base/json_text.h"
#include "microtome/base/plain_text.h"

namespace microtome::concept_formats {
namespace {

using Json = nlohmann::json;

// Follows the events of the parser: depth 1 is the document, depth 2 a table, and what begins inside a wanted table is
// a row, built as a value and then handed on.
class RowBuilder : public nlohmann::json_sax<Json> {
 public:
  RowBuilder(const std::string& where, const std::vector<std::string>& tables, const JsonRowUse& use)
      : where_(where), tables_(tables), use_(use) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(int64_t value) override { return put(value); }
  bool number_unsigned(uint64_t value) override { return put(value); }
  bool number_float(double value, const std::string&) override { return put(value); }
  bool string(std::string& value) override { return put(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      table_ = name;
    } else if (!open_.empty()) {
      keys_.back() = name;
    }
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    throw Error(ErrorKind::kCorrupt, where_, json_complaint(error.what()));
  }

  void finish() const {
    for (const std::string& table : tables_) {
      if (!seen_.contains(table)) {
        throw Error(ErrorKind::kCorrupt, where_, fmt::format("there is no \"{}\" in it", table));
      }
    }
  }

 private:
  bool wanted() const { return std::find(tables_.begin(), tables_.end(), table_) != tables_.end(); }

  bool open(Json value) {
    if (depth_ == 0 && !value.is_object()) no_document();
    if (depth_ == 1 && wanted()) {
      if (!value.is_array()) no_table();
      if (!seen_.emplace(table_, 0).second) {
        throw Error(ErrorKind::kCorrupt, where_, fmt::format("\"{}\" is there twice", table_));
      }
    }
    const bool row = depth_ >= 2 && wanted();
    ++depth_;
    if (!row) return true;
    open_.push_back(std::move(value));
    keys_.emplace_back();
    return true;
  }

  bool close() {
    --depth_;
    if (open_.empty()) return true;
    Json value = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return place(std::move(value));
  }

  bool put(Json value) {
    if (depth_ == 0) no_document();
    if (depth_ == 1 && wanted()) no_table();
    return depth_ >= 2 && wanted() ? place(std::move(value)) : true;
  }

  // Into the innermost open value, or to the reader.
  bool place(Json value) {
    if (open_.empty()) {
      use_(table_, seen_[table_]++, value);
    } else if (open_.back().is_array()) {
      open_.back().push_back(std::move(value));
    } else {
      open_.back()[keys_.back()] = std::move(value);
    }
    return true;
  }

  [[noreturn]] void no_document() const {
    throw Error(ErrorKind::kCorrupt, where_, "the json is no object that holds tables");
  }
  [[noreturn]] void no_table() const {
    throw Error(ErrorKind::kCorrupt, where_, fmt::format("\"{}\" is not an array", table_));
  }

  const std::string& where_;
  const std::vector<std::string>& tables_;
  const JsonRowUse& use_;
  int depth_ = 0;
  std::string table_;
  std::vector<Json> open_;
  std::vector<std::string> keys_;
  std::map<std::string, int64_t> seen_;
};

}  // namespace

void for_each_json_row(std::string text, const std::string& where, const std::vector<std::string>& tables,
                       const JsonRowUse& use) {
  text = as_utf8(std::move(text));
  check_json_depth(text, where);
  RowBuilder builder(where, tables, use);
  Json::sax_parse(text.begin(), text.end(), &builder);
  builder.finish();
}

JsonRow::JsonRow(const Json& row, const std::string& where, std::string place)
    : row_(row), where_(where), place_(std::move(place)) {
  if (!row.is_object()) fail("it is no json object");
}

void JsonRow::fail(const std::string& what) const {
  throw Error(ErrorKind::kCorrupt, where_, fmt::format("{}: {}", place_, what));
}

const Json& JsonRow::value(const char* field) const {
  const auto found = row_.find(field);
  if (found == row_.end()) fail(fmt::format("there is no \"{}\"", field));
  return *found;
}

int64_t JsonRow::integer(const char* field, int64_t low, int64_t high) const {
  const Json& found = value(field);
  const bool fits = found.is_number_unsigned()  ? found.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)
                    : found.is_number_integer() ? true
                                                : false;
  const int64_t number = fits ? found.get<int64_t>() : 0;
  if (!fits || number < low || number > high) {
    const std::string shown = found.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 30);
    fail(fmt::format("\"{}\" is {}, not a whole number from {} to {}", field, shown, low, high));
  }
  return number;
}

int64_t JsonRow::integer_or(const char* field, int64_t low, int64_t high, int64_t otherwise) const {
  return has(field) ? integer(field, low, high) : otherwise;
}

const std::string& JsonRow::text(const char* field) const {
  const Json& found = value(field);
  if (!found.is_string() || found.get_ref<const std::string&>().empty()) {
    fail(fmt::format("\"{}\" is not a text", field));
  }
  return found.get_ref<const std::string&>();
}

const Json& JsonRow::array(const char* field) const {
  const Json& found = value(field);
  if (!found.is_array()) fail(fmt::format("\"{}\" is not an array", field));
  return found;
}

}  // namespace microtome::concept_formats
