// SPDX-License-Identifier: Apache-2.0
// The atlas' content hash.
#include "microtome/atlas/atlas.h"
#include "microtome/atlas/finding_hash.h"
#include "microtome/atlas/picture_reader.h"
#include "microtome/atlas/store.h"
#include "microtome/atlas/unit_reader.h"

namespace microtome {
namespace {

// Every result by its natural place (names, not row numbers). Encoded pictures enter by the hash that names them. Left
// out: runs and checkpoints, which tell how the results came about.
class ContentHash {
 public:
  ContentHash(SQLite::Database& database, const std::string& path) : database_(database), path_(path) {}

  std::string hex() {
    table<AtlasNetwork>("network", "FROM network");
    table<AtlasLayer>("layer", "FROM layer ORDER BY position, id");
    concepts();
    dissections();
    texts("thumbnail", "SELECT image, file, b.hash FROM thumbnail t JOIN blob b ON b.id = t.blob ORDER BY image");
    pictures();
    return hash_.hex();
  }

 private:
  template <Finding T>
  void table(const char* name, const std::string& from) {
    SQLite::Statement rows(database_, "SELECT " + column_list<T>() + " " + from);
    while (rows.executeStep()) {
      T record;
      read_record(rows, 0, path_, record);
      hash_.add(name, record);
    }
  }

  void texts(const char* name, const char* sql) {
    SQLite::Statement rows(database_, sql);
    while (rows.executeStep()) {
      for (int at = 0; at < rows.getColumnCount(); ++at) hash_.add(name, rows.getColumn(at).getString());
    }
  }

  void concepts() {
    texts("concepts", "SELECT hash, categories, images FROM concepts");
    texts("concept", "SELECT number, name, display_name, category, categories FROM concept ORDER BY number");
  }

  void dissections() {
    SQLite::Statement rows(database_,
                           "SELECT d.id, l.name, " + column_list<LayerDissection>("d.") +
                               " FROM dissection d JOIN layer l ON l.id = d.layer LEFT JOIN run r ON r.id = d.run"
                               " ORDER BY l.name, r.key");
    UnitReader units(database_, path_, Detail::kFull);
    while (rows.executeStep()) {
      LayerDissection dissection;
      read_record(rows, 2, path_, dissection);
      hash_.add("layer", rows.getColumn(1).getString());
      hash_.add("dissection", dissection);
      units.each(
          "WHERE u.dissection = ? ORDER BY u.unit, u.sign DESC",
          [&](const UnitDissection& unit) { hash_.add("unit", unit); }, rows.getColumn(0).getInt64());
    }
  }

  void pictures() {
    PictureReader reader(database_, path_, PictureReader::Files::kHashes);
    reader.each(std::string("LEFT JOIN run r ON r.id = p.run ORDER BY l.name, ") + kPictureOrder + ", r.key",
                [&](const AtlasPicture& picture) {
                  if (!picture.layer.empty()) {
                    hash_.add("layer", picture.layer);
                    hash_.add("of", picture.unit);
                    hash_.add("sign", picture.sign);
                  }
                  hash_.add("picture", picture);
                  hash_.add("file", picture.png);
                  for (const AtlasFrame& frame : picture.frames) {
                    hash_.add("step", frame.step);
                    hash_.add("frame", frame.webp);
                  }
                });
  }

  SQLite::Database& database_;
  const std::string& path_;
  FindingHash hash_;
};

}  // namespace

std::string Atlas::content_hash() const {
  return state_->store->read(
      [&](SQLite::Database& database) { return ContentHash(database, state_->store->path()).hex(); });
}

}  // namespace microtome
