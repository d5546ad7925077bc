// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <set>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/blobs.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/schema.h"
#include "microtome/atlas/statements.h"
#include "microtome/atlas/statistics.h"
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
                          "SELECT DISTINCT e.image FROM unit u JOIN exemplar e ON e.unit = u.id WHERE u.layer = ?");
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

// Writes units with all that hangs on them; statements are prepared once for the layer.
class UnitWriter {
 public:
  UnitWriter(SQLite::Database& database, int64_t layer)
      : database_(database),
        layer_(layer),
        unit_(database,
              "INSERT INTO unit (layer, unit, sign, threshold, minimum, maximum, on_pixels, on_images, label, category,"
              " intersection, activation, truth, images, iou, ceiling, statistics)"
              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        score_(database, "INSERT INTO score VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        exemplar_(database, "INSERT INTO exemplar VALUES (?, ?, ?, ?, ?, ?, ?)"),
        data_(database, "INSERT INTO unit_data VALUES (?, ?, ?, ?, ?)") {}

  void write(const UnitDissection& u) {
    const ConceptScore& b = u.best;
    run(unit_, layer_, u.unit, static_cast<int>(u.sign), u.threshold, u.minimum, u.maximum, u.on_pixels, u.on_images,
        b.label, b.category, b.intersection, b.activation, b.truth, b.images, b.iou, b.ceiling, statistics_json(u));
    const int64_t id = database_.getLastInsertRowid();
    write_scores(id, 0, u.by_category);
    write_scores(id, 1, u.top_concepts);
    std::string maps;
    write_exemplars(id, 0, u.top, maps);
    write_exemplars(id, 1, u.bottom, maps);
    write_exemplars(id, 2, u.typical, maps);
    std::string counts;
    append_numbers<int64_t>(counts, u.histogram.counts);
    run(data_, id, Bytes{maps}, u.histogram.low, u.histogram.high, Bytes{counts});
  }

 private:
  void write_scores(int64_t id, int list, const std::vector<ConceptScore>& scores) {
    for (size_t rank = 0; rank < scores.size(); ++rank) {
      const ConceptScore& s = scores[rank];
      run(score_, id, list, rank, s.label, s.category, s.intersection, s.activation, s.truth, s.images, s.iou,
          s.ceiling, s.measures.share, s.measures.f1, s.measures.iqr, s.measures.auc, s.measures.average_precision,
          s.measures.pearson);
    }
  }

  void write_exemplars(int64_t id, int list, const std::vector<Exemplar>& exemplars, std::string& maps) {
    for (size_t rank = 0; rank < exemplars.size(); ++rank) {
      const Exemplar& e = exemplars[rank];
      if (e.width < 0 || e.height < 0 || e.map.size() != static_cast<size_t>(e.width) * static_cast<size_t>(e.height)) {
        throw Error(ErrorKind::kInternal, "exemplar of image " + std::to_string(e.image),
                    "its map has " + std::to_string(e.map.size()) + " values, not " + std::to_string(e.width) + " x " +
                        std::to_string(e.height));
      }
      run(exemplar_, id, list, rank, e.image, e.activation, e.width, e.height);
      append_numbers<float>(maps, e.map);
    }
  }

  SQLite::Database& database_;
  int64_t layer_;
  SQLite::Statement unit_, score_, exemplar_, data_;
};

void put_layers(SQLite::Database& database, const std::vector<AtlasLayer>& layers) {
  // A layer that the network does not name any more stays only while results hang on it, at the end of the list.
  run_once(database, "UPDATE layer SET position = position + ?", layers.size());
  SQLite::Statement upsert(
      database,
      "INSERT INTO layer (position, name, aliases, op, shape, units, receptive_field, macs_share)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position,"
      " aliases = excluded.aliases, op = excluded.op, shape = excluded.shape, units = excluded.units,"
      " receptive_field = excluded.receptive_field, macs_share = excluded.macs_share");
  for (size_t position = 0; position < layers.size(); ++position) {
    const AtlasLayer& l = layers[position];
    run(upsert, position, l.name, Json(l.aliases), l.op, Json(l.shape), l.units, l.receptive_field, l.macs_share);
  }
  run_once(database,
           "DELETE FROM layer WHERE position >= ? AND id NOT IN (SELECT layer FROM dissection)"
           " AND id NOT IN (SELECT layer FROM picture WHERE layer IS NOT NULL)",
           layers.size());
}

// Empties the place of a picture; returns the blobs that it used.
std::vector<int64_t> remove_picture(SQLite::Database& database, const AtlasPicture& p, const std::string& path) {
  const auto old =
      p.layer.empty()
          ? find_integer(database, "SELECT id FROM picture WHERE layer IS NULL AND objective = ? AND variant = ?",
                         p.objective, p.variant)
          : find_integer(database, "SELECT id FROM picture WHERE layer = ? AND unit = ? AND sign = ? AND variant = ?",
                         require_layer(database, p.layer, path), p.unit, static_cast<int>(p.sign), p.variant);
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

void insert_picture(SQLite::Database& database, int64_t run, const AtlasPicture& p, const std::string& path) {
  std::optional<int64_t> layer, unit, sign;
  if (!p.layer.empty()) {
    layer = require_layer(database, p.layer, path);
    unit = p.unit;
    sign = static_cast<int>(p.sign);
  }
  std::string curve, values;
  append_numbers<float>(curve, p.curve);
  append_numbers<float>(values, p.values);
  run_once(database,
           "INSERT INTO picture (layer, unit, sign, variant, run, objective, blob, width, height, score, activation,"
           " best_exemplar, activation_ratio, status, facts, curve, input)"
           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
           layer, unit, sign, p.variant, run, p.objective, put_blob(database, p.png), p.width, p.height, p.score,
           p.activation, p.best_exemplar, p.activation_ratio, p.status, p.facts, Bytes{curve}, Bytes{values});
  const int64_t id = database.getLastInsertRowid();
  for (const AtlasFrame& frame : p.frames) {
    run_once(database, "INSERT INTO frame VALUES (?, ?, ?)", id, frame.step, put_blob(database, frame.webp));
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
    run_once(database, "INSERT OR REPLACE INTO network VALUES (1, ?, ?, ?, ?, ?)", network.hash, network.format,
             network.name, network.input, Json(network.classes));
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
    run_once(database, "INSERT INTO concepts VALUES (1, ?, ?, ?)", concepts.hash, Json(concepts.categories),
             concepts.images);
    SQLite::Statement insert(database, "INSERT INTO concept VALUES (?, ?, ?, ?, ?)");
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
    run_once(database, "INSERT INTO dissection VALUES (?, ?, ?, ?, ?, ?)", layer, run, dissection.map_width,
             dissection.map_height, dissection.tail, dissection.images);
    UnitWriter writer(database, layer);
    for (const UnitDissection& unit : dissection.units) writer.write(unit);
    for (const Thumbnail& thumbnail : thumbnails) put_thumbnail(database, thumbnail);
    drop_unused_thumbnails(database, former);
  });
}

void Atlas::put_pictures(int64_t run, std::span<const AtlasPicture> pictures) {
  state_->store->write([&](SQLite::Database& database) {
    for (const AtlasPicture& picture : pictures) {
      const std::vector<int64_t> former = remove_picture(database, picture, state_->store->path());
      insert_picture(database, run, picture, state_->store->path());
      for (const int64_t blob : former) drop_blob_if_unused(database, blob);
    }
  });
}

void Atlas::put_checkpoint(int64_t run, int64_t images_done, std::string_view state) {
  state_->store->write([&](SQLite::Database& database) {
    run_once(database, "DELETE FROM checkpoint WHERE run = ?", run);
    run_once(database, "INSERT INTO checkpoint VALUES (?, ?)", run, images_done);
    SQLite::Statement insert(database, "INSERT INTO checkpoint_part VALUES (?, ?, ?)");
    for (size_t part = 0; part * kCheckpointPartBytes < state.size(); ++part) {
      microtome::run(insert, run, part, Bytes{state.substr(part * kCheckpointPartBytes, kCheckpointPartBytes)});
    }
  });
}

}  // namespace microtome
