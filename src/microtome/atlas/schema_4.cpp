// SPDX-License-Identifier: Apache-2.0
// What schema 3 kept as JSON in unit.statistics becomes rows. Here, because SQLite reads decimal numbers less exactly.
#include "microtome/atlas/record.h"
#include "microtome/atlas/schema.h"
#include "microtome/dissect/findings.h"

namespace microtome {
namespace {

// Sets the columns of a record from JSON; null and absent numbers stay what they are.
template <Finding T>
T record_from(const Json& json) {
  T record;
  each_column(record, [&]<class V>(std::string_view name, V& value) {
    const auto found = json.find(std::string(name));
    if (found == json.end() || found->is_null()) {
      if constexpr (std::is_floating_point_v<V>) value = std::numeric_limits<V>::quiet_NaN();
    } else if constexpr (kIsLabel<V> || kIsCategory<V>) {
      found->get_to(value.value);
    } else {
      found->get_to(value);
    }
  });
  return record;
}

template <Finding T>
void move_one(RecordWriter& writer, const Json& statistics, const char* table, int64_t unit) {
  if (statistics.contains(table)) writer.write(table, record_from<T>(statistics[table]), Keys{{"unit", unit}});
}

template <Finding T>
void move_list(RecordWriter& writer, const Json& statistics, const char* table, int64_t unit) {
  if (!statistics.contains(table)) return;
  int64_t rank = 0;
  for (const Json& part : statistics[table]) {
    writer.write(table, record_from<T>(part), Keys{{"unit", unit}, {"rank", rank}});
    if (part.contains("best")) {
      writer.write("score", record_from<ConceptScore>(part["best"]), Keys{{"unit", unit}, {"rank", rank}}, table);
    }
    ++rank;
  }
}

void move_measures(SQLite::Database& database, const Json& statistics, int64_t unit) {
  if (!statistics.contains("measures")) return;
  const auto measures = record_from<ConceptMeasures>(statistics["measures"]);
  each_column(measures, [&](std::string_view name, const double& value) {
    run_once(database, ("UPDATE score SET " + identifier(name) + " = ? WHERE unit = ? AND list = 'best'").c_str(),
             value, unit);
  });
}

}  // namespace

void finish_schema_4(SQLite::Database& database) {
  RecordWriter writer(database);
  SQLite::Statement units(database, "SELECT id, statistics FROM unit_3 WHERE statistics <> '{}'");
  while (units.executeStep()) {
    const int64_t unit = units.getColumn(0).getInt64();
    const Json statistics = json_of(units.getColumn(1));
    move_measures(database, statistics, unit);
    move_one<HeldOutScore>(writer, statistics, "held_out", unit);
    move_one<BootstrapInterval>(writer, statistics, "interval", unit);
    move_one<Significance>(writer, statistics, "significance", unit);
    move_list<TailScore>(writer, statistics, "tails", unit);
    move_list<FormulaScore>(writer, statistics, "formulas", unit);
    move_list<RangeScore>(writer, statistics, "ranges", unit);
    move_list<ScoreTrial>(writer, statistics, "selfcheck", unit);
  }
  units.reset();
  database.exec("DROP TABLE unit_3; DROP TABLE dissection_3");
}

}  // namespace microtome
