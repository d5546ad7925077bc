// SPDX-License-Identifier: Apache-2.0
// Pictures with what hangs on them, out of the database. Private to the room.
#pragma once
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/record.h"

namespace microtome {

// Pictures of a layer: the objective of the channel alone comes first, for it is what stands for a unit.
inline constexpr const char* kPictureOrder =
    "p.unit, p.sign DESC, (p.objective GLOB 'channel(*' OR p.objective GLOB '-channel(*')"
    " AND instr(p.objective, ' ') = 0 DESC, p.objective, p.variant";

class PictureReader {
 public:
  enum class Files { kNone, kHashes, kBytes };  // What stands in png and webp; kNone: neither curves nor values.
  PictureReader(SQLite::Database& database, const std::string& path, Files files);

  // `condition`: of picture p and layer l.
  template <class... Values>
  std::vector<AtlasPicture> read(const std::string& condition, const Values&... values) {
    std::vector<AtlasPicture> pictures;
    each(
        condition, [&](AtlasPicture&& picture) { pictures.push_back(std::move(picture)); }, values...);
    return pictures;
  }
  // Calls f(picture) for one after the other.
  template <class F, class... Values>
  void each(const std::string& condition, F&& f, const Values&... values) {
    SQLite::Statement& rows = statements_.of(selection(condition));
    bind_all(rows, values...);
    while (rows.executeStep()) f(picture_from(rows));
  }

 private:
  std::string selection(const std::string& condition) const;
  AtlasPicture picture_from(const SQLite::Statement& row);
  std::vector<AtlasFrame> frames(int64_t picture);
  std::string file(const SQLite::Statement& row, int at) const;

  const std::string& path_;
  Files files_;
  PreparedStatements statements_;
};

}  // namespace microtome
