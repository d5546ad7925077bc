// SPDX-License-Identifier: Apache-2.0
// Names of layers that a network does not have but can be given: "LAYER~SUFFIX".
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace microtome {

// What a rectified layer is before its rectifier: "inception_4e/output~pre".
inline constexpr std::string_view kPreActivation = "pre";
// Units in a random rotation, units behind shuffled weights: "conv5~random0.5.1", "conv5~shuffled.1".
inline constexpr std::string_view kRandomBasis = "random", kShuffledWeights = "shuffled";

// "LAYER~SUFFIX"; the layer may be derived itself.
std::string derived_name(const std::string& layer, std::string_view suffix);

// A name taken apart at its last "~". The suffix is empty where there is none, and the layer is the name.
struct DerivedName {
  std::string layer, suffix;
};
DerivedName split_derived_name(const std::string& name);

// The suffix of units rotated by a random rotation to the power alpha: "random0.5.1".
std::string random_basis_suffix(double alpha, uint64_t seed);
// Of a layer behind shuffled weights: "shuffled.1".
std::string shuffled_suffix(uint64_t seed);

}  // namespace microtome
