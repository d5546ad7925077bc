// SPDX-License-Identifier: Apache-2.0
// What the atlas gives: network, layers, units, runs.
#include <algorithm>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/chosen.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/record.h"
#include "microtome/atlas/schema.h"
#include "microtome/atlas/store.h"
#include "microtome/atlas/stored_blobs.h"
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

void Atlas::prefer(int64_t run) {
  const bool known = state_->store->read([&](SQLite::Database& database) {
    return find_integer(database, "SELECT 1 FROM run WHERE id = ?", run).has_value();
  });
  if (!known) {
    throw Error(ErrorKind::kNotFound, state_->store->path(), "has no run " + std::to_string(run), "`runs` lists them");
  }
  state_->preferred = run;
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

namespace {

// The chosen dissection of a layer; -1, which no row is, where there is none.
int64_t shown_dissection(SQLite::Database& database, int64_t layer, int64_t preferred) {
  return chosen_dissection(database, layer, preferred).value_or(-1);
}

}  // namespace

std::vector<Atlas::DissectionInfo> Atlas::dissections(const std::string& layer) const {
  return state_->store->read([&](SQLite::Database& database) {
    const int64_t id = find_layer(database, layer).value_or(-1);
    const int64_t shown = shown_dissection(database, id, state_->preferred);
    SQLite::Statement query(
        database,
        "SELECT run, (SELECT COUNT(*) FROM unit u WHERE u.dissection = d.id), r.key, " +
            column_list<LayerDissection>("d.") +
            " FROM dissection d LEFT JOIN run r ON r.id = d.run WHERE d.layer = ? ORDER BY d.id = ? DESC, r.key");
    bind_all(query, id, shown);
    std::vector<DissectionInfo> found;
    while (query.executeStep()) {
      DissectionInfo& info = found.emplace_back();
      info.layer = layer;
      info.run = query.getColumn(0).getInt64();
      info.held = query.getColumn(1).getInt64();
      info.key = query.getColumn(2).getString();
      read_record<LayerDissection>(query, 3, state_->store->path(), info);
    }
    return found;
  });
}

std::optional<Atlas::DissectionInfo> Atlas::dissection_info(const std::string& layer) const {
  auto all = dissections(layer);
  if (all.empty()) return std::nullopt;
  return std::move(all.front());
}

std::vector<UnitDissection> Atlas::units(const std::string& layer, Detail detail) const {
  return state_->store->read([&](SQLite::Database& database) {
    const int64_t id = require_layer(database, layer, state_->store->path());
    return UnitReader(database, state_->store->path(), detail)
        .read("WHERE d.id = ? ORDER BY u.unit, u.sign DESC", shown_dissection(database, id, state_->preferred));
  });
}

std::optional<UnitDissection> Atlas::unit(const std::string& layer, int64_t unit, Sign sign) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<UnitDissection> {
    const int64_t id = require_layer(database, layer, state_->store->path());
    auto found = UnitReader(database, state_->store->path(), Detail::kFull)
                     .read("WHERE d.id = ? AND u.unit = ? AND u.sign = ?",
                           shown_dissection(database, id, state_->preferred), unit, static_cast<int>(sign));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
  });
}

std::optional<Atlas::Thumbnail> Atlas::thumbnail(int64_t image) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<Thumbnail> {
    SQLite::Statement query(
        database, "SELECT t.file, b.hash, b.bytes FROM thumbnail t JOIN blob b ON b.id = t.blob WHERE t.image = ?");
    bind_all(query, image);
    if (!query.executeStep()) return std::nullopt;
    return Thumbnail{image, query.getColumn(0).getString(), checked_blob(query, 2, state_->store->path())};
  });
}

std::vector<std::string> Atlas::structure_faults() const {
  return state_->store->read([&](SQLite::Database& database) {
    std::vector<std::string> faults;
    SQLite::Statement pages(database, "PRAGMA integrity_check(100)");
    while (pages.executeStep()) {
      if (pages.getColumn(0).getString() != "ok") faults.push_back(pages.getColumn(0).getString());
    }
    SQLite::Statement references(database, "PRAGMA foreign_key_check");
    while (references.executeStep()) {
      faults.push_back("a row of " + references.getColumn(0).getString() + " belongs to one of " +
                       references.getColumn(2).getString() + " that is not there");
    }
    return faults;
  });
}

std::vector<Provenance> Atlas::runs() const {
  return state_->store->read([&](SQLite::Database& database) {
    SQLite::Statement rows(database, "SELECT id, " + column_list<Provenance>() + " FROM run ORDER BY id");
    std::vector<Provenance> runs;
    while (rows.executeStep()) {
      Provenance& run = runs.emplace_back();
      run.id = rows.getColumn(0).getInt64();
      read_record(rows, 1, state_->store->path(), run);
    }
    return runs;
  });
}

}  // namespace microtome
