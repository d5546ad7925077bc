// SPDX-License-Identifier: Apache-2.0
// Units with what hangs on them, out of the database: each field from the table that is its. Private to the room.
#pragma once
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/record.h"
#include "microtome/dissect/findings.h"

namespace microtome {

class UnitReader {
 public:
  UnitReader(SQLite::Database& database, const std::string& path, Detail detail)
      : path_(path), brief_(detail == Detail::kBrief), statements_(database) {}

  // `condition`: of unit u and dissection d.
  template <class... Values>
  std::vector<UnitDissection> read(const std::string& condition, const Values&... values) {
    std::vector<UnitDissection> units;
    each(
        condition, [&](UnitDissection&& unit) { units.push_back(std::move(unit)); }, values...);
    return units;
  }
  // Calls f(unit) for one after the other.
  template <class F, class... Values>
  void each(const std::string& condition, F&& f, const Values&... values) {
    SQLite::Statement& rows =
        statements_.of("SELECT u.id, " + column_list<UnitDissection>("u.") +
                       " FROM dissection d CROSS JOIN unit u ON u.dissection = d.id " + condition);
    bind_all(rows, values...);
    while (rows.executeStep()) {
      UnitDissection unit;
      read_record(rows, 1, path_, unit);
      read_tables(rows.getColumn(0).getInt64(), unit);
      f(std::move(unit));
    }
  }

 private:
  void read_tables(int64_t id, UnitDissection& unit);
  void read_maps(int64_t id, UnitDissection& unit);
  template <class T>
  void read_field(int64_t id, std::string_view name, T& value);
  template <Finding T>
  std::vector<T> rows_of(int64_t id, std::string_view name);

  const std::string& path_;
  bool brief_;
  PreparedStatements statements_;
};

}  // namespace microtome
