// SPDX-License-Identifier: Apache-2.0
// What PASCAL-Context and PASCAL-Part share: a folder of .mat files, one for each picture.
#pragma once
#include <string>

#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/matlab.h"
#include "microtome/concepts/formats/set_digest.h"

namespace microtome::concept_formats {

class PascalMatSet : public ListedSet {
 protected:
  // `mats` is the folder of the .mat files, relative to the set.
  PascalMatSet(const std::string& folder, std::string mats) : ListedSet(folder), mats_(std::move(mats)) {}

  // Rows for all .mat files. Throws Error(kNotFound) when there is none, or no picture for one.
  std::vector<Row> list_rows(SetDigest& digest) const;
  // Path of a row's .mat file, with its picture for errors.
  std::string mat_of(const Row& row) const;
  std::vector<MatlabArray> read_mat(const Row& row) const;

 private:
  std::string mats_;
};

}  // namespace microtome::concept_formats
