// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/atlas.h"
#include "microtome/atlas/blobs.h"
#include "microtome/atlas/layer_lookup.h"
#include "microtome/atlas/statements.h"
#include "microtome/atlas/store.h"

namespace microtome {
namespace {

// Reads pictures with what hangs on them, in the order of the condition.
class PictureReader {
 public:
  PictureReader(SQLite::Database& database, const std::string& path, bool with_png)
      : database_(database),
        path_(path),
        with_png_(with_png),
        frames_(database, with_png ? "SELECT step, b.bytes FROM frame f JOIN blob b ON b.id = f.blob"
                                     " WHERE picture = ? ORDER BY step"
                                   : "SELECT step FROM frame WHERE picture = ? ORDER BY step") {}

  template <class... Values>
  std::vector<AtlasPicture> read(const std::string& condition, const Values&... values) {
    std::string sql =
        "SELECT p.id, l.name, unit, sign, variant, objective, width, height, score, activation, best_exemplar,"
        " activation_ratio, status, facts";
    sql += with_png_ ? ", b.bytes, curve, p.input FROM picture p JOIN blob b ON b.id = p.blob" : " FROM picture p";
    SQLite::Statement rows(database_, sql + " LEFT JOIN layer l ON l.id = p.layer " + condition);
    bind_all(rows, values...);
    std::vector<AtlasPicture> pictures;
    while (rows.executeStep()) pictures.push_back(picture_from(rows));
    return pictures;
  }

 private:
  AtlasPicture picture_from(const SQLite::Statement& row) {
    AtlasPicture p;
    p.id = row.getColumn(0).getInt64();
    if (!row.getColumn(1).isNull()) {
      p.layer = row.getColumn(1).getString();
      p.unit = row.getColumn(2).getInt();
      p.sign = sign_of(row.getColumn(3).getInt(), path_);
    }
    p.variant = row.getColumn(4).getInt();
    p.objective = row.getColumn(5).getString();
    p.width = row.getColumn(6).getInt();
    p.height = row.getColumn(7).getInt();
    p.score = real(row.getColumn(8));
    p.activation = real(row.getColumn(9));
    p.best_exemplar = optional_real(row.getColumn(10));
    p.activation_ratio = optional_real(row.getColumn(11));
    p.status = row.getColumn(12).getString();
    p.facts = json_of(row.getColumn(13));
    if (with_png_) {
      p.png = row.getColumn(14).getString();
      const SQLite::Column curve = row.getColumn(15);
      p.curve = all_numbers<float>(bytes_of(curve), path_);
      const SQLite::Column input = row.getColumn(16);
      p.values = all_numbers<float>(bytes_of(input), path_);
    }
    bind_all(frames_, p.id);
    while (frames_.executeStep()) {
      p.frames.push_back({frames_.getColumn(0).getInt64(), with_png_ ? frames_.getColumn(1).getString() : ""});
    }
    return p;
  }

  SQLite::Database& database_;
  const std::string& path_;
  bool with_png_;
  SQLite::Statement frames_;
};

}  // namespace

bool Atlas::has_picture(int64_t run, const std::string& layer, int unit, Sign sign, int variant) const {
  return state_->store->read([&](SQLite::Database& database) {
    return find_integer(database,
                        "SELECT 1 FROM picture p JOIN layer l ON l.id = p.layer"
                        " WHERE l.name = ? AND p.unit = ? AND p.sign = ? AND p.variant = ? AND p.run = ?",
                        layer, unit, static_cast<int>(sign), variant, run)
        .has_value();
  });
}

bool Atlas::has_visualization(int64_t run, const std::string& objective, int variant) const {
  return state_->store->read([&](SQLite::Database& database) {
    return find_integer(database,
                        "SELECT 1 FROM picture WHERE layer IS NULL AND objective = ? AND variant = ? AND run = ?",
                        objective, variant, run)
        .has_value();
  });
}

std::vector<AtlasPicture> Atlas::pictures(const std::string& layer, int unit, bool with_png) const {
  return state_->store->read([&](SQLite::Database& database) {
    const int64_t id = require_layer(database, layer, state_->store->path());
    PictureReader reader(database, state_->store->path(), with_png);
    return unit >= 0 ? reader.read("WHERE p.layer = ? AND unit = ? ORDER BY sign DESC, variant", id, unit)
                     : reader.read("WHERE p.layer = ? ORDER BY unit, sign DESC, variant", id);
  });
}

std::vector<AtlasPicture> Atlas::visualizations(bool with_png) const {
  return state_->store->read([&](SQLite::Database& database) {
    return PictureReader(database, state_->store->path(), with_png)
        .read("WHERE p.layer IS NULL ORDER BY objective, variant");
  });
}

std::optional<AtlasPicture> Atlas::picture(int64_t id) const {
  return state_->store->read([&](SQLite::Database& database) -> std::optional<AtlasPicture> {
    auto found = PictureReader(database, state_->store->path(), true).read("WHERE p.id = ?", id);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
  });
}

}  // namespace microtome
