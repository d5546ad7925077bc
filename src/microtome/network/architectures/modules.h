// SPDX-License-Identifier: Apache-2.0
// What architectures are made of: PyTorch's modules, each from its weights, with the names that PyTorch gives it.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "microtome/network/builder.h"
#include "microtome/network/formats/graph_json.h"
#include "microtome/network/formats/model_format.h"

namespace microtome {

// RGB 0..1 less ImageNet's mean, over its deviation; RGB -1..1; and both with `side` and the short side before the
// crop.
Preprocessing imagenet_input(int side, int resize_short = 0);
Preprocessing symmetric_input(int side, int resize_short = 0);

// The weights of a network, and the graph that is being built of them. Values bear the module's name, "layer4.1.conv2";
// where a module does several things, each a part of its own below it. A module's weights are "NAME.weight" and so on,
// or those of another name, `key`. Each weight is checked against what it is to be applied to; Error(kUnsupported) with
// an empty `where` names the weight that is not there or has another shape.
class Modules {
 public:
  // Names without repetition.
  explicit Modules(const NamedTensors& weights);

  // Asking.
  bool has(const std::string& key) const { return weights_.count(key) > 0; }
  bool has_below(const std::string& prefix) const;  // any weight whose name begins so
  // Length of axis i of a weight.
  int64_t size(const std::string& key, int64_t axis);
  // A weight of this shape, -1 for any length.
  at::Tensor take(const std::string& key, const std::vector<int64_t>& shape);
  // Weights that are not needed: of training alone, or of another part of a larger model.
  void leave_out(const std::string& prefix);
  [[noreturn]] static void refuse(const std::string& what, const std::string& remedy = {});

  // Building. Values are [N,C,H,W] or [N,T,C] (tokens) or [N,C]; channels() is C.
  int64_t channels(ValueIndex x) const { return channels_.at(x); }
  ValueIndex picture(int64_t channels, int side);
  // How many patches of this length the picture has.
  int64_t patches(int64_t length) const { return (side_ / length) * (side_ / length); }
  ValueIndex constant(const std::string& name, const at::Tensor& tensor) { return graph_.constant(name, tensor); }
  // Any operator whose result has as many channels as its first input, or the number given.
  ValueIndex node(const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                  std::map<std::string, Attribute> attributes = {}, int64_t channels = 0);

  // Groups follow from the weights and the channels of x. `options.groups` is not looked at.
  ValueIndex conv(const std::string& name, ValueIndex x, const ConvOptions& options = {}, const std::string& key = {});
  ValueIndex batch_norm(const std::string& name, ValueIndex x, double epsilon = 1e-5, const std::string& key = {});
  ValueIndex max_pool(const std::string& name, ValueIndex x, const PoolOptions& options);
  ValueIndex average_pool(const std::string& name, ValueIndex x, const PoolOptions& options);
  ValueIndex concat(const std::string& name, const std::vector<ValueIndex>& parts);  // along channels
  ValueIndex add(const std::string& name, ValueIndex a, ValueIndex b);               // of as many channels

  ValueIndex relu(const std::string& name, ValueIndex x) { return node("Relu", name, {x}); }
  ValueIndex relu6(const std::string& name, ValueIndex x);
  ValueIndex silu(const std::string& name, ValueIndex x);  // x * sigmoid(x)
  ValueIndex hard_swish(const std::string& name, ValueIndex x) { return node("HardSwish", name, {x}); }
  ValueIndex gelu(const std::string& name, ValueIndex x) { return node("Gelu", name, {x}); }

  // AdaptiveAvgPool2d(wanted) of a map of length x length: x itself where they are equal. Throws as above unless
  // `length` is a multiple of `wanted`.
  ValueIndex adaptive_pool(const std::string& name, ValueIndex x, int64_t length, int64_t wanted);
  // The mean over positions, as [N,C]: NAME.avgpool and NAME.flatten, "avgpool" and "flatten" when it is empty.
  ValueIndex pooled(const std::string& name, ValueIndex x);
  // [N,C] with C = channels * positions.
  ValueIndex flatten(const std::string& name, ValueIndex x, int64_t positions);
  // y = x w^T + b on [N,C].
  ValueIndex linear(const std::string& name, ValueIndex x, const std::string& key = {});
  // The same at each position of [N,C,H,W], as a convolution.
  ValueIndex pointwise(const std::string& name, ValueIndex x);
  // linear() where the weights are there, else x: a network without its classifier is a network.
  ValueIndex head(const std::string& name, ValueIndex x) { return has(name + ".weight") ? linear(name, x) : x; }

  // The graph whose logits these are. Throws as above when a weight is left over.
  StoredNetwork finish(ValueIndex logits, const Preprocessing& input);
  // The same where nothing says which input range such a network was trained on.
  StoredNetwork finish_unstated(ValueIndex logits, const Preprocessing& input);

  size_t used() const { return used_; }

 private:
  struct Weight {
    at::Tensor tensor;
    bool used = false;
  };
  Weight& find(const std::string& key);
  ValueIndex noted(ValueIndex value, int64_t channels);

  std::map<std::string, Weight> weights_;
  std::map<ValueIndex, int64_t> channels_;
  GraphBuilder graph_;
  size_t used_ = 0;
  int64_t side_ = 0;
};

}  // namespace microtome
