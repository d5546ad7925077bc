// SPDX-License-Identifier: Apache-2.0
// Is a label better than chance, and how far would it move with other images?
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "microtome/dissect/findings.h"
#include "microtome/dissect/label_store.h"

namespace microtome {

// Which image's labels each image is given: [permutation][place], uniform permutations of all places.
std::vector<std::vector<int>> draw_permutations(uint64_t seed, int count, size_t images);
// The other way round: [place][permutation], whose masks meet the labels of this place.
std::vector<int> givers_of(const std::vector<std::vector<int>>& permutations);

// Poisson(1) weights of images: resampling with replacement in which images are independent (Hanley and MacGibbon,
// 2006). With the truth of each label under them.
struct Resampling {
  Resampling(uint64_t seed, int count, const LabelStore& labels);
  int count = 0;
  std::vector<uint8_t> weights;  // [place][replicate]
  std::vector<int64_t> truth;    // [label][replicate]
};

// What the pair (unit with its sign, label) is on one image.
struct ImageShare {
  int place = 0;
  int64_t intersection = 0, activation = 0;
};
BootstrapInterval bootstrap_interval(const Resampling& resampling, int label, std::span<const ImageShare> shares);

// Sets `significance` of the units of one layer, those of each sign together, from what is `shuffled` of each.
//   p        (1 + permutations whose best IoU >= the unit's) / (1 + permutations)
//   q        Benjamini and Hochberg (1995) over the units
//   family_p each unit's best IoU and nulls are standardized together; then as p, against the largest value over all
//            units under each assignment (single-step maxT, Westfall and Young 1993)
// Units whose mask is empty take no part.
void adjust_for_multiplicity(std::span<UnitDissection> units);

}  // namespace microtome
