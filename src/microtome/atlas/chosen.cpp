// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/chosen.h"

#include <fmt/format.h>

#include "microtome/atlas/statements.h"

namespace microtome {

std::optional<int64_t> chosen_dissection(SQLite::Database& database, int64_t layer, int64_t preferred) {
  return find_integer(database,
                      "SELECT d.id FROM dissection d LEFT JOIN run r ON r.id = d.run WHERE d.layer = ?"
                      " ORDER BY d.run = ? DESC, (SELECT COUNT(*) FROM unit u WHERE u.dissection = d.id) DESC,"
                      " d.images DESC, r.key LIMIT 1",
                      layer, preferred);
}

std::string chosen_picture(int64_t preferred) {
  return fmt::format(
      "p.id = (SELECT o.id FROM picture o LEFT JOIN run r ON r.id = o.run WHERE o.layer IS p.layer AND o.unit IS p.unit"
      " AND o.sign IS p.sign AND o.objective = p.objective AND o.variant = p.variant"
      " ORDER BY o.run = {} DESC, o.status = 'ok' DESC, o.score DESC, r.key LIMIT 1)",
      preferred);
}

}  // namespace microtome
