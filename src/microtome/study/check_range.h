// SPDX-License-Identifier: Apache-2.0
// The most common silent mistake: pictures that reach the network in a wrong value range.
#pragma once
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/image/image.h"
#include "microtome/study/source.h"

namespace microtome {

// Images that a range is tried on, at most.
inline constexpr int64_t kProbedImages = 24;
// So many of a set, evenly spread; those that can be read.
std::vector<Image> probed_images(const ConceptSet& concepts);

// Warns when the network tells real images apart under another preprocessing, and less so under the one in use. How
// sure it is says nothing: any network is surer of larger numbers. Two things are asked of the other instead:
//   it is told from the answers which image was shown: their mutual information, H(mean of p) - mean of H(p), over the
//   logarithm of the images or classes, whichever are fewer, is 0.6 or more, and higher by 0.1 than in use;
//   a part of an image gets the answer of the whole at least as often, beyond chance, as in use.
// An untrained network has neither. Says nothing about fewer than 12 images, networks that are no classifiers of 10
// classes or more, and files that state their preprocessing.
void check_range(const Source& source, const std::vector<Image>& images, int threads, Reporter& reporter);

}  // namespace microtome
