// SPDX-License-Identifier: Apache-2.0
// Layers that a network does not have but can be given: token layers as maps, and units of another basis.
#pragma once
#include <string>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/study/requests.h"
#include "microtome/study/source.h"

namespace microtome {

// Gives source.network the layers that the request asks for by "LAYER~grid", "LAYER~class" and "LAYER~line", and for
// each of request.bases the units of that basis; returns the names of the layers to study. Bases:
//   identity            the layer itself
//   pca                 principal components of the activations at all positions of the set's images
//   nmf:K               K non-negative factors of the same (Lee and Seung 2001); a unit's activation is the inner
//   product
//                       with its factor of length 1; the layer must be non-negative
//   random:ALPHA:SEED   a random rotation to the power ALPHA
//   FILE.npy, FILE.safetensors:TENSOR   a matrix [units, channels] (read_basis)
// pca and nmf look at up to 2,000 images, every n-th, and need `concepts`. Throws Error(kUsage) on what it cannot read.
std::vector<std::string> derive_layers(Source& source, const StudyRequest& request, const ConceptSet* concepts,
                                       Reporter& reporter);

// The same for one layer and one basis.
std::string derive_layer(Source& source, const std::string& layer, const std::string& basis, const ConceptSet* concepts,
                         int threads, Reporter& reporter);

// Gives source.network, for each of request.baselines, what each of the layers is to be held against; returns their
// names. With the request's seed:
//   random-basis     the layer turned by a random rotation: "LAYER~random1.SEED"
//   random-weights   the layer when all weights on the way to it are shuffled: "LAYER~shuffled.SEED"
// Throws Error(kUsage) on other names.
std::vector<std::string> derive_baselines(Source& source, const std::vector<std::string>& layers,
                                          const StudyRequest& request);

// The largest difference of logits on `pictures` random inputs between the network and the one with the layer's
// channels rotated and the rotation folded into what reads them. Throws Error(kUnsupported) when it cannot be folded.
double rotation_error(const Network& network, const std::string& layer, uint64_t seed, int pictures);

}  // namespace microtome
