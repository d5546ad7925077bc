// SPDX-License-Identifier: Apache-2.0
// The most common silent mistake: pictures that reach the network in a wrong value range.
#pragma once
#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/study/source.h"

namespace microtome {

// Warns when another preset makes the network much surer of real images than the one in use. Says nothing about
// networks that are no classifiers.
void check_range(const Source& source, const ConceptSet& concepts, int threads, Reporter& reporter);

}  // namespace microtome
