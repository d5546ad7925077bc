// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/architectures/modules.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"

namespace microtome {
namespace {

const std::string& or_name(const std::string& key, const std::string& name) { return key.empty() ? name : key; }

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t length : shape) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", length < 0 ? "*" : std::to_string(length));
  }
  return "[" + text + "]";
}

}  // namespace

Preprocessing imagenet_input(int side, int resize_short) {
  return {.name = "torchvision",
          .mean = {0.485, 0.456, 0.406},
          .deviation = {0.229, 0.224, 0.225},
          .side = side,
          .resize_short = resize_short};
}

Preprocessing symmetric_input(int side, int resize_short) {
  return {.name = "tf", .low = -1, .high = 1, .mean = {}, .deviation = {}, .side = side, .resize_short = resize_short};
}

Modules::Modules(const NamedTensors& weights) {
  for (const auto& [name, tensor] : weights) weights_[name] = {tensor};
}

void Modules::refuse(const std::string& what, const std::string& remedy) {
  throw Error(ErrorKind::kUnsupported, "", what, remedy);
}

bool Modules::has_below(const std::string& prefix) const {
  const auto first = weights_.lower_bound(prefix);
  return first != weights_.end() && first->first.starts_with(prefix);
}

Modules::Weight& Modules::find(const std::string& key) {
  const auto found = weights_.find(key);
  if (found == weights_.end()) refuse(fmt::format("there is no \"{}\"", key));
  return found->second;
}

int64_t Modules::size(const std::string& key, int64_t axis) {
  const at::Tensor& tensor = find(key).tensor;
  if (axis < tensor.dim()) return tensor.size(axis);
  refuse(fmt::format("\"{}\" is {}", key, shape_text(tensor.sizes().vec())));
}

at::Tensor Modules::take(const std::string& key, const std::vector<int64_t>& shape) {
  Weight& weight = find(key);
  const at::IntArrayRef sizes = weight.tensor.sizes();
  const bool fits =
      std::equal(sizes.begin(), sizes.end(), shape.begin(), shape.end(),
                 [](int64_t length, int64_t wanted) { return wanted < 0 ? length > 0 : length == wanted; });
  if (!fits) refuse(fmt::format("\"{}\" is {} where {} fits", key, shape_text(sizes.vec()), shape_text(shape)));
  if (!weight.tensor.is_floating_point()) refuse(fmt::format("\"{}\" holds integers", key));
  if (!weight.used) ++used_;
  weight.used = true;
  return weight.tensor;
}

void Modules::leave_out(const std::string& prefix) {
  for (auto at = weights_.lower_bound(prefix); at != weights_.end() && at->first.starts_with(prefix); ++at) {
    at->second.used = true;
  }
}

ValueIndex Modules::noted(ValueIndex value, int64_t channels) {
  channels_[value] = channels;
  return value;
}

ValueIndex Modules::picture(int64_t channels, int side) {
  side_ = side;
  return noted(graph_.input("input", {1, channels, side, side}), channels);
}

ValueIndex Modules::node(const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                         std::map<std::string, Attribute> attributes, int64_t channels) {
  const auto first = channels_.find(inputs.at(0));
  const int64_t made = channels > 0 ? channels : first == channels_.end() ? 0 : first->second;
  return noted(graph_.node(op, name, std::move(inputs), std::move(attributes), 20), made);
}

ValueIndex Modules::conv(const std::string& name, ValueIndex x, const ConvOptions& options, const std::string& key) {
  const std::string weights = or_name(key, name) + ".weight", offsets = or_name(key, name) + ".bias";
  const at::Tensor weight = take(weights, {-1, -1, -1, -1});
  const int64_t groups = channels(x) / weight.size(1);
  if (groups * weight.size(1) != channels(x) || weight.size(0) % std::max<int64_t>(groups, 1) != 0) {
    refuse(fmt::format("\"{}\" is {} and does not fit {} channels", weights, shape_text(weight.sizes().vec()),
                       channels(x)));
  }
  ConvOptions complete = options;
  complete.groups = groups;
  const at::Tensor bias = has(offsets) ? take(offsets, {weight.size(0)}) : at::Tensor();
  return noted(graph_.conv(name, x, weight, bias, complete), weight.size(0));
}

