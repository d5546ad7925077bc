// SPDX-License-Identifier: Apache-2.0
// Which of several findings of one thing is shown: those of the run that Atlas::prefer() named, else the best. Private
// to the room.
#pragma once
#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>

namespace microtome {

// Of a layer: the dissection with most units, then most images; then the run's key decides, which is no matter of time.
std::optional<int64_t> chosen_dissection(SQLite::Database& database, int64_t layer, int64_t preferred);

// A condition on picture p: at its place none comes before it. Started pictures come before those that did not start,
// then higher scores; then the run's key decides.
std::string chosen_picture(int64_t preferred);

}  // namespace microtome
