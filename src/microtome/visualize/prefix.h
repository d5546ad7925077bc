// SPDX-License-Identifier: Apache-2.0
// A network cut down to what an objective reads: no deeper than its layers, no other branches, no other units of the
// last convolution, and of the input no more than what can reach the position read.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "microtome/network/executor.h"
#include "microtome/network/network.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/resample.h"

namespace microtome {

// What all objectives over the same layers share: the network pruned to them, batch norm folded. Immutable.
class Trunk {
 public:
  Trunk(const Network& network, std::vector<std::string> layers);

  const std::vector<std::string>& layers() const { return layers_; }
  // Batch norm folded; the outputs are layers(), in order.
  const Graph& graph() const { return graph_; }
  // All of the layers, all of the input; the taps are layers(). Not to be asked without layers.
  const Executor& executor() const { return *executor_; }
  // Height and width that it runs at for pictures of `side`: the picture's own, or the network's where a layer needs
  // that.
  std::array<int64_t, 2> input_size(int64_t side) const;
  const ReceptiveField& receptive_field(size_t layer) const { return fields_[layer]; }

 private:
  std::vector<std::string> layers_;
  std::vector<ReceptiveField> fields_;
  Graph graph_;
  std::unique_ptr<const Executor> executor_;
  bool free_size_ = false;
  std::array<int64_t, 2> own_size_{};
};

// Immutable but for the redirected network, which is made when first needed; thread-safe.
class Prefix {
 public:
  // Cuts the trunk, which has the layers read, for inputs of height x width. Every cut leaves the values that are read
  // as they are, up to rounding; a part of the input is taken only when a run on noise shows that it is so.
  Prefix(const Trunk& trunk, const Reads& reads, int64_t height, int64_t width);

  // The input, or the part of it that can reach what the objective reads.
  const Aperture& aperture() const { return aperture_; }
  const Executor& executor() const { return *executor_; }
  const Executor& redirected() const;
  // The objective's view of taps of executor(), in its order.
  View view(const std::vector<at::Tensor>& taps) const;

 private:
  struct Cut {
    std::string layer;
    std::vector<int64_t> units;
    std::array<int64_t, 2> origin{0, 0}, size{0, 0};
  };
  void cut_units(const LayerReads& reads);
  void cut_input(const ReceptiveField& field, std::array<int64_t, 2> position);

  Aperture aperture_;
  std::vector<Cut> cuts_;
  Graph graph_;
  std::unique_ptr<Executor> executor_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<Executor> redirected_;
};

}  // namespace microtome
