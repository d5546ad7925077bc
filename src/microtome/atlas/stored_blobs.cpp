// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/stored_blobs.h"

#include "microtome/atlas/statements.h"
#include "microtome/base/error.h"
#include "microtome/base/hash.h"

namespace microtome {

int64_t put_blob(SQLite::Database& database, std::string_view bytes) {
  const std::string hash = sha256_hex(bytes);
  if (const auto id = find_integer(database, "SELECT id FROM blob WHERE hash = ?", hash)) return *id;
  run_once(database, "INSERT INTO blob (hash, bytes) VALUES (?, ?)", hash, Bytes{bytes});
  return database.getLastInsertRowid();
}

void drop_blob_if_unused(SQLite::Database& database, int64_t blob) {
  run_once(
      database,
      "DELETE FROM blob WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM picture WHERE blob = ?1)"
      " AND NOT EXISTS (SELECT 1 FROM thumbnail WHERE blob = ?1) AND NOT EXISTS (SELECT 1 FROM frame WHERE blob = ?1)",
      blob);
}

std::string checked_blob(const SQLite::Statement& row, int at, const std::string& path) {
  std::string bytes = row.getColumn(at).getString();
  if (sha256_hex(bytes) != row.getColumn(at - 1).getString()) {
    throw Error(ErrorKind::kCorrupt, path, "is a damaged atlas: a picture's bytes are not those that were stored",
                "microtome check " + path + " says what is whole");
  }
  return bytes;
}

}  // namespace microtome
