// SPDX-License-Identifier: Apache-2.0
// Dissections into the atlas: units join those that their run found before.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/record.h"
#include "microtome/atlas/store.h"
#include "microtome/atlas/stored_blobs.h"
#include "microtome/dissect/significance.h"

namespace microtome {
namespace {

void put_thumbnail(SQLite::Database& database, const Atlas::Thumbnail& thumbnail) {
  const auto old = find_integer(database, "SELECT blob FROM thumbnail WHERE image = ?", thumbnail.image);
  const int64_t blob = put_blob(database, thumbnail.bytes);
  run_once(database, "INSERT OR REPLACE INTO thumbnail (image, file, blob) VALUES (?, ?, ?)", thumbnail.image,
           thumbnail.file, blob);
  if (old && *old != blob) drop_blob_if_unused(database, *old);
}

std::set<int64_t> images_of(SQLite::Database& database, int64_t dissection) {
  SQLite::Statement query(
      database, "SELECT DISTINCT e.image FROM unit u JOIN exemplar e ON e.unit = u.id WHERE u.dissection = ?");
  bind_all(query, dissection);
  std::set<int64_t> images;
  while (query.executeStep()) images.insert(query.getColumn(0).getInt64());
  return images;
}

// What only a removed unit named must not stay: equal results have equal hashes whatever came before.
void drop_unused_thumbnails(SQLite::Database& database, const std::set<int64_t>& candidates) {
  if (candidates.empty()) return;
  std::set<int64_t> unused = candidates;
  SQLite::Statement used(database, "SELECT DISTINCT image FROM exemplar");
  while (used.executeStep()) unused.erase(used.getColumn(0).getInt64());
  for (const int64_t image : unused) {
    const auto blob = find_integer(database, "SELECT blob FROM thumbnail WHERE image = ?", image);
    run_once(database, "DELETE FROM thumbnail WHERE image = ?", image);
    if (blob) drop_blob_if_unused(database, *blob);
  }
}

// Writes units with all that hangs on them: each field of a unit into the table that is its.
class UnitWriter {
 public:
  UnitWriter(SQLite::Database& database, int64_t dissection)
      : database_(database), dissection_(dissection), records_(database) {}

  void write(const UnitDissection& unit) {
    records_.write("unit", unit, Keys{{"dissection", dissection_}});
    id_ = database_.getLastInsertRowid();
    maps_.clear();
    UnitDissection::fields(unit, [&](const Field& field, const auto& value) { write_field(field.name, value); });
    run_once(database_, "INSERT INTO maps (unit, bytes) VALUES (?, ?)", id_, Bytes{maps_});
    if (unit.shuffled.empty()) return;
    std::string ious;
    append_numbers<double>(ious, unit.shuffled);
    run_once(database_, "INSERT INTO shuffled (unit, ious) VALUES (?, ?)", id_, Bytes{ious});
  }

 private:
  template <class T>
  void write_field(std::string_view name, const T& value) {
    if constexpr (std::is_same_v<T, ConceptScore>) {
      records_.write("score", value, Keys{{"unit", id_}, {"rank", 0}}, name);
    } else if constexpr (Finding<T>) {
      records_.write(name, value, Keys{{"unit", id_}});
    } else if constexpr (kIsOptional<T>) {
      if (value) records_.write(name, *value, Keys{{"unit", id_}});
    } else if constexpr (kIsList<T>) {
      for (size_t rank = 0; rank < value.size(); ++rank) write_item(name, static_cast<int64_t>(rank), value[rank]);
    }
  }

  template <Finding T>
  void write_item(std::string_view name, int64_t rank, const T& item) {
    const Keys keys = {{"unit", id_}, {"rank", rank}};
    if constexpr (std::is_same_v<T, ConceptScore>) {
      records_.write("score", item, keys, name);
    } else if constexpr (std::is_same_v<T, Exemplar>) {
      check(item);
      records_.write("exemplar", item, keys, name);
      append_numbers<float>(maps_, item.map);
    } else {
      records_.write(name, item, keys);
      T::fields(item, [&](const Field&, const auto& part) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(part)>, ConceptScore>) {
          records_.write("score", part, keys, name);
        }
      });
    }
  }

  static void check(const Exemplar& e) {
    if (e.width < 0 || e.height < 0 || e.map.size() != static_cast<size_t>(e.width) * static_cast<size_t>(e.height)) {
      throw Error(ErrorKind::kInternal, "exemplar of image " + std::to_string(e.image),
                  "its map has " + std::to_string(e.map.size()) + " values, not " + std::to_string(e.width) + " x " +
                      std::to_string(e.height));
    }
  }

  SQLite::Database& database_;
  int64_t dissection_, id_ = 0;
  std::string maps_;
  RecordWriter records_;
};

