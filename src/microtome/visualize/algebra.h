// SPDX-License-Identifier: Apache-2.0
// Sums and products of objectives.
#pragma once
#include <vector>

#include "microtome/visualize/objective.h"

namespace microtome {

// weight * the product of the factors, of which there is one at least.
struct Term {
  double weight = 1;
  std::vector<Objective> factors;
};

// constant + the sum of the terms.
struct Linear {
  double constant = 0;
  std::vector<Term> terms;

  bool is_number() const { return terms.empty(); }
  // Adds sign * part.
  void add(Linear part, double sign);
  void scale(double by);
  // Whether all numbers are finite and no weight is 0.
  bool is_sound() const;
};

// scale * the factors, none of which is a number. A single factor is scaled term by term. Of several, those of one term
// give their weight to the product; the others are made to begin with a positive number, so that equal products have
// equal texts.
Linear product(double scale, std::vector<Linear> factors);

// Its text parses to an equal objective. Its target is the unit that all terms drive, the regularizing ones left out;
// of a product, the unit of the one factor that does not regularize (the others count as positive).
Objective make_sum(Linear linear);

}  // namespace microtome
