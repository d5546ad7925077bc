// SPDX-License-Identifier: Apache-2.0
// Pictures of the atlas: written and read.
#include "microtome/atlas/atlas.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/picture_place.h"
#include "microtome/atlas/picture_reader.h"
#include "microtome/atlas/store.h"

namespace microtome {

PicturePlace place_of(SQLite::Database& database, const AtlasPicture& picture, const std::string& path) {
  PicturePlace place{{}, {}, {}, picture.objective, picture.variant};
  if (picture.layer.empty()) return place;
  place.layer = require_layer(database, picture.layer, path);
  place.unit = picture.unit;
  place.sign = static_cast<int>(picture.sign);
  return place;
}

std::optional<int64_t> find_picture(SQLite::Database& database, const PicturePlace& place) {
  return find_integer(database,
                      "SELECT id FROM picture WHERE layer IS ? AND unit IS ? AND sign IS ? AND objective = ?"
                      " AND variant = ?",
                      place.layer, place.unit, place.sign, place.objective, place.variant);
}

PictureReader::PictureReader(SQLite::Database& database, const std::string& path, Files files)
    : path_(path), files_(files), statements_(database) {}

std::vector<AtlasFrame> PictureReader::frames(int64_t picture) {
  static const std::map<Files, std::string> columns = {
      {Files::kNone, "''"}, {Files::kHashes, "b.hash"}, {Files::kBytes, "b.bytes"}};
  SQLite::Statement& rows =
      statements_.of("SELECT step, " + columns.at(files_) +
                     " FROM frame f JOIN blob b ON b.id = f.blob WHERE picture = ? ORDER BY step");
  bind_all(rows, picture);
  std::vector<AtlasFrame> frames;
  while (rows.executeStep()) frames.push_back({rows.getColumn(0).getInt64(), rows.getColumn(1).getString()});
  return frames;
}

AtlasPicture PictureReader::picture_from(const SQLite::Statement& row) {
  AtlasPicture p;
  p.id = row.getColumn(0).getInt64();
  if (!row.getColumn(1).isNull()) {
    p.layer = row.getColumn(1).getString();
    p.unit = row.getColumn(2).getInt();
    p.sign = sign_of(row.getColumn(3).getInt(), path_);
  }
  p.png = row.getColumn(4).getString();
  read_record(row, 5, path_, p, files_ != Files::kNone);
  p.frames = frames(p.id);
  return p;
}

std::string PictureReader::selection(const std::string& condition) const {
  const char* file = files_ == Files::kNone ? "''" : files_ == Files::kHashes ? "b.hash" : "b.bytes";
  return "SELECT p.id, l.name, p.unit, p.sign, " + std::string(file) + ", " +
         column_list<AtlasPicture>("p.", files_ != Files::kNone) +
         " FROM picture p JOIN blob b ON b.id = p.blob LEFT JOIN layer l ON l.id = p.layer " + condition;
}

namespace {
PictureReader::Files files_of(bool with_png) {
  return with_png ? PictureReader::Files::kBytes : PictureReader::Files::kNone;
}
}  // namespace

bool Atlas::has_picture(int64_t run, const AtlasPicture& place) const {
  return state_->store->read([&](SQLite::Database& database) {
    if (!place.layer.empty() && !find_layer(database, place.layer)) return false;
    const auto found = find_picture(database, place_of(database, place, state_->store->path()));
    return found && find_integer(database, "SELECT 1 FROM picture WHERE id = ? AND run = ?", *found, run).has_value();
  });
}

std::vector<AtlasPicture> Atlas::pictures(const std::string& layer, int unit, bool with_png) const {
  return state_->store->read([&](SQLite::Database& database) {
    const int64_t id = require_layer(database, layer, state_->store->path());
    PictureReader reader(database, state_->store->path(), files_of(with_png));
    return unit >= 0 ? reader.read(std::string("WHERE p.layer = ? AND p.unit = ? ORDER BY ") + kPictureOrder, id, unit)
                     : reader.read(std::string("WHERE p.layer = ? ORDER BY ") + kPictureOrder, id);
  });
}

std::vector<AtlasPicture> Atlas::visualizations(bool with_png) const {
  return state_->store->read([&](SQLite::Database& database) {
    return PictureReader(database, state_->store->path(), files_of(with_png))
        .read("WHERE p.layer IS NULL ORDER BY objective, variant");
  });
}

std::optional<AtlasPicture> Atlas::picture(int64_t id) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<AtlasPicture> {
    auto found =
        PictureReader(database, state_->store->path(), PictureReader::Files::kBytes).read("WHERE p.id = ?", id);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
  });
}

}  // namespace microtome
