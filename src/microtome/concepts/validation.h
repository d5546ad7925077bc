// SPDX-License-Identifier: Apache-2.0
// Is a concept set sound, and what is in it: what `microtome concepts check` and `concepts stats` print.
// Defined in check.cpp, merge.cpp and statistics.cpp.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "microtome/base/json.h"
#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/problem.h"

namespace microtome {

struct ConceptCheck {
  std::string layout;  // Name of the format.
  int64_t images = 0;  // Of the tables, those that could be looked at.
  int64_t masks = 0;
  std::vector<ConceptProblem> problems;  // Tables first, then images in index order, then what the whole set shows.

  int64_t count(Severity severity) const;
  bool sound() const { return count(Severity::kError) == 0; }
  // How many problems of each kind, for a summary.
  std::map<std::string, int64_t> by_kind() const;
};

// Reads every table, picture and mask of a set and lists everything that is wrong, not only the first: broken tables,
// missing or damaged files, wrong sizes, labels out of range (errors); images without any label, concepts without a
// pixel (warnings). Of Broden's layout also, as warnings: whole-image label 0, masks with labels of another category,
// and, when no image failed, stated frequencies and coverages that are not the true ones. `spec` is as for
// open_concept_set. The result does not depend on `threads`. Throws Error(kNotFound/kUnsupported) when there is no
// folder or no layout, Error(kCancelled) when the user stops it.
ConceptCheck check_concepts(const std::string& spec, int threads, Reporter& reporter);

// A pixel counts once a plane: a label in two masks of one image counts twice, as in the dissection's G.
struct ConceptStatistics {
  struct Item {
    int label = 0;
    std::string name;              // For people, see ConceptIndex::display_name.
    std::string category;          // The primary one.
    int64_t images = 0;            // With at least one pixel of it.
    int64_t pixels = 0;            // G.
    double share = 0;              // G / label pixels of all concepts.
    double share_in_category = 0;  // G / grid pixels of the images that carry the category.
    // The IoU that a unit reaches at best whose mask is the expected area A = tail * grid pixels of those images:
    // min(A, G) / max(A, G). 0 for an empty concept.
    double ceiling = 0;
  };
  struct Category {
    std::string name;
    int64_t concepts = 0;      // With this primary category and at least one pixel.
    int64_t images = 0;        // That hold any of them ("carry" the category).
    int64_t grid_pixels = 0;   // Of those images, one a pixel.
    int64_t label_pixels = 0;  // Sum of G.
  };
  int64_t images = 0;
  int64_t grid_pixels = 0;
  int64_t label_pixels = 0;
  double tail = 0;
  std::vector<Item> concepts;        // By label; those with a category.
  std::vector<Category> categories;  // In column order.
  std::vector<std::string> skipped;  // What went wrong with images whose labels could not be read.
};

// `tail` in (0, 1) is the share of pixels above a unit's threshold (0.005 in Network Dissection). Reads masks, not
// pictures. The result does not depend on `threads`.
ConceptStatistics concept_statistics(const ConceptSet& set, double tail, int threads, Reporter& reporter);

Json to_json(const ConceptCheck& check);
Json to_json(const ConceptStatistics& statistics);

}  // namespace microtome
