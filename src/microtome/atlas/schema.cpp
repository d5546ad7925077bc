// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/schema.h"

#include <SQLiteCpp/Transaction.h>

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

void migrate(SQLite::Database& database, int from, std::span<const std::string_view> steps) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (size_t step = static_cast<size_t>(from); step < steps.size(); ++step) database.exec(std::string(steps[step]));
  if (from < 4 && steps.size() >= 4) finish_schema_4(database);
  database.exec("PRAGMA application_id = " + std::to_string(kAtlasApplicationId));
  database.exec("PRAGMA user_version = " + std::to_string(steps.size()));
  transaction.commit();
}

}  // namespace microtome