ValueIndex Modules::batch_norm(const std::string& name, ValueIndex x, double epsilon, const std::string& key) {
  const std::string from = or_name(key, name);
  const std::vector<int64_t> each = {channels(x)};
  const at::Tensor mean = take(from + ".running_mean", each), variance = take(from + ".running_var", each);
  const bool learned = has(from + ".weight");
  const at::Tensor scale = learned ? take(from + ".weight", each) : at::ones(each);
  const at::Tensor offset = learned ? take(from + ".bias", each) : at::zeros(each);
  return noted(graph_.batch_norm(name, x, scale, offset, mean, variance, epsilon), channels(x));
}

ValueIndex Modules::max_pool(const std::string& name, ValueIndex x, const PoolOptions& options) {
  return noted(graph_.max_pool(name, x, options), channels(x));
}

ValueIndex Modules::average_pool(const std::string& name, ValueIndex x, const PoolOptions& options) {
  return noted(graph_.average_pool(name, x, options), channels(x));
}

ValueIndex Modules::concat(const std::string& name, const std::vector<ValueIndex>& parts) {
  int64_t sum = 0;
  for (const ValueIndex part : parts) sum += channels(part);
  return noted(graph_.concat(name, parts), sum);
}

ValueIndex Modules::add(const std::string& name, ValueIndex a, ValueIndex b) {
  if (channels(a) == channels(b)) return noted(graph_.add(name, a, b), channels(a));
  refuse(fmt::format("\"{}\" adds {} channels to {}", name, channels(b), channels(a)));
}

ValueIndex Modules::relu6(const std::string& name, ValueIndex x) {
  return node("Clip", name, {x}, {{"min", 0.0}, {"max", 6.0}});
}

ValueIndex Modules::silu(const std::string& name, ValueIndex x) {
  return node("Mul", name, {x, node("Sigmoid", name + ".sigmoid", {x})});
}

ValueIndex Modules::adaptive_pool(const std::string& name, ValueIndex x, int64_t length, int64_t wanted) {
  if (length == wanted) return x;
  const int64_t kernel = length / wanted;
  if (kernel * wanted == length) return average_pool(name, x, {.kernel = kernel, .stride = kernel});
  refuse(fmt::format("\"{}\" cannot divide a map of {} into {} x {}", name, length, wanted, wanted),
         "leave the side out of `preprocess`");
}

ValueIndex Modules::pooled(const std::string& name, ValueIndex x) {
  const std::string below = name.empty() ? "" : name + ".";
  return flatten(below + "flatten", node("GlobalAveragePool", below + "avgpool", {x}), 1);
}

ValueIndex Modules::flatten(const std::string& name, ValueIndex x, int64_t positions) {
  return node("Flatten", name, {x}, {}, channels(x) * positions);
}

ValueIndex Modules::linear(const std::string& name, ValueIndex x, const std::string& key) {
  const std::string from = or_name(key, name);
  const at::Tensor weight = take(from + ".weight", {-1, channels(x)});
  const at::Tensor bias = has(from + ".bias") ? take(from + ".bias", {weight.size(0)}) : at::Tensor();
  return noted(graph_.gemm(name, x, weight, bias), weight.size(0));
}

ValueIndex Modules::pointwise(const std::string& name, ValueIndex x) {
  const at::Tensor weight = take(name + ".weight", {-1, channels(x)});
  const at::Tensor bias = has(name + ".bias") ? take(name + ".bias", {weight.size(0)}) : at::Tensor();
  return noted(graph_.conv(name, x, weight.view({weight.size(0), weight.size(1), 1, 1}), bias), weight.size(0));
}

StoredNetwork Modules::finish_unstated(ValueIndex logits, const Preprocessing& input) {
  const auto left =
      std::find_if(weights_.begin(), weights_.end(), [](const auto& entry) { return !entry.second.used; });
  if (left != weights_.end()) {
    refuse(fmt::format("nothing takes \"{}\" {}", left->first, shape_text(left->second.tensor.sizes().vec())));
  }
  StoredNetwork stored{.graph = graph_.finish({logits}), .facts = {}};
  stored.facts.preprocessing = input;
  return stored;
}

StoredNetwork Modules::finish(ValueIndex logits, const Preprocessing& input) {
  StoredNetwork stored = finish_unstated(logits, input);
  stored.facts.has_preprocessing = true;
  return stored;
}

}  // namespace microtome
