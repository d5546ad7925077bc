// SPDX-License-Identifier: Apache-2.0
// Any pictures: a set without labels.
#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/plain.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"

namespace microtome::concept_formats {
namespace {

std::vector<std::string> pictures_of(std::vector<std::string> files) {
  std::erase_if(files, [](const std::string& file) { return !is_picture(file); });
  return files;
}

// Tables say that there are labels, in a layout that is damaged or not known.
bool is_table(const std::string& file) {
  return file.ends_with(".csv") || file.ends_with(".json") || file.ends_with(".mat") || file.ends_with(".xml");
}

bool holds_photos(const std::string& folder) {
  const std::vector<std::string> files = files_below(folder);
  return std::none_of(files.begin(), files.end(), is_table) && std::any_of(files.begin(), files.end(), is_picture);
}

// All pictures below a folder.
class Photos : public WholeImageSet {
 public:
  Photos(const std::string& folder, const ProblemSink&) : WholeImageSet(folder) {
    SetDigest digest(folder);
    std::vector<Row> rows;
    for (const std::string& file : pictures_of(files_below(folder))) {
      Row& row = rows.emplace_back();
      row.info.file = file;
      row.info.split = broden_split(file);
      measure_picture(folder, row.info, {}, {}, digest);
    }
    finish(std::move(rows), ConceptIndex({}, {}), digest);
  }
};

}  // namespace

extern const ConceptFormat photos;
const ConceptFormat photos = {"photos", "Any pictures without labels, for exemplars",
                              "*.jpg or .png in the folder or below it, and no tables", holds_photos, open_as<Photos>};

}  // namespace microtome::concept_formats
