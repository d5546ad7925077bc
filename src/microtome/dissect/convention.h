// SPDX-License-Identifier: Apache-2.0
// In what the published systems differ when they say "IoU", as values: the default is the best definition known here,
// the others reproduce a system, defects included where they move numbers. docs/numerics.md has the table.
#pragma once
#include <string_view>
#include <vector>

#include "microtome/dissect/findings.h"
#include "microtome/dissect/upsampling.h"

namespace microtome {

// A[u,c]: which images count for the union of a concept of category c.
enum class UnionRule {
  kCategory,      // images that carry any label of the category
  kMaskCategory,  // images where the mask covers such a pixel, or whose whole-image label is of the category
  kEverything,    // all images
};

// A label that stands in several planes of one pixel (or in a plane and for the whole image).
enum class RepeatRule {
  kPairs,      // counts once a plane, in G and in I
  kTruthOnly,  // once a plane in G, once in I
  kOnce,       // once in both
};

// What a whole-image label 0 ("no label" in Broden) does.
enum class ZeroRule {
  kIgnored,
  kNameless,    // it is a nameless concept of the last category
  kLastUnion,   // the whole mask joins the last category's union
  kEverything,  // number 0 is a concept that covers every pixel
};

struct Convention {
  std::string_view name, summary;
  double tail = kPublishedTail;
  bool pixel_quantile = false;  // the threshold is a quantile of upsampled pixels, not of activations
  Upsampling upsampling = Upsampling::kHalfPixel;
  UnionRule union_rule = UnionRule::kCategory;
  RepeatRule repeats = RepeatRule::kPairs;
  ZeroRule zero = ZeroRule::kIgnored;
  bool later_category_wins = false;  // between categories of equal IoU; otherwise the lower label
  int min_images = 10;               // unless the user says otherwise
  bool mask_at_top = false;          // of a unit that saturates the mask is S >= T; not with Upsampling::kZero
};

// "default", "netdissect", "lite", "quick", "dissect", "compexp".
const std::vector<Convention>& conventions();
// Throws Error(kUsage) that lists the names.
const Convention& convention_named(std::string_view name);

}  // namespace microtome
