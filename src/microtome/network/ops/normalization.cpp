// SPDX-License-Identifier: Apache-2.0
// BatchNormalization, InstanceNormalization and LRN.
#include <ATen/ATen.h>

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

// d ^ beta; the exponents of AlexNet and GoogLeNet by square roots, several times quicker than pow.
at::Tensor power(const at::Tensor& d, double beta) {
  if (beta == 0.5) return d.sqrt();
  if (beta == 0.75) {
    const at::Tensor root = d.sqrt();
    return root * root.sqrt();
  }
  return d.pow(beta);
}

// y[c] = x[c] / (bias + alpha / size * sum of x^2 over the channels c - floor((size-1)/2) .. c + ceil((size-1)/2)) ^
// beta
void run_lrn(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  const int64_t size = int_attribute(call.node, "size", 0);
  if (size < 1) throw Error(ErrorKind::kCorrupt, "", "LRN needs a size of at least 1", "export the network again");
  const double scale = float_attribute(call.node, "alpha", 1e-4) / static_cast<double>(size);
  std::vector<int64_t> pads(2 * (static_cast<size_t>(x.dim()) - 1), 0);
  pads[pads.size() - 2] = (size - 1) / 2;
  pads[pads.size() - 1] = size - 1 - (size - 1) / 2;
  const at::Tensor squares = at::constant_pad_nd(x * x, pads, 0);
  const int64_t channels = x.size(1);
  at::Tensor sum = squares.narrow(1, 0, channels).clone();
  for (int64_t i = 1; i < size; ++i) sum.add_(squares.narrow(1, i, channels));
  sum.mul_(scale).add_(float_attribute(call.node, "bias", 1.0));
  call.outputs[0] = x / power(sum, float_attribute(call.node, "beta", 0.75));
}

constexpr Operator kOperators[] = {
    {.name = "BatchNormalization",
     .run = run_batch_normalization,
     .window = same_position,
     .each_channel_alone = true,
     .channel_parameters = true},
    {.name = "InstanceNormalization", .run = run_instance_normalization, .window = everything},
    {.name = "LRN", .run = run_lrn, .window = same_position},
};

}  // namespace

extern const OperatorFamily normalization;
const OperatorFamily normalization{"normalization", kOperators};

}  // namespace microtome::operators
