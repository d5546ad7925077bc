// SPDX-License-Identifier: Apache-2.0
// The images of a concept set, looked at by all threads.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"

namespace microtome {

// So many images of the set, evenly spread; 0 = all of them.
std::vector<int64_t> spread_images(const ConceptSet& set, int64_t wanted);

// An image as it is looked at.
struct SetImage {
  size_t place = 0;  // in the list of those chosen
  Image pixels;
  ImageLabels labels;  // where they were asked for
};

// Calls look() for each that can be read, in several threads; the others are warned of and counted. `what` names the
// progress. Throws Error(kCancelled).
enum class WithLabels : bool { kNo, kYes };
int64_t for_images(const ConceptSet& set, const std::vector<int64_t>& images, WithLabels labels, int threads,
                   const std::string& what, Reporter& reporter, const std::function<void(const SetImage& image)>& look);

}  // namespace microtome
