// SPDX-License-Identifier: Apache-2.0
// Normalization by batch, instance, layer and group, and LRN.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdlib>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

constexpr double kMomentum = 0.1;  // of the running statistics, in training

void run_batch_normalization(OperatorCall& call) {
  const double epsilon = float_attribute(call.node, "epsilon", 1e-5);
  call.outputs[0] = at::batch_norm(call.input(0), call.input(1), call.input(2), call.input(3), call.input(4),
                                   call.training, kMomentum, epsilon, false);
}

void run_instance_normalization(OperatorCall& call) {
  const double epsilon = float_attribute(call.node, "epsilon", 1e-5);
  call.outputs[0] =
      at::instance_norm(call.input(0), call.input(1), call.input(2), {}, {}, true, kMomentum, epsilon, false);
}

// Over all axes from `axis` on; scale and offset broadcast over these.
void run_layer_normalization(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", -1), x.dim());
  const auto stretch = x.sizes().slice(static_cast<size_t>(axis));
  const double epsilon = float_attribute(call.node, "epsilon", 1e-5);
  at::Tensor y = at::layer_norm(x, stretch, {}, {}, epsilon) * call.input(1);
  if (call.has(2)) y = y + call.inputs[2];
  call.outputs[0] = y;
  if (!call.wants(1) && !call.wants(2)) return;
  std::vector<int64_t> axes;
  for (int64_t i = axis; i < x.dim(); ++i) axes.push_back(i);
  const at::Tensor mean = x.mean(axes, true);
  if (call.wants(1)) call.outputs[1] = mean;
  if (call.wants(2)) call.outputs[2] = ((x - mean).square().mean(axes, true) + epsilon).rsqrt();
}

// By the root of the mean square over all axes from `axis` on.
void run_rms_normalization(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  std::vector<int64_t> axes;
  for (int64_t i = normal_axis(int_attribute(call.node, "axis", -1), x.dim()); i < x.dim(); ++i) axes.push_back(i);
  const at::Tensor scale = (x.square().mean(axes, true) + float_attribute(call.node, "epsilon", 1e-5)).rsqrt();
  call.outputs[0] = x * scale * call.input(1);
}

// Values less their mean, by their deviation over the axes.
void run_mean_variance_normalization(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  std::vector<int64_t> axes = ints_attribute(call.node, "axes");
  if (axes.empty()) axes = {0, 2, 3};
  const at::Tensor centred = x - x.mean(axes, true);
  call.outputs[0] = centred / (centred.square().mean(axes, true).sqrt() + 1e-9);
}

void run_lp_normalization(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t axis = normal_axis(int_attribute(call.node, "axis", -1), x.dim());
  const int64_t p = int_attribute(call.node, "p", 2, {1, 2});
  call.outputs[0] = x / at::linalg_vector_norm(x, p, axis, true);
}

// Over the channels of a group and all positions; scale and offset for each group before opset 21, then for each
// channel.
void run_group_normalization(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t groups = int_attribute(call.node, "num_groups", 0, kWindowLengths);
  if (groups < 1 || x.dim() < 2 || x.numel() == 0 || x.size(1) % groups != 0) {
    throw Error(ErrorKind::kCorrupt, "",
                fmt::format("has {} groups for an input [{}]", groups, fmt::join(x.sizes(), ",")),
                "export the network again");
  }
  std::vector<int64_t> along(static_cast<size_t>(x.dim()), 1);
  along[1] = x.size(1);
  const auto by_channel = [&](const at::Tensor& values) {
    const bool by_group = call.node.version < 21 && values.numel() == groups;
    return (by_group ? values.repeat_interleave(x.size(1) / groups) : values).reshape(along);
  };
  const at::Tensor y = at::group_norm(x, groups, {}, {}, float_attribute(call.node, "epsilon", 1e-5));
  call.outputs[0] = y * by_channel(call.input(1)) + by_channel(call.input(2));
}

// d ^ beta; the exponents of AlexNet and GoogLeNet by square roots, several times quicker than pow.
at::Tensor divisor_power(const at::Tensor& d, double beta) {
  if (beta == 0.5) return d.sqrt();
  if (beta == 0.75) {
    const at::Tensor root = d.sqrt();
    return root * root.sqrt();
  }
  return d.pow(beta);
}

// base + scale * sum of t over the channels c - before .. c + after, for every c.
at::Tensor window_sum(const at::Tensor& t, int64_t before, int64_t after, double scale, double base) {
  at::Tensor sum = at::full_like(t, base);
  const int64_t channels = t.size(1);
  for (int64_t shift = std::max(-before, 1 - channels); shift <= std::min(after, channels - 1); ++shift) {
    const int64_t length = channels - std::abs(shift);
    sum.narrow(1, std::max<int64_t>(-shift, 0), length).add_(t.narrow(1, std::max<int64_t>(shift, 0), length), scale);
  }
  return sum;
}

