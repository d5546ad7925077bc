// SPDX-License-Identifier: Apache-2.0
// Writes concept sets in Broden's layout (docs/concept_sets.md): index.csv, category.csv, label.csv, c_*.csv, images/.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "microtome/concepts/concept_set.h"

namespace microtome {

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
