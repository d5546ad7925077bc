// SPDX-License-Identifier: Apache-2.0
#include <SQLiteCpp/Column.h>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/statements.h"
#include "microtome/atlas/store.h"
#include "microtome/base/hash.h"

namespace microtome {
namespace {

// Every result by its natural place (names, not row numbers), in an order that the rows themselves determine. Encoded
// pictures enter by the hash that names them. Left out: runs and checkpoints, which tell how the results came about.
// CROSS JOIN keeps the order of the loops, so that indices give the rows in order and no maps are sorted.
constexpr const char* kContent[] = {
    "SELECT hash, format, name, input, classes FROM network",
    "SELECT name, aliases, op, shape, units, receptive_field, macs_share FROM layer ORDER BY position, id",
    "SELECT hash, categories, images FROM concepts",
    "SELECT number, name, display_name, category, categories FROM concept ORDER BY number",
    "SELECT l.name, map_width, map_height, tail, images FROM layer l CROSS JOIN dissection d ON d.layer = l.id"
    " ORDER BY l.name",
    "SELECT l.name, u.unit, sign, threshold, minimum, maximum, on_pixels, on_images, label, category, intersection,"
    " activation, truth, images, iou, ceiling, statistics, maps, histogram_low, histogram_high, histogram FROM layer l"
    " CROSS JOIN unit u ON u.layer = l.id CROSS JOIN unit_data d ON d.unit = u.id ORDER BY l.name, u.unit, sign DESC",
    "SELECT l.name, u.unit, sign, list, rank, s.label, s.category, s.intersection, s.activation, s.truth, s.images, "
    "s.iou,"
    " s.ceiling, share, f1, iqr, auc, average_precision, pearson FROM layer l CROSS JOIN unit u ON u.layer = l.id "
    "CROSS JOIN score s ON s.unit = u.id"
    " ORDER BY l.name, u.unit, sign DESC, list, rank",
    "SELECT l.name, u.unit, sign, list, rank, e.image, e.activation, width, height FROM layer l"
    " CROSS JOIN unit u ON u.layer = l.id CROSS JOIN exemplar e ON e.unit = u.id"
    " ORDER BY l.name, u.unit, sign DESC, list, rank",
    "SELECT image, file, b.hash FROM thumbnail t JOIN blob b ON b.id = t.blob ORDER BY image",
    "SELECT l.name, unit, sign, variant, objective, b.hash, width, height, score, activation, best_exemplar,"
    " activation_ratio, status, facts, curve, p.input FROM layer l CROSS JOIN picture p ON p.layer = l.id"
    " CROSS JOIN blob b ON b.id = p.blob ORDER BY l.name, unit, sign DESC, variant",
    "SELECT l.name, unit, sign, variant, step, b.hash FROM layer l CROSS JOIN picture p ON p.layer = l.id"
    " CROSS JOIN frame f ON f.picture = p.id CROSS JOIN blob b ON b.id = f.blob"
    " ORDER BY l.name, unit, sign DESC, variant, step",
    "SELECT variant, objective, b.hash, width, height, score, status, facts, curve, input FROM picture p"
    " CROSS JOIN blob b ON b.id = p.blob WHERE layer IS NULL ORDER BY objective, variant",
    "SELECT objective, variant, step, b.hash FROM picture p CROSS JOIN frame f ON f.picture = p.id"
    " CROSS JOIN blob b ON b.id = f.blob WHERE layer IS NULL ORDER BY objective, variant, step",
};

void add_number(Sha256& hash, char type, const void* bytes) {
  hash.add({&type, 1});
  hash.add({static_cast<const char*>(bytes), 8});
}

// Type and length come first, so that no two different rows read the same.
void add_value(Sha256& hash, const SQLite::Column& column) {
  if (column.isNull()) {
    hash.add("n");
  } else if (column.isInteger()) {
    const int64_t value = column.getInt64();
    add_number(hash, 'i', &value);
  } else if (column.isFloat()) {
    const double value = column.getDouble();
    add_number(hash, 'r', &value);
  } else {
    const std::string_view bytes = bytes_of(column);
    const uint64_t size = bytes.size();
    add_number(hash, 'b', &size);
    hash.add(bytes);
  }
}

}  // namespace

std::string Atlas::content_hash() const {
  return state_->store->read([](SQLite::Database& database) {
    Sha256 hash;
    for (const char* sql : kContent) {
      SQLite::Statement rows(database, sql);
      while (rows.executeStep()) {
        hash.add("row");
        for (int column = 0; column < rows.getColumnCount(); ++column) add_value(hash, rows.getColumn(column));
      }
      hash.add("end");
    }
    return hash.hex();
  });
}

}  // namespace microtome
