// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/unit_reader.h"

namespace microtome {
namespace {

template <class T>
inline constexpr bool kListed = std::is_same_v<T, ConceptScore> || std::is_same_v<T, Exemplar>;

}  // namespace

// The rows of a table that are the unit's, by rank where there are several.
template <Finding T>
std::vector<T> UnitReader::rows_of(int64_t id, std::string_view name) {
  constexpr bool score = std::is_same_v<T, ConceptScore>, exemplar = std::is_same_v<T, Exemplar>;
  const std::string table = score ? "score" : exemplar ? "exemplar" : std::string(name);
  std::string sql = "SELECT " + column_list<T>("", !exemplar) + " FROM " + identifier(table) + " WHERE unit = ?";
  if (kListed<T>) sql += " AND list = ? ORDER BY rank";
  SQLite::Statement& rows = statements_.of(sql);
  if constexpr (kListed<T>)
    bind_all(rows, id, std::string(name));
  else
    bind_all(rows, id);
  std::vector<T> found;
  while (rows.executeStep()) read_record(rows, 0, path_, found.emplace_back(), !exemplar);
  return found;
}

template <class T>
void UnitReader::read_field(int64_t id, std::string_view name, T& value) {
  const auto damaged = [&] {
    return Error(ErrorKind::kCorrupt, path_, "is a damaged atlas: a unit has no " + std::string(name));
  };
  if constexpr (std::is_same_v<T, Histogram>) {
    if (brief_) return;
  }
  if constexpr (Finding<T>) {
    auto found = rows_of<T>(id, name);
    if (found.size() != 1) throw damaged();
    value = std::move(found.front());
  } else if constexpr (kIsOptional<T>) {
    for (auto& found : rows_of<typename T::value_type>(id, name)) value = std::move(found);
  } else if constexpr (kIsList<T>) {
    using Item = typename T::value_type;
    value = rows_of<Item>(id, name);
    if constexpr (!kListed<Item>) {
      constexpr bool scored = requires(Item & item) { item.best; };
      if constexpr (scored) {
        if (value.empty()) return;
        const auto scores = rows_of<ConceptScore>(id, name);
        if (scores.size() != value.size()) throw damaged();
        for (size_t rank = 0; rank < scores.size(); ++rank) value[rank].best = scores[rank];
      }
    }
  }
}

void UnitReader::read_tables(int64_t id, UnitDissection& unit) {
  UnitDissection::fields(unit, [&](const Field& field, auto&& value) { read_field(id, field.name, value); });
  if (!brief_) read_maps(id, unit);
}

void UnitReader::read_maps(int64_t id, UnitDissection& unit) {
  SQLite::Statement& row = statements_.of("SELECT bytes FROM maps WHERE unit = ?");
  bind_all(row, id);
  if (!row.executeStep()) throw Error(ErrorKind::kCorrupt, path_, "is a damaged atlas: a unit has no maps");
  const SQLite::Column column = row.getColumn(0);
  std::string_view maps = bytes_of(column);
  for (std::vector<Exemplar>* list : {&unit.top, &unit.bottom, &unit.typical}) {
    for (Exemplar& e : *list) {
      if (e.width < 0 || e.height < 0)
        throw Error(ErrorKind::kCorrupt, path_, "is a damaged atlas: a map of negative size");
      e.map = take_numbers<float>(maps, int64_t{e.width} * e.height, path_);
    }
  }
}

}  // namespace microtome
