// SPDX-License-Identifier: Apache-2.0
// Where the images come from that a trace is made on: files, or the exemplars of an atlas.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/image/image.h"
#include "microtome/network/network.h"

namespace microtome {

// An image by the name that it is called by.
struct NamedImage {
  std::string name;
  int64_t index = 0;                // in the concept set or the list
  std::optional<float> activation;  // what the atlas says that the unit's strongest is
};

// A picture, or why there is none.
struct LoadedImage {
  Image pixels;
  std::string error;
};

// What cannot be read is warned of, once for each reading. Thread-safe.
class TracedImages {
 public:
  virtual ~TracedImages() = default;
  // Of `count` that the layer has, those that there are images for.
  virtual std::vector<int64_t> units(int64_t count) const = 0;
  virtual std::vector<NamedImage> of_unit(int64_t unit) const = 0;
  virtual LoadedImage load(const NamedImage& image) const = 0;
};

// The same for all units: read once, by so many threads, and kept in the size that the network takes.
std::unique_ptr<const TracedImages> image_files(const std::vector<std::string>& files, const Network& network,
                                                int threads, Reporter& reporter);

struct ExemplarChoice {
  bool lowest = false;  // the bottom instead of the top
  size_t count = 0;     // at most
};
// Throws Error(kUsage) when the atlas is of another network or concept set, Error(kNotFound) when it does not hold the
// layer. The set and the reporter outlive them.
std::unique_ptr<const TracedImages> atlas_exemplars(const std::string& atlas, const Network& network,
                                                    const std::string& layer, const ConceptSet& concepts,
                                                    ExemplarChoice choice, Reporter& reporter);

}  // namespace microtome
