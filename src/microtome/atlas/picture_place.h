// SPDX-License-Identifier: Apache-2.0
// Where a picture stands in the atlas. Private to the room.
// Defined in atlas_pictures.cpp.
#pragma once
#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>

#include "microtome/atlas/atlas.h"

namespace microtome {

// Without a layer: of no single unit.
struct PicturePlace {
  std::optional<int64_t> layer, unit, sign;
  std::string objective;
  int variant = 0;
  int64_t run = 0;
};
// Throws Error(kNotFound) when the atlas has no such layer; `path` names the file in it.
PicturePlace place_of(SQLite::Database& database, int64_t run, const AtlasPicture& picture, const std::string& path);

// The row of the picture that stands there.
std::optional<int64_t> find_picture(SQLite::Database& database, const PicturePlace& place);

}  // namespace microtome
