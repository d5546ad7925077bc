// SPDX-License-Identifier: Apache-2.0
// Values into and out of SQL statements. A number that is not one (NaN) is NULL in SQLite, and comes back as NaN.
#pragma once
#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "microtome/base/error.h"
#include "microtome/base/json_text.h"
#include "microtome/dissect/findings.h"

namespace microtome {

// Bytes that stay where they are until the statement has run.
struct Bytes {
  std::string_view bytes;
};

inline void bind_value(SQLite::Statement& statement, int place, const std::string& text) {
  statement.bind(place, text);
}
inline void bind_value(SQLite::Statement& statement, int place, const Json& json) {
  statement.bind(place, json.dump());
}
inline void bind_value(SQLite::Statement& statement, int place, std::integral auto number) {
  statement.bind(place, static_cast<int64_t>(number));
}
inline void bind_value(SQLite::Statement& statement, int place, std::floating_point auto number) {
  statement.bind(place, static_cast<double>(number));
}
inline void bind_value(SQLite::Statement& statement, int place, const std::optional<double>& number) {
  number ? statement.bind(place, *number) : statement.bind(place);
}
inline void bind_value(SQLite::Statement& statement, int place, const std::optional<int64_t>& number) {
  number ? statement.bind(place, *number) : statement.bind(place);
}
inline void bind_value(SQLite::Statement& statement, int place, Bytes blob) {
  // A null pointer would bind NULL; no bytes are still a blob.
  statement.bindNoCopy(place, blob.bytes.empty() ? "" : static_cast<const void*>(blob.bytes.data()),
                       static_cast<int>(blob.bytes.size()));
}

// Sets all of a statement's parameters, which may have run before.
template <class... Values>
void bind_all(SQLite::Statement& statement, const Values&... values) {
  statement.reset();
  int place = 0;
  (bind_value(statement, ++place, values), ...);
}

// Runs a prepared statement that gives no rows.
template <class... Values>
void run(SQLite::Statement& statement, const Values&... values) {
  bind_all(statement, values...);
  statement.exec();
}

// The same for a statement that is needed once.
template <class... Values>
void run_once(SQLite::Database& database, const char* sql, const Values&... values) {
  SQLite::Statement statement(database, sql);
  run(statement, values...);
}

// The first column of the first row, as an integer.
template <class... Values>
std::optional<int64_t> find_integer(SQLite::Database& database, const char* sql, const Values&... values) {
  SQLite::Statement statement(database, sql);
  bind_all(statement, values...);
  if (!statement.executeStep()) return std::nullopt;
  return statement.getColumn(0).getInt64();
}

inline double real(const SQLite::Column& column) {
  return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}
inline std::optional<double> optional_real(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional(column.getDouble());
}
inline std::string_view bytes_of(const SQLite::Column& column) {
  const char* data = static_cast<const char*>(column.getBlob());
  return {data, data == nullptr ? 0 : static_cast<size_t>(column.getBytes())};
}
inline Sign sign_of(int number, const std::string& path) {
  if (number != 1 && number != -1)
    throw Error(ErrorKind::kCorrupt, path, "is a damaged atlas: a sign is neither + nor -");
  return static_cast<Sign>(number);
}
inline Json json_of(const SQLite::Column& column) { return parse_json(column.getString(), column.getName()); }

}  // namespace microtome
