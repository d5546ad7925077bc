// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/blobs.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/schema.h"
#include "microtome/atlas/statements.h"
#include "microtome/atlas/statistics.h"
#include "microtome/atlas/store.h"
#include "microtome/base/nearest.h"

namespace microtome {
namespace {

constexpr const char* kUnitColumns =
    "SELECT id, unit, sign, threshold, minimum, maximum, on_pixels, on_images, label, category, intersection,"
    " activation, truth, images, iou, ceiling, statistics FROM unit WHERE layer = ?";

ConceptScore score_from(const SQLite::Statement& row, int first) {
  ConceptScore s;
  s.label = row.getColumn(first).getInt();
  s.category = row.getColumn(first + 1).getInt();
  s.intersection = row.getColumn(first + 2).getInt64();
  s.activation = row.getColumn(first + 3).getInt64();
  s.truth = row.getColumn(first + 4).getInt64();
  s.images = row.getColumn(first + 5).getInt64();
  s.iou = real(row.getColumn(first + 6));
  s.ceiling = real(row.getColumn(first + 7));
  return s;
}

// Reads units with what hangs on them; statements are prepared once for the layer.
class UnitReader {
 public:
  UnitReader(SQLite::Database& database, const std::string& path, bool brief)
      : path_(path),
        brief_(brief),
        scores_(
            database,
            "SELECT list, label, category, intersection, activation, truth, images, iou, ceiling, share, f1, iqr, auc,"
            " average_precision, pearson FROM score"
            " WHERE unit = ? ORDER BY list, rank"),
        exemplars_(database,
                   "SELECT list, image, activation, width, height FROM exemplar WHERE unit = ? ORDER BY list, rank"),
        data_(database, "SELECT maps, histogram_low, histogram_high, histogram FROM unit_data WHERE unit = ?") {}

  UnitDissection read(const SQLite::Statement& row) {
    UnitDissection u;
    u.unit = row.getColumn(1).getInt();
    u.sign = sign_of(row.getColumn(2).getInt(), path_);
    u.threshold = static_cast<float>(real(row.getColumn(3)));
    u.minimum = static_cast<float>(real(row.getColumn(4)));
    u.maximum = static_cast<float>(real(row.getColumn(5)));
    u.on_pixels = row.getColumn(6).getInt64();
    u.on_images = row.getColumn(7).getInt64();
    u.best = score_from(row, 8);
    read_statistics(json_of(row.getColumn(16)), u);
    const int64_t id = row.getColumn(0).getInt64();
    read_scores(id, u);
    read_exemplars(id, u);
    if (!brief_) read_data(id, u);
    return u;
  }

 private:
  void read_scores(int64_t id, UnitDissection& u) {
    bind_all(scores_, id);
    while (scores_.executeStep()) {
      ConceptScore score = score_from(scores_, 1);
      score.measures = {real(scores_.getColumn(9)),  real(scores_.getColumn(10)), real(scores_.getColumn(11)),
                        real(scores_.getColumn(12)), real(scores_.getColumn(13)), real(scores_.getColumn(14))};
      (scores_.getColumn(0).getInt() == 0 ? u.by_category : u.top_concepts).push_back(score);
    }
  }

  void read_exemplars(int64_t id, UnitDissection& u) {
    bind_all(exemplars_, id);
    while (exemplars_.executeStep()) {
      const int list = exemplars_.getColumn(0).getInt();
      Exemplar& e = (list == 0 ? u.top : list == 1 ? u.bottom : u.typical).emplace_back();
      e.image = exemplars_.getColumn(1).getInt64();
      e.activation = static_cast<float>(real(exemplars_.getColumn(2)));
      e.width = exemplars_.getColumn(3).getInt();
      e.height = exemplars_.getColumn(4).getInt();
    }
  }

  void read_data(int64_t id, UnitDissection& u) {
    bind_all(data_, id);
    if (!data_.executeStep()) throw Error(ErrorKind::kCorrupt, path_, "is a damaged atlas: a unit has no histogram");
    const SQLite::Column column = data_.getColumn(0);
    std::string_view maps = bytes_of(column);
    for (std::vector<Exemplar>* list : {&u.top, &u.bottom, &u.typical}) {
      for (Exemplar& e : *list) {
        if (e.width < 0 || e.height < 0)
          throw Error(ErrorKind::kCorrupt, path_, "is a damaged atlas: a map of negative size");
        e.map = take_numbers<float>(maps, int64_t{e.width} * e.height, path_);
      }
    }
    u.histogram.low = static_cast<float>(real(data_.getColumn(1)));
    u.histogram.high = static_cast<float>(real(data_.getColumn(2)));
    const SQLite::Column counts = data_.getColumn(3);
    u.histogram.counts = all_numbers<int64_t>(bytes_of(counts), path_);
  }

