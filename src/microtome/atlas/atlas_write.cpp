// SPDX-License-Identifier: Apache-2.0
// What the atlas takes: one transaction each.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/layer_lookup.h"
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
  nlohmann::json settings = nlohmann::json::parse(p.settings.dump());
  settings.erase(kInstructions);
  return sha256_hex(nlohmann::json({p.stage, p.version, p.network_hash, p.data_hash, settings}).dump());
}

// Layers of the file in the order of its graph, then those derived from them, by the layer they are made from and their
// name: however they came.
std::vector<std::string> in_order(const std::vector<AtlasLayer>& layers, std::set<std::string> names) {
  std::vector<std::string> order;
  std::map<std::string, size_t> places;
  const auto base = [](const std::string& name) { return name.substr(0, name.find('~')); };
  for (const AtlasLayer& layer : layers) {
    const bool derived = layer.name.find('~') != std::string::npos && places.contains(base(layer.name));
    if (!derived) places.emplace(layer.name, places.size()), order.push_back(layer.name), names.erase(layer.name);
  }
  std::vector<std::pair<size_t, std::string>> derived;
  for (const std::string& name : names) {
    const auto place = places.find(base(name));
    derived.emplace_back(place == places.end() ? places.size() : place->second, name);
  }
  std::ranges::sort(derived);
  for (const auto& [place, name] : derived) order.push_back(name);
  return order;
}

void put_layers(SQLite::Database& database, const std::vector<AtlasLayer>& layers) {
  // A layer that the network does not name any more stays only while results hang on it.
  RecordWriter records(database);
  std::set<std::string> names;
  for (const AtlasLayer& layer : layers) {
    names.insert(layer.name);
    if (const auto known = find_layer(database, layer.name)) {
      update_record(database, "layer", layer, *known);
    } else {
      records.write("layer", layer, Keys{{"position", 0}});
    }
  }
  SQLite::Statement rows(database,
                         "SELECT id, name, id IN (SELECT layer FROM dissection) OR id IN (SELECT layer FROM picture"
                         " WHERE layer IS NOT NULL) FROM layer");
  while (rows.executeStep()) {
    const std::string name = rows.getColumn(1).getString();
    if (rows.getColumn(2).getInt() != 0) {
      names.insert(name);
    } else if (!names.contains(name)) {
      run_once(database, "DELETE FROM layer WHERE id = ?", rows.getColumn(0).getInt64());
    }
  }
  rows.reset();
  const std::vector<std::string> order = in_order(layers, std::move(names));
  for (size_t place = 0; place < order.size(); ++place) {
    run_once(database, "UPDATE layer SET position = ? WHERE name = ?", place, order[place]);
  }
}

}  // namespace

void Atlas::put_network(const AtlasNetwork& network, const std::vector<AtlasLayer>& layers) {
  state_->store->write([&](SQLite::Database& database) {
    SQLite::Statement old(database, "SELECT hash, name FROM network");
    if (old.executeStep() && old.getColumn(0).getString() != network.hash) {
      throw Error(ErrorKind::kUsage, state_->store->path(),
                  "holds another network (\"" + old.getColumn(1).getString() + "\"); one atlas holds one network",
                  "name another file with `out`");
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
                "name another file with `out`");
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
