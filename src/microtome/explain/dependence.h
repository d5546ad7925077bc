// SPDX-License-Identifier: Apache-2.0
// What a unit depends on: how much each unit of a layer in front has to do with its value on an image, in five ways.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "microtome/explain/relevance.h"
#include "microtome/explain/shares.h"
#include "microtome/explain/subject.h"
#include "microtome/network/behind.h"

namespace microtome {

struct DependenceSettings {
  std::string background = "zero";  // where conductance begins
  int64_t steps = 16;               // of conductance
  std::string rules = "epsilon";    // of relevance
};

// Of one image; each list has an entry a unit of the layer in front. Empty: the way cannot tell.
struct UnitDependence {
  double value = 0;  // of the unit, where it is strongest
  std::vector<double> share, gradient_activation, conductance, relevance, ablation;
};

// From one layer to one unit behind it. Immutable and thread-safe.
class Dependent {
 public:
  // The unit is looked at in its pre-activation, at the position where that is largest on the image. Throws what
  // Subject, Behind, Shares and Relevance throw.
  Dependent(const Network& network, const Preprocessing& preprocessing, const std::string& layer, int64_t unit,
            const std::string& from, const DependenceSettings& settings);

  at::Tensor pixels(const Image& image) const { return subject_.pixels(image); }
  const std::string& layer() const { return layer_; }  // that the value is of: a pre-activation ends in "~pre"
  const Layer& from() const { return behind_.layer(); }
  double bias() const { return shares_ ? shares_->bias() : 0; }
  // Whether shares are exact: the layer in front is one that the unit really reads, and it alone.
  bool adjacent() const { return shares_.has_value(); }
  // Why relevance cannot be told, the node named; empty: it can.
  const std::string& no_relevance() const { return no_relevance_; }

  // gradient_activation: sum of A dz/dA over positions. conductance: sum over steps s on the way of the image from the
  // background of (A_(s+1) - A_s) dz/dA in its middle (Dhamdhere, Sundararajan and Yan 2019). relevance: LRP at the
  // layer. ablation: what z loses when the unit is zero everywhere, exactly; only with `ablates`, as it takes a run for
  // each unit.
  UnitDependence find(const at::Tensor& pixels, bool ablates) const;

 private:
  Dependent(const Network& network, const Preprocessing& preprocessing, int64_t unit,
            const DependenceSettings& settings, const std::string& asked, const std::string& from);
  std::vector<double> related(const at::Tensor& input, int64_t place) const;
  std::vector<double> conducted(const at::Tensor& pixels, int64_t place) const;
  at::Tensor slope(const Moment& moment, int64_t place, double* value) const;

  std::string layer_;
  int64_t unit_;
  DependenceSettings settings_;
  Subject subject_;
  Behind behind_;
  std::optional<Shares> shares_;
  std::string no_relevance_;
  std::unique_ptr<const Relevance> relevance_;  // null: there is no rule for a node
};

}  // namespace microtome
