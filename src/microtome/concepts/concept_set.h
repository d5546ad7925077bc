// SPDX-License-Identifier: Apache-2.0
// Images with the human concepts that are in them, pixel by pixel.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/image/image.h"

namespace microtome {

// One label number of a concept set. Names are as in the file ("street-s", "swimming_pool-c"), in UTF-8.
struct Concept {
  int number = 0;  // 1..; 0 is "no label" everywhere
  std::string name;
  // Index of the primary category: of Broden's layout the one with the largest coverage in the c_*.csv files, the first
  // on ties (docs/numerics.md). -1: in none, no image holds it.
  int category = -1;
  std::vector<int> categories;             // All categories that hold it.
  std::vector<std::string> synonyms = {};  // Other names, best first; read where the layout has them.
};

// The vocabulary of a concept set.
class ConceptIndex {
 public:
  ConceptIndex(std::vector<std::string> categories, std::vector<Concept> concepts);

  const std::vector<std::string>& categories() const { return categories_; }  // In index.csv's column order.
  int category_count() const { return static_cast<int>(categories_.size()); }
  // Label numbers run from 1 to max_label(); a number without a concept has an empty name and category -1.
  int max_label() const { return static_cast<int>(concepts_.size()) - 1; }
  const Concept& concept_of(int label) const { return concepts_.at(static_cast<size_t>(label)); }
  // For people: without the suffix "-s" or "-c", "_" as a space.
  std::string display_name(int label) const;
  // The label with this name or display name.
  std::optional<int> find(std::string_view name) const;

 private:
  std::vector<std::string> categories_;
  std::vector<Concept> concepts_;  // By label number; [0] is the empty concept.
};

// What one image holds. All planes share one label numbering and one grid (width x height).
struct ImageLabels {
  int width = 0;
  int height = 0;
  std::vector<LabelMap> planes;  // One for each PNG of the image's row, whatever its category.
  std::vector<int> whole_image;  // Labels of the whole image (plain numbers in the row), 0 left out.
  // Whether the row says the number 0, "no label", for the whole image: some published tools count it.
  bool says_zero = false;
};

// A row of the set's index.
struct ConceptImage {
  std::string file;   // Relative to the set; names the image in results.
  std::string split;  // "train", "val", ...
  // Of the picture, as the index says. 0 x 0: it could not be measured, and reading it throws.
  int width = 0, height = 0;
  int label_width = 0, label_height = 0;  // Of its label grid; 0 x 0 likewise.
};

// Immutable; every method may be called from any thread.
class ConceptSet {
 public:
  virtual ~ConceptSet() = default;
  virtual const ConceptIndex& index() const = 0;
  virtual int64_t size() const = 0;
  virtual const ConceptImage& image_info(int64_t image) const = 0;
  // The picture, 8-bit RGB, turned to lie as its masks do (docs/concept_sets.md). Throws Error(kNotFound/kCorrupt)
  // naming file and row.
  virtual Image image(int64_t image) const = 0;
  // The labels. Throws Error as image() does, also when a mask's size is not the row's or a label is out of range.
  virtual ImageLabels labels(int64_t image) const = 0;
  // SHA-256 over the index files: names the set in provenance.
  virtual const std::string& hash() const = 0;
  // What was passed over in the pictures read so far, a line a kind with the first picture: colours taken as sRGB, an
  // orientation that the masks do not share.
  virtual std::vector<std::string> remarks() const { return {}; }
};

}  // namespace microtome
