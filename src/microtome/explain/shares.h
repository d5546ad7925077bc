// SPDX-License-Identifier: Apache-2.0
// What a unit's pre-activation is the sum of, exactly: a share for each unit that it reads, and a bias.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "microtome/network/network.h"

namespace microtome {

// z = bias + the sum over terms, at each position: for a convolution z_p = b + sum_i (K_i * A_i)_p, A_i the channels of
// the tensor that it really reads (behind its rectifier and pooling), batch norm folded. A sum of branches is taken
// apart into theirs: a residual branch made by a convolution into what that reads, a shortcut into the unit that it
// hands on; channels of a concatenation are units of its parts. Immutable and thread-safe.
class Shares {
 public:
  struct Term {
    std::string layer;
    int64_t unit = 0;
  };

  // Throws Error(kNotFound) for the layer, Error(kUsage) for the unit, Error(kUnsupported) naming the node when the
  // layer is no sum of what units say (of products of computed values, say).
  Shares(const Network& network, const std::string& layer, int64_t unit);

  const std::vector<Term>& terms() const { return terms_; }
  double bias() const { return bias_; }

  struct Found {
    at::Tensor value;   // [h,w] of the pre-activation; [1,1] of a row
    at::Tensor shares;  // [terms,h,w]
  };
  // Of an input [1,...]. One forward pass as far as the layer.
  Found find(const at::Tensor& input) const;

 private:
  // A node that sums up, scaled; with `node` < 0 a value that is handed on.
  struct Part {
    int node = -1;
    ValueIndex value = -1;  // what it reads
    at::Tensor weight;      // one output a channel read
    double scale = 1;
  };
  void take_apart(ValueIndex value, double scale);
  void add_weighted(int node, double scale);
  void name_channels(ValueIndex value, int64_t count);

  Graph graph_;
  std::vector<int> makers_;
  std::vector<std::string> known_;  // names of layers
  int64_t unit_ = 0;
  std::string layer_;
  double bias_ = 0;
  std::vector<Term> terms_;
  std::vector<Part> parts_;
};

}  // namespace microtome
