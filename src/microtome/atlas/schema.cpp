// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/schema.h"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <set>

#include "microtome/base/error.h"

namespace microtome {

int schema_of(SQLite::Database& database, const std::string& path, int newest) {
  const int application = database.execAndGet("PRAGMA application_id").getInt();
  const int schema = database.execAndGet("PRAGMA user_version").getInt();
  if (application != kAtlasApplicationId) {
    const bool empty = database.execAndGet("SELECT COUNT(*) FROM sqlite_master").getInt() == 0;
    if (application == 0 && schema == 0 && empty) return 0;
    throw Error(ErrorKind::kCorrupt, path, "is another program's SQLite file, not an atlas", "name another file");
  }
  if (schema < 1) throw Error(ErrorKind::kCorrupt, path, "is a damaged atlas: it has no schema number");
  if (schema > newest) {
    throw Error(ErrorKind::kUnsupported, path,
                "was written by a newer microtome: its schema is " + std::to_string(schema) +
                    ", this one reads up to " + std::to_string(newest),
                "update microtome");
  }
  return schema;
}

namespace {

// Tables with their columns, and whatever else there is, by kind and name.
std::set<std::string> things_of(SQLite::Database& database) {
  std::set<std::string> things;
  SQLite::Statement rows(database,
                         "SELECT m.type || ' ' || m.name || COALESCE('.' || x.name || ' ' || x.hidden, '')"
                         " FROM sqlite_master m LEFT JOIN pragma_table_xinfo(m.name) x ON m.type = 'table'"
                         " WHERE m.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND m.type <> 'index'");
  while (rows.executeStep()) things.insert(rows.getColumn(0).getString());
  return things;
}

}  // namespace

void require_schema(SQLite::Database& database, const std::string& path, std::span<const std::string_view> steps) {
  SQLite::Database model(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(model, 0, steps);
  const std::set<std::string> expected = things_of(model), found = things_of(database);
  for (const std::string& thing : found) {
    if (!expected.contains(thing)) {
      throw Error(ErrorKind::kCorrupt, path, "is no atlas that microtome wrote: it holds " + thing);
    }
  }
  for (const std::string& thing : expected) {
    if (!found.contains(thing)) throw Error(ErrorKind::kCorrupt, path, "is a damaged atlas: it lacks " + thing);
  }
}

void migrate(SQLite::Database& database, int from, std::span<const std::string_view> steps) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (size_t step = static_cast<size_t>(from); step < steps.size(); ++step) database.exec(std::string(steps[step]));
  if (from < 4 && steps.size() >= 4) finish_schema_4(database);
  database.exec("PRAGMA application_id = " + std::to_string(kAtlasApplicationId));
  database.exec("PRAGMA user_version = " + std::to_string(steps.size()));
  transaction.commit();
}

}  // namespace microtome
