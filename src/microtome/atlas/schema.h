// SPDX-License-Identifier: Apache-2.0
// The atlas file's schema as a list of steps, and how a file gets from one step to the newest.
#pragma once
#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace microtome {

// "MTOM": marks a SQLite file as an atlas, in its application_id.
inline constexpr int32_t kAtlasApplicationId = 0x4D544F4D;

// Step n - 1 takes a file from schema n - 1 to schema n (PRAGMA user_version); schema 0 is an empty file. A step once
// released is never edited: a change is a new file in schema/.
std::span<const std::string_view> schema_steps();

// The rest of the step to schema 4, after all further ones: it writes findings as this program knows them.
void finish_schema_4(SQLite::Database& database);

// The schema of a file, 0 when it is empty. Throws Error(kCorrupt) when it is no atlas, Error(kUnsupported) when its
// schema is newer than `newest`.
int schema_of(SQLite::Database& database, const std::string& path, int newest);

// Throws Error(kCorrupt) unless the file holds the tables and columns that `steps` make and nothing else that runs when
// it is read: views, triggers, virtual tables, computed columns.
void require_schema(SQLite::Database& database, const std::string& path, std::span<const std::string_view> steps);

// Runs the steps that the file lacks, all in one transaction.
void migrate(SQLite::Database& database, int from, std::span<const std::string_view> steps);

}  // namespace microtome
