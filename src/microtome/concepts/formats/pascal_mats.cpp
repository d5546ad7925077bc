// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/pascal_mats.h"

#include "microtome/base/error.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/pascal_names.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/set_pictures.h"

namespace microtome::concept_formats {

std::vector<ListedSet::Row> PascalMatSet::list_rows(SetDigest& digest) const {
  const auto splits = pascal_splits(folder());
  std::vector<Row> rows;
  for (const std::string& mat : sorted_names(folder() + "/" + mats_, "", ".mat")) {
    const std::string stem = mat.substr(0, mat.size() - 4);
    Row out;
    out.info.file = "JPEGImages/" + stem + ".jpg";
    out.named_by = "of " + mats_ + "/" + mat;
    const auto listed = splits.find(stem);
    out.info.split = listed == splits.end() ? broden_split(out.info.file) : listed->second;
    measure_listed_picture(folder(), out.info, out.named_by, mats_ + "/" + mat);
    out.info.label_width = out.info.width, out.info.label_height = out.info.height;
    digest.add_file(out.info.file);
    digest.add_file(mats_ + "/" + mat);
    rows.push_back(std::move(out));
  }
  if (rows.empty()) throw Error(ErrorKind::kNotFound, folder() + "/" + mats_, "there is no .mat file in it");
  return rows;
}

std::string PascalMatSet::mat_of(const Row& row) const {
  const std::string& picture = row.info.file;
  const size_t begin = picture.rfind('/') + 1;
  return folder() + "/" + mats_ + "/" + picture.substr(begin, picture.rfind('.') - begin) + ".mat";
}

std::vector<MatlabArray> PascalMatSet::read_mat(const Row& row) const {
  const std::string path = mat_of(row);
  return parse_matlab(read_listed(path, {}), path);
}

}  // namespace microtome::concept_formats
