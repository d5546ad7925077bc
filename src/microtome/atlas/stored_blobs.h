// SPDX-License-Identifier: Apache-2.0
// Encoded pictures in the database: each once, under the hash of its bytes. Private to the room.
#pragma once
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace microtome {

// The blob's row.
int64_t put_blob(SQLite::Database& database, std::string_view bytes);

void drop_blob_if_unused(SQLite::Database& database, int64_t blob);

// The bytes in column `at`, held against the hash in the column before. Throws Error(kCorrupt) where they differ.
std::string checked_blob(const SQLite::Statement& row, int at, const std::string& path);

}  // namespace microtome
