// SPDX-License-Identifier: Apache-2.0
// Findings (base/finding.h) as rows: a field is a column of its name, statements are made from the fields. Private to
// the room.
#pragma once
#include <fmt/format.h>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microtome/atlas/blobs.h"
#include "microtome/atlas/statements.h"
#include "microtome/base/finding.h"
#include "microtome/base/finding_document.h"
#include "microtome/base/json.h"
#include "microtome/dissect/findings.h"

namespace microtome {

// Findings with a table of their own; others within a finding are columns of its row.
template <class T>
inline constexpr bool kOwnTable = false;
template <>
inline constexpr bool kOwnTable<ConceptScore> = true;
template <>
inline constexpr bool kOwnTable<Histogram> = true;

template <class T>
inline constexpr bool kIsColumn =
    std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Sign> || std::is_same_v<T, Json> ||
    std::is_same_v<T, std::optional<double>> || kIsLabel<T> || kIsCategory<T> || kIsPacked<T> || kIsDocument<T> ||
    std::is_same_v<T, std::vector<std::string>> || std::is_same_v<T, std::vector<int64_t>>;

// Calls f(name, value) for each column of a record.
template <class T, class F>
void each_column(T& record, F&& f) {
  std::remove_const_t<T>::fields(record, [&]<class V>(const Field& field, V&& value) {
    using Value = std::remove_cvref_t<V>;
    if constexpr (Finding<Value>) {
      if constexpr (!kOwnTable<Value>) each_column(value, f);
    } else if constexpr (kIsColumn<Value>) {
      f(field.name, value);
    }
  });
}

template <class T>
void bind_column(SQLite::Statement& statement, int place, const T& value) {
  if constexpr (kIsLabel<T> || kIsCategory<T>) {
    bind_value(statement, place, value.value);
  } else if constexpr (kIsPacked<T>) {
    const std::string_view bytes(reinterpret_cast<const char*>(value.value.data()),
                                 value.value.size() * sizeof(value.value[0]));
    bind_value(statement, place, Bytes{bytes});
  } else if constexpr (kIsDocument<T>) {
    bind_value(statement, place, document_of(value.value));
  } else if constexpr (std::is_same_v<T, Sign>) {
    bind_value(statement, place, static_cast<int>(value));
  } else if constexpr (kIsList<T>) {
    bind_value(statement, place, Json(value));
  } else {
    bind_value(statement, place, value);
  }
}

template <class T>
void read_column(const SQLite::Column& column, T& value, const std::string& path) {
  if constexpr (kIsLabel<T> || kIsCategory<T>) {
    value.value = column.getInt();
  } else if constexpr (kIsPacked<T>) {
    using Number = typename std::remove_reference_t<decltype(value.value)>::value_type;
    value.value = all_numbers<Number>(bytes_of(column), path);
  } else if constexpr (kIsDocument<T>) {
    value.value = from_document<std::remove_reference_t<decltype(value.value)>>(json_of(column), path);
  } else if constexpr (std::is_same_v<T, Sign>) {
    value = sign_of(column.getInt(), path);
  } else if constexpr (std::is_same_v<T, Json>) {
    value = json_of(column);
  } else if constexpr (kIsList<T>) {
    value = json_of(column).get<T>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = column.getString();
  } else if constexpr (std::is_same_v<T, std::optional<double>>) {
    value = optional_real(column);
  } else if constexpr (std::is_floating_point_v<T>) {
    value = static_cast<T>(real(column));
  } else {
    value = static_cast<T>(column.getInt64());
  }
}

// A name as SQL takes it, keyword or not.
inline std::string identifier(std::string_view name) { return fmt::format("\"{}\"", name); }

// "a", "b": the columns of a record, each after `prefix`; the packed ones only where asked for.
template <Finding T>
std::string column_list(std::string_view prefix = "", bool packed = true) {
  static_assert(!std::is_const_v<T>);
  std::string names;
  T record;
  each_column(record, [&]<class V>(std::string_view name, const V&) {
    if (kIsPacked<V> && !packed) return;
    names += (names.empty() ? "" : ", ") + std::string(prefix) + identifier(name);
  });
  return names;
}

// Reads a record from the columns of a row that column_list() named, from `first` on.
template <Finding T>
void read_record(const SQLite::Statement& row, int first, const std::string& path, T& record, bool packed = true) {
  each_column(record, [&]<class V>(std::string_view, V&& value) {
    if (kIsPacked<std::remove_cvref_t<V>> && !packed) return;
    read_column(row.getColumn(first++), value, path);
  });
}

// Statements prepared once, by their text.
class PreparedStatements {
 public:
  explicit PreparedStatements(SQLite::Database& database) : database_(database) {}
  SQLite::Statement& of(const std::string& sql) {
    auto& statement = statements_[sql];
    if (!statement) statement = std::make_unique<SQLite::Statement>(database_, sql);
    statement->reset();
    return *statement;
  }

 private:
  SQLite::Database& database_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

// Columns that are no fields of the record: whose it is.
using Key = std::pair<std::string_view, std::optional<int64_t>>;
using Keys = std::vector<Key>;

// Sets all columns of a record in row `id`.
template <Finding T>
void update_record(SQLite::Database& database, std::string_view table, const T& record, int64_t id) {
  std::string settings;
  each_column(record, [&](std::string_view name, const auto&) {
    settings += (settings.empty() ? "" : ", ") + identifier(name) + " = ?";
  });
  SQLite::Statement statement(database, "UPDATE " + identifier(table) + " SET " + settings + " WHERE id = ?");
  int place = 0;
  each_column(record, [&](std::string_view, const auto& value) { bind_column(statement, ++place, value); });
  bind_value(statement, ++place, id);
  statement.exec();
}

class RecordWriter {
 public:
  explicit RecordWriter(SQLite::Database& database) : statements_(database) {}

  // One row of `table`; `list` where the table holds several lists.
  template <Finding T>
  void write(std::string_view table, const T& record, const Keys& keys, std::string_view list = {}) {
    SQLite::Statement& statement = statements_.of(insertion(table, record, keys, list));
    int place = 0;
    for (const Key& key : keys) bind_value(statement, ++place, key.second);
    if (!list.empty()) bind_value(statement, ++place, std::string(list));
    each_column(record, [&]<class V>(std::string_view, const V& value) {
      if (kIsPacked<V> && !packed_of(table)) return;
      bind_column(statement, ++place, value);
    });
    statement.exec();
  }

 private:
  // Exemplars' maps have a table of their own.
  static bool packed_of(std::string_view table) { return table != "exemplar"; }

  template <Finding T>
  static std::string insertion(std::string_view table, const T&, const Keys& keys, std::string_view list) {
    std::string names, marks;
    for (const Key& key : keys) names += identifier(key.first) + ", ", marks += "?, ";
    if (!list.empty()) names += "list, ", marks += "?, ";
    const std::string columns = column_list<T>("", packed_of(table));
    marks += "?";
    for (const char letter : columns) marks += letter == ',' ? ", ?" : "";
    return "INSERT INTO " + identifier(table) + " (" + names + columns + ") VALUES (" + marks + ")";
  }

  PreparedStatements statements_;
};

}  // namespace microtome