  const std::string& path_;
  bool brief_;
  SQLite::Statement scores_, exemplars_, data_;
};

AtlasLayer layer_from(const SQLite::Statement& row) {
  AtlasLayer l;
  l.id = row.getColumn(0).getInt64();
  l.name = row.getColumn(1).getString();
  l.aliases = json_of(row.getColumn(2)).get<std::vector<std::string>>();
  l.op = row.getColumn(3).getString();
  l.shape = json_of(row.getColumn(4)).get<std::vector<int64_t>>();
  l.units = row.getColumn(5).getInt64();
  l.receptive_field = json_of(row.getColumn(6));
  l.macs_share = real(row.getColumn(7));
  return l;
}

std::vector<AtlasLayer> read_layers(SQLite::Database& database, const std::string& condition) {
  SQLite::Statement query(
      database, "SELECT id, name, aliases, op, shape, units, receptive_field, macs_share FROM layer " + condition +
                    " ORDER BY position, id");
  std::vector<AtlasLayer> layers;
  while (query.executeStep()) layers.push_back(layer_from(query));
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
    SQLite::Statement query(database, "SELECT hash, format, name, input, classes FROM network");
    if (!query.executeStep()) return std::nullopt;
    AtlasNetwork n;
    n.hash = query.getColumn(0).getString();
    n.format = query.getColumn(1).getString();
    n.name = query.getColumn(2).getString();
    n.input = json_of(query.getColumn(3));
    n.classes = json_of(query.getColumn(4)).get<std::vector<std::string>>();
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
  return state_->store->read([&](SQLite::Database& database) { return read_layers(database, ""); });
}

std::vector<AtlasLayer> Atlas::studied_layers() const {
  return state_->store->read([&](SQLite::Database& database) {
    return read_layers(database,
                       "WHERE id IN (SELECT layer FROM dissection) OR id IN (SELECT DISTINCT layer FROM picture)");
  });
}

std::optional<Atlas::DissectionInfo> Atlas::dissection_info(const std::string& layer) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<DissectionInfo> {
    SQLite::Statement query(database,
                            "SELECT map_width, map_height, tail, images, run FROM dissection d"
                            " JOIN layer l ON l.id = d.layer WHERE l.name = ?");
    bind_all(query, layer);
    if (!query.executeStep()) return std::nullopt;
    return DissectionInfo{query.getColumn(0).getInt(), query.getColumn(1).getInt(), real(query.getColumn(2)),
                          query.getColumn(3).getInt64(), query.getColumn(4).getInt64()};
  });
}

std::vector<UnitDissection> Atlas::units(const std::string& layer, bool brief) const {
  return state_->store->read([&](SQLite::Database& database) {
    const int64_t id = require_layer(database, layer, state_->store->path());
    SQLite::Statement rows(database, std::string(kUnitColumns) + " ORDER BY unit, sign DESC");
    bind_all(rows, id);
    UnitReader reader(database, state_->store->path(), brief);
    std::vector<UnitDissection> units;
    while (rows.executeStep()) units.push_back(reader.read(rows));
    return units;
  });
}

std::optional<UnitDissection> Atlas::unit(const std::string& layer, int unit, Sign sign) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<UnitDissection> {
    const int64_t id = require_layer(database, layer, state_->store->path());
    SQLite::Statement row(database, std::string(kUnitColumns) + " AND unit = ? AND sign = ?");
    bind_all(row, id, unit, static_cast<int>(sign));
    if (!row.executeStep()) return std::nullopt;
    return UnitReader(database, state_->store->path(), false).read(row);
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
    SQLite::Statement rows(database,
                           "SELECT stage, version, network_hash, data_hash, settings, command FROM run ORDER BY id");
    std::vector<Provenance> runs;
    while (rows.executeStep()) {
      runs.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getString(), rows.getColumn(2).getString(),
                      rows.getColumn(3).getString(), json_of(rows.getColumn(4)), rows.getColumn(5).getString()});
    }
    return runs;
  });
}

}  // namespace microtome
