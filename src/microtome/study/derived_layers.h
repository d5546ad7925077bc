// SPDX-License-Identifier: Apache-2.0
// Layers that a network does not have but can be given: token layers as maps, units of another basis, baselines.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/study/source.h"

namespace microtome {

// Gives source.network the layers asked for by "LAYER~grid", "LAYER~class", "LAYER~line" and "LAYER~pre", and for each
// of `bases` (texts that network/basis.h reads) the units of that basis; returns the names of the layers to study, by
// layer and basis. Bases that are fitted look at up to 2,000 images, every n-th, and need `concepts`. Throws
// Error(kUsage) on what it cannot read.
std::vector<std::string> derive_layers(Source& source, std::span<const std::string> layers,
                                       std::span<const std::string> bases, const ConceptSet* concepts, int threads,
                                       Reporter& reporter);

// The same for one layer and one basis.
std::string derive_layer(Source& source, const std::string& layer, const std::string& basis, const ConceptSet* concepts,
                         int threads, Reporter& reporter);

// Gives source.network, for each of `baselines` (names of network/baseline.h), what each of the layers is to be held
// against; returns their names. Throws Error(kUsage) on other names.
std::vector<std::string> derive_baselines(Source& source, std::span<const std::string> layers,
                                          std::span<const std::string> baselines, uint64_t seed);

// The largest difference of logits on `pictures` random inputs between the network and the one with the layer's
// channels rotated and the rotation folded into what reads them. Throws Error(kUnsupported) when it cannot be folded.
double rotation_error(const Network& network, const std::string& layer, uint64_t seed, int pictures);

}  // namespace microtome
