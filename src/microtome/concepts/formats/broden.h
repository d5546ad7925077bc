// SPDX-License-Identifier: Apache-2.0
// The on-disk layout of Broden (network-dissection report, 2.1): index.csv, category.csv, label.csv, c_*.csv, images/.
#pragma once
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/formats/format.h"

namespace microtome {

// A folder that holds index.csv. Every oddity of the layout is read as the report says: mixed cells, several masks in
// one cell, whole-image label 0, empty cells, any column order of the categories.
extern const ConceptFormat broden_format;

// Broden orders its images by this key, in [0, 1): the first 8 bytes of md5(file) as a big-endian number / 2^64, where
// `file` is the path relative to images/. It calls an image "train" when the key is at most 0.7, else "val".
double broden_key(std::string_view file);
std::string broden_split(std::string_view file);

// Writes a folder in this layout. add() in any order and from several threads; finish() writes the csv files, with rows
// in index order and frequencies and coverages counted from what was added, so they are true.
class BrodenWriter {
 public:
  // Concepts by label number ([0] is the empty concept), each with its categories; categories in column order
  // (Broden's: color, object, part, material, scene, texture).
  BrodenWriter(std::string folder, std::vector<std::string> categories, std::vector<Concept> concepts);
  ~BrodenWriter();

  // One image: its planes and whole-image labels (>= 1) by category index; all planes have one size. `file` is relative
  // to images/, unique, and ends in .png or .jpg (quality 95); its masks are stored beside it. An empty split means
  // broden_split(file). Without planes the label grid is half the picture. Throws Error(kUsage/kIo).
  struct Cell {
    std::vector<LabelMap> planes;
    std::vector<int> whole_image;
  };
  void add(int64_t index, const std::string& file, const std::string& split, const Image& image,
           const std::map<int, Cell>& cells);
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
