// SPDX-License-Identifier: Apache-2.0
// What the images of a concept set show, said in the classes of a network.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "microtome/concepts/concept_set.h"
#include "microtome/visualize/classes.h"

namespace microtome {

// By label number of the set: the class of the network that bears the label's name, or a synonym; -1: none. Letter case
// and "_" do not count, as in objectives.
std::vector<int64_t> classes_of_labels(const ConceptIndex& index, const std::vector<std::string>& classes);

// The class that an image shows: of its labels of the whole image the first that is one. Nothing: none of them.
std::optional<int64_t> class_of_image(const ImageLabels& labels, const std::vector<int64_t>& classes_of_labels);

// Whether a label is anywhere in the image.
bool shows_label(const ImageLabels& labels, int label);

}  // namespace microtome
