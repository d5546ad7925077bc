// SPDX-License-Identifier: Apache-2.0
// Images of a concept set with their labels drawn over them.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "microtome/base/field.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/image/image.h"

namespace microtome {

struct LabelledImagesRequest {
  std::vector<std::string> images;  // by their file in the set
  std::string concept_name;         // empty: all
  int count = 9;
  uint64_t seed = 0;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "images",
           .help = "Images by their file in the set; some at random when left out",
           .role = Role::kSubject,
           .positional = true},
          s.images);
    field({.name = "concept", .help = "Only images that hold this concept, and only its outline"}, s.concept_name);
    field({.name = "count", .help = "Images to draw when none are named", .min = 1, .max = 400}, s.count);
    field({.name = "seed", .help = "Start of the random choice"}, s.seed);
  }
};

struct DrawnImage {
  std::string file;
  // The picture with the chosen label's outline; without one with all but colours, which would cover the rest.
  Image drawing;
  std::string fault;             // why it cannot be drawn; the rest is then empty
  std::map<int, double> shares;  // label to the share of the grid that it covers; 1 for labels of the whole image
};

// A function of set and request. Throws Error(kNotFound) naming an image or a concept that the set does not hold.
std::vector<DrawnImage> labelled_images(const ConceptSet& set, const LabelledImagesRequest& request);

}  // namespace microtome