// y[c] = x[c] / d[c] ^ beta, d[c] = bias + alpha / size * sum of x^2 over c - floor((size-1)/2) .. c +
// ceil((size-1)/2). Its own backward, dx[c] = g[c] / d[c]^beta - 2 alpha beta / size * x[c] * sum of g x / d^(beta+1)
// over the channels whose window holds c, does a third of the work of autograd's.
class LocalResponse : public torch::autograd::Function<LocalResponse> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, int64_t size, double scale,
                            double beta, double bias) {
    const int64_t before = (size - 1) / 2;
    const at::Tensor d = window_sum(x * x, before, size - 1 - before, scale, bias);
    const at::Tensor divisor = divisor_power(d, beta);
    context->save_for_backward({x, d, divisor});
    context->saved_data["size"] = size;
    context->saved_data["factor"] = -2 * scale * beta;
    return x / divisor;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const int64_t size = context->saved_data["size"].toInt();
    const int64_t before = (size - 1) / 2;
    const at::Tensor direct = gradients[0] / saved[2];
    const at::Tensor shared = (direct * saved[0]).div_(saved[1]);
    const double factor = context->saved_data["factor"].toDouble();
    const at::Tensor through = window_sum(shared, size - 1 - before, before, factor, 0);
    return {direct.addcmul(saved[0], through), {}, {}, {}, {}};
  }
};

void run_lrn(OperatorCall& call) {
  const int64_t size = int_attribute(call.node, "size", 0, {1, kLargestInteger});
  const at::Tensor& x = call.input(0);
  if (size < 1 || x.dim() < 2) {
    throw Error(ErrorKind::kCorrupt, "", "LRN needs a size of at least 1 and an input with channels",
                "export the network again");
  }
  // An addition takes as long as 16 multiply-adds of a convolution.
  call.limits.check_work(16.0 * static_cast<double>(x.numel()) * static_cast<double>(std::min(size, 2 * x.size(1))));
  const double scale = float_attribute(call.node, "alpha", 1e-4) / static_cast<double>(size);
  call.outputs[0] = LocalResponse::apply(x, size, scale, float_attribute(call.node, "beta", 0.75),
                                         float_attribute(call.node, "bias", 1.0));
}

// Exporters set training_mode, or before opset 14 name more outputs, where a network was not put into evaluation.
std::string batch_normalization_note(const NodeFacts& facts) {
  const auto& outputs = facts.node.outputs;
  const bool more = std::count_if(outputs.begin(), outputs.end(), [](ValueIndex value) { return value >= 0; }) > 1;
  if (int_attribute(facts.node, "training_mode", 0) == 0 && !more) return {};
  return "is stored in training mode; its running mean and variance are used here, as in evaluation";
}

// y = scale * (x - mean) / sqrt(variance + epsilon) + offset.
ChannelAffine batch_normalization_affine(const NodeFacts& facts) {
  at::Tensor parameters[4];
  for (size_t i = 0; i < 4; ++i) {
    if (!facts.constant(i + 1).defined()) return {};
    parameters[i] = facts.constant(i + 1).to(at::kDouble);
  }
  const at::Tensor factor = parameters[0] / (parameters[3] + float_attribute(facts.node, "epsilon", 1e-5)).sqrt();
  return {factor, parameters[1] - parameters[2] * factor};
}

constexpr Operator kNormalizationOperators[] = {
    {.name = "BatchNormalization",
     .run = run_batch_normalization,
     .window = same_position,
     .each_channel_alone = true,
     .relevance = RelevanceFlow::kSummed,
     .note = batch_normalization_note,
     .channel_parameters = true,
     .learned = {1, 2},
     .running = {3, 2},
     .channel_affine = batch_normalization_affine},
    {.name = "InstanceNormalization", .run = run_instance_normalization, .window = everything, .learned = {1, 2}},
    {.name = "LayerNormalization", .run = run_layer_normalization, .window = everything, .learned = {1, 2}},
    {.name = "GroupNormalization", .run = run_group_normalization, .window = everything, .learned = {1, 2}},
    {.name = "RMSNormalization", .run = run_rms_normalization, .window = everything, .learned = {1, 1}},
    {.name = "MeanVarianceNormalization", .run = run_mean_variance_normalization, .window = everything},
    {.name = "LpNormalization", .run = run_lp_normalization, .window = everything},
    {.name = "LRN", .run = run_lrn, .window = same_position, .relevance = RelevanceFlow::kPassed},
};

}  // namespace

extern const OperatorFamily normalization;
const OperatorFamily normalization{"normalization", kNormalizationOperators};

}  // namespace microtome::operators
