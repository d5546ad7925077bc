// SPDX-License-Identifier: Apache-2.0
// What the atlas gives: network, layers, units, runs.
#include <algorithm>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/record.h"
#include "microtome/atlas/schema.h"
#include "microtome/atlas/store.h"
#include "microtome/atlas/unit_reader.h"
#include "microtome/base/nearest.h"

namespace microtome {
namespace {

std::vector<AtlasLayer> read_layers(SQLite::Database& database, const std::string& path, const std::string& condition) {
  SQLite::Statement query(
      database, "SELECT id, " + column_list<AtlasLayer>() + " FROM layer " + condition + " ORDER BY position, id");
  std::vector<AtlasLayer> layers;
  while (query.executeStep()) {
    AtlasLayer& layer = layers.emplace_back();
    layer.id = query.getColumn(0).getInt64();
    read_record(query, 1, path, layer);
  }
  return layers;
}

}  // namespace

std::optional<int64_t> find_layer(SQLite::Database& database, const std::string& name) {
  return find_integer(database, "SELECT id FROM layer WHERE name = ?", name);
}

int64_t require_layer(SQLite::Database& database, const std::string& name, const std::string& path) {
  if (const auto id = find_layer(database, name)) return *id;
  std::vector<std::string> known;
  SQLite::Statement names(database, "SELECT name FROM layer ORDER BY position");
  while (names.executeStep()) known.push_back(names.getColumn(0).getString());
  const std::string nearest = nearest_name(name, known);
  throw Error(ErrorKind::kNotFound, path, "has no layer \"" + name + "\"",
              nearest.empty() ? "it holds no layers" : "nearest: \"" + nearest + "\"");
}

Atlas::Atlas(std::unique_ptr<State> state) : state_(std::move(state)) {}
Atlas::~Atlas() = default;
Atlas::Atlas(Atlas&&) noexcept = default;
Atlas& Atlas::operator=(Atlas&&) noexcept = default;

Atlas Atlas::open(const std::string& path, Mode mode) {
  auto state = std::make_unique<State>();
  state->store = Store::open(path, mode, schema_steps());
  return Atlas(std::move(state));
}

bool Atlas::has_dissection(int64_t run, const std::string& layer) const {
  return state_->store->read([&](SQLite::Database& database) {
    return find_integer(database,
                        "SELECT 1 FROM dissection d JOIN layer l ON l.id = d.layer WHERE l.name = ? AND d.run = ?",
                        layer, run)
        .has_value();
  });
}

std::optional<Atlas::Checkpoint> Atlas::checkpoint(int64_t run) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<Checkpoint> {
    const auto done = find_integer(database, "SELECT images_done FROM checkpoint WHERE run = ?", run);
    if (!done) return std::nullopt;
    Checkpoint found{*done, {}};
    SQLite::Statement parts(database, "SELECT bytes FROM checkpoint_part WHERE run = ? ORDER BY part");
    bind_all(parts, run);
    while (parts.executeStep()) {
      const SQLite::Column column = parts.getColumn(0);
      found.state += bytes_of(column);
    }
    return found;
  });
}

std::optional<AtlasNetwork> Atlas::network() const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<AtlasNetwork> {
    SQLite::Statement query(database, "SELECT " + column_list<AtlasNetwork>() + " FROM network");
    if (!query.executeStep()) return std::nullopt;
    AtlasNetwork n;
    read_record(query, 0, state_->store->path(), n);
    return n;
  });
}

std::optional<AtlasConcepts> Atlas::concepts() const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<AtlasConcepts> {
    SQLite::Statement set(database, "SELECT hash, categories, images FROM concepts");
    if (!set.executeStep()) return std::nullopt;
    AtlasConcepts found;
    found.hash = set.getColumn(0).getString();
    found.categories = json_of(set.getColumn(1)).get<std::vector<std::string>>();
    found.images = set.getColumn(2).getInt64();
    SQLite::Statement rows(database,
                           "SELECT number, name, display_name, category, categories FROM concept ORDER BY number");
    while (rows.executeStep()) {
      if (rows.getColumn(0).getInt64() != static_cast<int64_t>(found.concepts.size())) {
        throw Error(ErrorKind::kCorrupt, state_->store->path(), "is a damaged atlas: a concept is missing");
      }
      found.concepts.push_back({rows.getColumn(0).getInt(), rows.getColumn(1).getString(), rows.getColumn(3).getInt(),
                                json_of(rows.getColumn(4)).get<std::vector<int>>()});
      found.display_names.push_back(rows.getColumn(2).getString());
    }
    return found;
  });
}

std::vector<AtlasLayer> Atlas::layers() const {
  return state_->store->read(
      [&](SQLite::Database& database) { return read_layers(database, state_->store->path(), ""); });
}

std::vector<AtlasLayer> Atlas::studied_layers() const {
  return state_->store->read([&](SQLite::Database& database) {
    return read_layers(database, state_->store->path(),
                       "WHERE id IN (SELECT layer FROM dissection) OR id IN (SELECT DISTINCT layer FROM picture)");
  });
}

std::optional<Atlas::DissectionInfo> Atlas::dissection_info(const std::string& layer) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<DissectionInfo> {
    SQLite::Statement query(database, "SELECT run, " + column_list<LayerDissection>("d.") +
                                          " FROM dissection d JOIN layer l ON l.id = d.layer WHERE l.name = ?");
    bind_all(query, layer);
    if (!query.executeStep()) return std::nullopt;
    DissectionInfo info;
    info.layer = layer;
    info.run = query.getColumn(0).getInt64();
    read_record<LayerDissection>(query, 1, state_->store->path(), info);
    return info;
  });
}

std::vector<UnitDissection> Atlas::units(const std::string& layer, bool brief) const {
  return state_->store->read([&](SQLite::Database& database) {
    const int64_t id = require_layer(database, layer, state_->store->path());
    return UnitReader(database, state_->store->path(), brief)
        .read("WHERE d.layer = ? ORDER BY u.dissection, u.unit, u.sign DESC", id);
  });
}

std::optional<UnitDissection> Atlas::unit(const std::string& layer, int unit, Sign sign) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<UnitDissection> {
    const int64_t id = require_layer(database, layer, state_->store->path());
    auto found = UnitReader(database, state_->store->path(), false)
                     .read("WHERE d.layer = ? AND u.unit = ? AND u.sign = ?", id, unit, static_cast<int>(sign));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
  });
}

std::optional<Atlas::Thumbnail> Atlas::thumbnail(int64_t image) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<Thumbnail> {
    SQLite::Statement query(database,
                            "SELECT t.file, b.bytes FROM thumbnail t JOIN blob b ON b.id = t.blob WHERE t.image = ?");
    bind_all(query, image);
    if (!query.executeStep()) return std::nullopt;
    return Thumbnail{image, query.getColumn(0).getString(), query.getColumn(1).getString()};
  });
}

std::vector<Provenance> Atlas::runs() const {
  return state_->store->read([&](SQLite::Database& database) {
    SQLite::Statement rows(database, "SELECT " + column_list<Provenance>() + " FROM run ORDER BY id");
    std::vector<Provenance> runs;
    while (rows.executeStep()) read_record(rows, 0, state_->store->path(), runs.emplace_back());
    return runs;
  });
}

}  // namespace microtome
