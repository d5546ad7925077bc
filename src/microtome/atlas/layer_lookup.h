// SPDX-License-Identifier: Apache-2.0
// From a layer's name to its row.
// Defined in atlas_read.cpp.
#pragma once
#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>

namespace microtome {

std::optional<int64_t> find_layer(SQLite::Database& database, const std::string& name);

// Throws Error(kNotFound) with the nearest known name; `path` names the file in it.
int64_t require_layer(SQLite::Database& database, const std::string& name, const std::string& path);

}  // namespace microtome
