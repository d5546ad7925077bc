// SPDX-License-Identifier: Apache-2.0
// Pictures of the atlas: written and read.
#include "microtome/atlas/atlas.h"
#include "microtome/atlas/chosen.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/picture_place.h"
#include "microtome/atlas/picture_reader.h"
#include "microtome/atlas/store.h"
#include "microtome/atlas/stored_blobs.h"

namespace microtome {

PicturePlace place_of(SQLite::Database& database, int64_t run, const AtlasPicture& picture, const std::string& path) {
  PicturePlace place{{}, {}, {}, picture.objective, picture.variant, run};
  if (picture.layer.empty()) return place;
  place.layer = require_layer(database, picture.layer, path);
  place.unit = picture.unit;
  place.sign = static_cast<int>(picture.sign);
  return place;
}

std::optional<int64_t> find_picture(SQLite::Database& database, const PicturePlace& place) {
  return find_integer(database,
                      "SELECT id FROM picture WHERE layer IS ? AND unit IS ? AND sign IS ? AND objective = ?"
                      " AND variant = ? AND run = ?",
                      place.layer, place.unit, place.sign, place.objective, place.variant, place.run);
}

PictureReader::PictureReader(SQLite::Database& database, const std::string& path, Files files)
    : path_(path), files_(files), statements_(database) {}

std::string PictureReader::file(const SQLite::Statement& row, int at) const {
  return files_ == Files::kBytes ? checked_blob(row, at, path_) : row.getColumn(at).getString();
}

std::vector<AtlasFrame> PictureReader::frames(int64_t picture) {
  static const std::map<Files, std::string> columns = {
      {Files::kNone, "b.hash, ''"}, {Files::kHashes, "b.hash, b.hash"}, {Files::kBytes, "b.hash, b.bytes"}};
  SQLite::Statement& rows =
      statements_.of("SELECT step, " + columns.at(files_) +
                     " FROM frame f JOIN blob b ON b.id = f.blob WHERE picture = ? ORDER BY step");
  bind_all(rows, picture);
  std::vector<AtlasFrame> frames;
  while (rows.executeStep()) frames.push_back({rows.getColumn(0).getInt64(), file(rows, 2)});
  return frames;
}

AtlasPicture PictureReader::picture_from(const SQLite::Statement& row) {
  AtlasPicture p;
  p.id = row.getColumn(0).getInt64();
  if (!row.getColumn(1).isNull()) {
    p.layer = row.getColumn(1).getString();
    p.unit = row.getColumn(2).getInt64();
    p.sign = sign_of(row.getColumn(3).getInt(), path_);
  }
  p.run = row.getColumn(4).getInt64();
  p.compared = row.getColumn(5).getString();
  p.png = file(row, 7);
  p.maxima = all_numbers<float>(bytes_of(row.getColumn(8)), path_);
  read_record(row, 9, path_, p, files_ != Files::kNone);
  p.frames = frames(p.id);
  return p;
}

std::string PictureReader::selection(const std::string& condition) const {
  const char* file = files_ == Files::kNone ? "''" : files_ == Files::kHashes ? "b.hash" : "b.bytes";
  const char* maxima = files_ == Files::kBytes ? "p.maxima" : "x''";
  return "SELECT p.id, l.name, p.unit, p.sign, p.run, p.compared, b.hash, " + std::string(file) + ", " + maxima + ", " +
         column_list<AtlasPicture>("p.", files_ != Files::kNone) +
         " FROM picture p JOIN blob b ON b.id = p.blob LEFT JOIN layer l ON l.id = p.layer " + condition;
}

namespace {

PictureReader::Files files_of(Detail detail) {
  return detail == Detail::kFull ? PictureReader::Files::kBytes : PictureReader::Files::kNone;
}

// Returns the blobs that it used.
std::vector<int64_t> remove_picture(SQLite::Database& database, int64_t id) {
  SQLite::Statement used(database,
                         "SELECT blob FROM picture WHERE id = ?1 UNION SELECT blob FROM frame WHERE picture = ?1");
  bind_all(used, id);
  std::vector<int64_t> blobs;
  while (used.executeStep()) blobs.push_back(used.getColumn(0).getInt64());
  used.reset();
  run_once(database, "DELETE FROM picture WHERE id = ?", id);
  return blobs;
}

void insert_picture(SQLite::Database& database, const AtlasPicture& p, const PicturePlace& place) {
  RecordWriter records(database);
  records.write("picture", p,
                Keys{{"layer", place.layer},
                     {"unit", place.unit},
                     {"sign", place.sign},
                     {"run", place.run},
                     {"blob", put_blob(database, p.png)}});
  const int64_t id = database.getLastInsertRowid();
  std::string maxima;
  append_numbers<float>(maxima, p.maxima);
  run_once(database, "UPDATE picture SET maxima = ?, compared = ? WHERE id = ?", Bytes{maxima}, p.compared, id);
  for (const AtlasFrame& frame : p.frames) {
    run_once(database, "INSERT INTO frame (picture, step, blob) VALUES (?, ?, ?)", id, frame.step,
             put_blob(database, frame.webp));
  }
}

}  // namespace

void Atlas::put_pictures(int64_t run, std::span<const AtlasPicture> pictures) {
  state_->store->write([&](SQLite::Database& database) {
    for (const AtlasPicture& picture : pictures) {
      const PicturePlace place = place_of(database, run, picture, state_->store->path());
      const auto old = find_picture(database, place);
      const std::vector<int64_t> former = old ? remove_picture(database, *old) : std::vector<int64_t>();
      insert_picture(database, picture, place);
      for (const int64_t blob : former) drop_blob_if_unused(database, blob);
    }
  });
}

int64_t Atlas::drop_other_pictures(int64_t run) {
  return state_->store->write([&](SQLite::Database& database) {
    SQLite::Statement rows(
        database,
        "SELECT o.id FROM picture p JOIN picture o ON o.layer IS p.layer AND o.unit IS p.unit AND o.sign IS p.sign"
        " AND o.objective = p.objective AND o.variant = p.variant AND o.run <> p.run WHERE p.run = ?");
    bind_all(rows, run);
    std::vector<int64_t> ids;
    while (rows.executeStep()) ids.push_back(rows.getColumn(0).getInt64());
    rows.reset();
    for (const int64_t id : ids) {
      for (const int64_t blob : remove_picture(database, id)) drop_blob_if_unused(database, blob);
    }
    return std::ssize(ids);
  });
}

bool Atlas::has_picture(int64_t run, const AtlasPicture& place) const {
  return state_->store->read([&](SQLite::Database& database) {
    if (!place.layer.empty() && !find_layer(database, place.layer)) return false;
    return find_picture(database, place_of(database, run, place, state_->store->path())).has_value();
  });
}

std::vector<AtlasPicture> Atlas::pictures(const std::string& layer, int64_t unit, Detail detail) const {
  return pictures_where(layer, unit, detail, chosen_picture(state_->preferred));
}

std::vector<AtlasPicture> Atlas::pictures_of_runs(const std::string& layer, int64_t unit, Detail detail) const {
  return pictures_where(layer, unit, detail, "1");
}

std::vector<AtlasPicture> Atlas::pictures_where(const std::string& layer, int64_t unit, Detail detail,
                                                const std::string& condition) const {
  const std::string rest = " AND " + condition + " ORDER BY " + kPictureOrder + ", p.run";
  return state_->store->read([&](SQLite::Database& database) {
    const int64_t id = require_layer(database, layer, state_->store->path());
    PictureReader reader(database, state_->store->path(), files_of(detail));
    return unit >= 0 ? reader.read("WHERE p.layer = ? AND p.unit = ?" + rest, id, unit)
                     : reader.read("WHERE p.layer = ?" + rest, id);
  });
}

std::vector<AtlasPicture> Atlas::visualizations(Detail detail) const {
  return state_->store->read([&](SQLite::Database& database) {
    return PictureReader(database, state_->store->path(), files_of(detail))
        .read("WHERE p.layer IS NULL AND " + chosen_picture(state_->preferred) + " ORDER BY objective, variant");
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
