// SPDX-License-Identifier: Apache-2.0
// Is a picture a good one? Measures beside its activation; docs/numerics.md has the formulas.
#pragma once
#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "microtome/image/image.h"
#include "microtome/network/eye.h"

namespace microtome {

// Slope of the radially averaged power spectrum of the brightness, in log-log: about -2 for photographs, near 0 for
// noise. Frequencies from 1/side to 1/2 cycles a pixel. NaN for a picture without contrast. Sides >= 16, else NaN.
double spectrum_slope(const Image& image);

// Rank correlation with tied ranks shared (Spearman); NaN when a list is constant. Lists of one length >= 2.
double rank_correlation(std::span<const float> a, std::span<const float> b);
double rank_correlation(std::span<const double> a, std::span<const double> b);

// The rank of a unit when all are sorted by falling value, ties shared: 1 = first.
double rank_of(std::span<const float> values, size_t unit);

// How a network sees pictures: the mean activation of each unit, layer by layer. Immutable and thread-safe.
class Onlooker {
 public:
  // Looks at these layers ([C,H,W] or [F]), with the whole picture scaled to the network's input.
  Onlooker(const Network& network, const Preprocessing& preprocessing, std::vector<std::string> layers);

  // One list for each layer, in order.
  std::vector<std::vector<float>> look(const Image& image) const;
  const std::vector<std::string>& layers() const { return eye_.layers(); }

 private:
  Eye eye_;
};

// Layers on the way to `layer`, it included: the rectified ones that it depends on, at most `most` of them, evenly
// spread.
std::vector<std::string> path_to(const Network& network, const std::string& layer, size_t most);

// Does a picture take the way through the network that real images take (Geirhos et al., ICML 2024)? For each layer the
// mean over `others` of the rank correlation of the units' means; and its mean over layers where it is defined.
struct PathSimilarity {
  std::vector<double> by_layer;
  double mean = 0;  // NaN when defined nowhere
};
PathSimilarity path_similarity(const std::vector<std::vector<float>>& picture,
                               std::span<const std::vector<std::vector<float>>> others);

// Share of the pairs (image of `own`, image of `strangers`) in which the own image resembles the picture more, by the
// cosine of the last layer's means; ties count half. 1/2 is chance. NaN without pairs.
double likeness(const std::vector<std::vector<float>>& picture, std::span<const std::vector<std::vector<float>>> own,
                std::span<const std::vector<std::vector<float>>> strangers);

// 1 - mean over pairs of the cosine of their Gram matrices of channels at a layer (Lucid's diversity): 0 for pictures
// of one texture. `maps` are [C,H,W] of several pictures. NaN for fewer than two.
double diversity_of(std::span<const at::Tensor> maps);

}  // namespace microtome
