// SPDX-License-Identifier: Apache-2.0
// What the atlas takes: one transaction each.
#include <algorithm>
#include <chrono>
#include <set>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/picture_place.h"
#include "microtome/atlas/record.h"
#include "microtome/atlas/store.h"
#include "microtome/base/hash.h"
#include "microtome/base/json.h"

namespace microtome {
namespace {

constexpr size_t kCheckpointPartBytes = size_t{16} << 20;

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// Sorted keys, so that the order in which settings were filled in does not matter.
std::string run_key(const Provenance& p) {
  const nlohmann::json settings = nlohmann::json::parse(p.settings.dump());
  return sha256_hex(nlohmann::json({p.stage, p.version, p.network_hash, p.data_hash, settings}).dump());
}

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

void put_thumbnail(SQLite::Database& database, const Atlas::Thumbnail& thumbnail) {
  const auto old = find_integer(database, "SELECT blob FROM thumbnail WHERE image = ?", thumbnail.image);
  const int64_t blob = put_blob(database, thumbnail.bytes);
  run_once(database, "INSERT OR REPLACE INTO thumbnail (image, file, blob) VALUES (?, ?, ?)", thumbnail.image,
           thumbnail.file, blob);
  if (old && *old != blob) drop_blob_if_unused(database, *old);
}

std::set<int64_t> images_of_layer(SQLite::Database& database, int64_t layer) {
  SQLite::Statement query(database,
                          "SELECT DISTINCT e.image FROM dissection d JOIN unit u ON u.dissection = d.id"
                          " JOIN exemplar e ON e.unit = u.id WHERE d.layer = ?");
  bind_all(query, layer);
  std::set<int64_t> images;
  while (query.executeStep()) images.insert(query.getColumn(0).getInt64());
  return images;
}

// What only a replaced dissection named must not stay: equal results have equal hashes whatever came before.
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

void put_layers(SQLite::Database& database, const std::vector<AtlasLayer>& layers) {
  // A layer that the network does not name any more stays only while results hang on it, at the end of the list.
  run_once(database, "UPDATE layer SET position = position + ?", layers.size());
  RecordWriter records(database);
  for (size_t position = 0; position < layers.size(); ++position) {
    const auto at = static_cast<int64_t>(position);
    if (const auto known = find_layer(database, layers[position].name)) {
      update_record(database, "layer", layers[position], *known);
      run_once(database, "UPDATE layer SET position = ? WHERE id = ?", at, *known);
    } else {
      records.write("layer", layers[position], Keys{{"position", at}});
    }
  }
  run_once(database,
           "DELETE FROM layer WHERE position >= ? AND id NOT IN (SELECT layer FROM dissection)"
           " AND id NOT IN (SELECT layer FROM picture WHERE layer IS NOT NULL)",
           layers.size());
}

// Empties the place of a picture; returns the blobs that it used.
std::vector<int64_t> remove_picture(SQLite::Database& database, const PicturePlace& place) {
  const auto old = find_picture(database, place);
  if (!old) return {};
  SQLite::Statement used(database,
                         "SELECT blob FROM picture WHERE id = ?1 UNION SELECT blob FROM frame WHERE picture = ?1");
  bind_all(used, *old);
  std::vector<int64_t> blobs;
  while (used.executeStep()) blobs.push_back(used.getColumn(0).getInt64());
  used.reset();
  run_once(database, "DELETE FROM picture WHERE id = ?", *old);
  return blobs;
}

void insert_picture(SQLite::Database& database, int64_t run, const AtlasPicture& p, const PicturePlace& place) {
  RecordWriter records(database);
  records.write("picture", p,
                Keys{{"layer", place.layer},
                     {"unit", place.unit},
                     {"sign", place.sign},
                     {"run", run},
                     {"blob", put_blob(database, p.png)}});
  const int64_t id = database.getLastInsertRowid();
  for (const AtlasFrame& frame : p.frames) {
    run_once(database, "INSERT INTO frame (picture, step, blob) VALUES (?, ?, ?)", id, frame.step,
             put_blob(database, frame.webp));
  }
}

}  // namespace

void Atlas::put_network(const AtlasNetwork& network, const std::vector<AtlasLayer>& layers) {
  state_->store->write([&](SQLite::Database& database) {
    SQLite::Statement old(database, "SELECT hash, name FROM network");
    if (old.executeStep() && old.getColumn(0).getString() != network.hash) {
      throw Error(ErrorKind::kUsage, state_->store->path(),
                  "holds another network (\"" + old.getColumn(1).getString() + "\"); one atlas holds one network",
                  "name another file with --out");
    }
    old.reset();
    run_once(database, "DELETE FROM network");
    RecordWriter(database).write("network", network, Keys{{"one", 1}});
    put_layers(database, layers);
  });
}

void Atlas::put_concepts(const AtlasConcepts& concepts) {
  if (concepts.display_names.size() != concepts.concepts.size()) {
    throw Error(ErrorKind::kInternal, "concepts", "there must be one display name a concept");
  }
  if (const auto old = this->concepts()) {
    const auto same = [](const Concept& a, const Concept& b) {
      return a.name == b.name && a.category == b.category && a.categories == b.categories;
    };
    if (old->hash == concepts.hash && old->categories == concepts.categories && old->images == concepts.images &&
        old->display_names == concepts.display_names && std::ranges::equal(old->concepts, concepts.concepts, same)) {
      return;
    }
    throw Error(ErrorKind::kUsage, state_->store->path(), "was made with another concept set; one atlas holds one",
                "name another file with --out");
  }
  state_->store->write([&](SQLite::Database& database) {
    run_once(database, "INSERT INTO concepts (one, hash, categories, images) VALUES (1, ?, ?, ?)", concepts.hash,
             Json(concepts.categories), concepts.images);
    SQLite::Statement insert(
        database, "INSERT INTO concept (number, name, display_name, category, categories) VALUES (?, ?, ?, ?, ?)");
    for (size_t number = 0; number < concepts.concepts.size(); ++number) {
      const Concept& c = concepts.concepts[number];
      run(insert, number, c.name, concepts.display_names[number], c.category, Json(c.categories));
    }
  });
}

int64_t Atlas::begin_run(const Provenance& p) {
  const std::string key = run_key(p);
  return state_->store->write([&](SQLite::Database& database) {
    run_once(database,
             "INSERT INTO run (key, stage, version, network_hash, data_hash, settings, command, started)"
             " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET ended = NULL",
             key, p.stage, p.version, p.network_hash, p.data_hash, p.settings, p.command, utc_now());
    return find_integer(database, "SELECT id FROM run WHERE key = ?", key).value();
  });
}

std::optional<int64_t> Atlas::find_run(const Provenance& p) const {
  return state_->store->read([&](SQLite::Database& database) {
    return find_integer(database, "SELECT id FROM run WHERE key = ?", run_key(p));
  });
}

void Atlas::end_run(int64_t run) {
  state_->store->write([&](SQLite::Database& database) {
    run_once(database, "UPDATE run SET ended = ? WHERE id = ?", utc_now(), run);
    run_once(database, "DELETE FROM checkpoint WHERE run = ?", run);
  });
  state_->store->shrink();
}

void Atlas::put_dissection(int64_t run, const LayerDissection& dissection, const std::vector<Thumbnail>& thumbnails) {
  state_->store->write([&](SQLite::Database& database) {
    const int64_t layer = require_layer(database, dissection.layer, state_->store->path());
    const std::set<int64_t> former = images_of_layer(database, layer);
    run_once(database, "DELETE FROM dissection WHERE layer = ?", layer);
    RecordWriter(database).write("dissection", dissection, Keys{{"layer", layer}, {"run", run}});
    UnitWriter writer(database, database.getLastInsertRowid());
    for (const UnitDissection& unit : dissection.units) writer.write(unit);
    for (const Thumbnail& thumbnail : thumbnails) put_thumbnail(database, thumbnail);
    drop_unused_thumbnails(database, former);
  });
}

void Atlas::put_pictures(int64_t run, std::span<const AtlasPicture> pictures) {
  state_->store->write([&](SQLite::Database& database) {
    for (const AtlasPicture& picture : pictures) {
      const PicturePlace place = place_of(database, picture, state_->store->path());
      const std::vector<int64_t> former = remove_picture(database, place);
      insert_picture(database, run, picture, place);
      for (const int64_t blob : former) drop_blob_if_unused(database, blob);
    }
  });
}

void Atlas::put_checkpoint(int64_t run, int64_t images_done, std::string_view state) {
  state_->store->write([&](SQLite::Database& database) {
    run_once(database, "DELETE FROM checkpoint WHERE run = ?", run);
    run_once(database, "INSERT INTO checkpoint (run, images_done) VALUES (?, ?)", run, images_done);
    SQLite::Statement insert(database, "INSERT INTO checkpoint_part (run, part, bytes) VALUES (?, ?, ?)");
    for (size_t part = 0; part * kCheckpointPartBytes < state.size(); ++part) {
      microtome::run(insert, run, part, Bytes{state.substr(part * kCheckpointPartBytes, kCheckpointPartBytes)});
    }
  });
}

}  // namespace microtome