// The dissection that units of this run join, new where there is none.
int64_t dissection_of(SQLite::Database& database, int64_t run, int64_t layer, const LayerDissection& found,
                      const std::string& path) {
  const auto known = find_integer(database, "SELECT id FROM dissection WHERE layer = ? AND run = ?", layer, run);
  if (!known) {
    RecordWriter(database).write("dissection", found, Keys{{"layer", layer}, {"run", run}});
    return database.getLastInsertRowid();
  }
  const int64_t images = find_integer(database, "SELECT images FROM dissection WHERE id = ?", *known).value();
  if (images != found.images) {
    throw Error(ErrorKind::kUsage, path,
                fmt::format("holds units of layer \"{}\" over {} images; {} can be read now", found.layer, images,
                            found.images),
                "dissect all units into another atlas");
  }
  return *known;
}

// Judges all units of a dissection together, from what is kept of each.
void judge_together(SQLite::Database& database, int64_t dissection, const std::string& path) {
  SQLite::Statement rows(database,
                         "SELECT u.id, u.unit, u.sign, u.on_pixels, s.iou, n.ious FROM unit u"
                         " JOIN score s ON s.unit = u.id AND s.list = 'best' JOIN shuffled n ON n.unit = u.id"
                         " WHERE u.dissection = ? ORDER BY u.unit, u.sign DESC");
  bind_all(rows, dissection);
  std::vector<int64_t> ids;
  std::vector<UnitDissection> units;
  while (rows.executeStep()) {
    ids.push_back(rows.getColumn(0).getInt64());
    UnitDissection& unit = units.emplace_back();
    unit.unit = rows.getColumn(1).getInt64();
    unit.sign = sign_of(rows.getColumn(2).getInt(), path);
    unit.on_pixels = rows.getColumn(3).getInt64();
    unit.best.iou = real(rows.getColumn(4));
    unit.shuffled = all_numbers<double>(bytes_of(rows.getColumn(5)), path);
  }
  adjust_for_multiplicity(units);
  RecordWriter records(database);
  for (size_t i = 0; i < units.size(); ++i) {
    if (!units[i].significance) continue;
    run_once(database, "DELETE FROM significance WHERE unit = ?", ids[i]);
    records.write("significance", *units[i].significance, Keys{{"unit", ids[i]}});
  }
}

}  // namespace

void Atlas::put_dissection(int64_t run, const LayerDissection& dissection, const std::vector<Thumbnail>& thumbnails) {
  state_->store->write([&](SQLite::Database& database) {
    const int64_t layer = require_layer(database, dissection.layer, state_->store->path());
    const int64_t id = dissection_of(database, run, layer, dissection, state_->store->path());
    const std::set<int64_t> former = images_of(database, id);
    for (const UnitDissection& unit : dissection.units) {
      run_once(database, "DELETE FROM unit WHERE dissection = ? AND unit = ? AND sign = ?", id, unit.unit,
               static_cast<int>(unit.sign));
    }
    const bool joins = find_integer(database, "SELECT 1 FROM unit WHERE dissection = ?", id).has_value();
    UnitWriter writer(database, id);
    for (const UnitDissection& unit : dissection.units) writer.write(unit);
    if (joins) judge_together(database, id, state_->store->path());
    for (const Thumbnail& thumbnail : thumbnails) put_thumbnail(database, thumbnail);
    drop_unused_thumbnails(database, former);
  });
}

std::set<SignedUnit> Atlas::dissected(int64_t run, const std::string& layer) const {
  return state_->store->read([&](SQLite::Database& database) {
    SQLite::Statement rows(database,
                           "SELECT u.unit, u.sign FROM unit u JOIN dissection d ON d.id = u.dissection"
                           " JOIN layer l ON l.id = d.layer WHERE l.name = ? AND d.run = ?");
    bind_all(rows, layer, run);
    std::set<SignedUnit> units;
    while (rows.executeStep()) {
      units.insert({rows.getColumn(0).getInt64(), sign_of(rows.getColumn(1).getInt(), state_->store->path())});
    }
    return units;
  });
}

int64_t Atlas::drop_other_dissections(int64_t run) {
  return state_->store->write([&](SQLite::Database& database) {
    SQLite::Statement rows(database,
                           "SELECT id FROM dissection WHERE run <> ?1 AND layer IN"
                           " (SELECT layer FROM dissection WHERE run = ?1)");
    bind_all(rows, run);
    std::set<int64_t> images;
    int64_t count = 0;
    while (rows.executeStep()) images.merge(images_of(database, rows.getColumn(0).getInt64())), ++count;
    rows.reset();
    run_once(database,
             "DELETE FROM dissection WHERE run <> ?1 AND layer IN (SELECT layer FROM dissection WHERE run = ?1)", run);
    drop_unused_thumbnails(database, images);
    return count;
  });
}

}  // namespace microtome
