// SPDX-License-Identifier: Apache-2.0
// Rectifiers whose backward lets the gradient of a dead picture pass; made by redirect_dead_relus() alone.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "microtome/network/ops/clip.h"

namespace microtome::operators {
namespace {

// y = clamp(x, low, high). The incoming gradient g is that of a score to be raised. Where any of a picture's gradient
// passes the open units, backward is plain. Where none does (Lucid's rule), open units pass g and closed ones pass what
// would open them: g > 0 below `low`, g < 0 above `high`. Units exactly at `low` are closed for a Relu and open for a
// Clip, as they are in ATen's own backward.
class RedirectedClamp : public torch::autograd::Function<RedirectedClamp> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, double low, double high,
                            bool low_is_closed) {
    context->save_for_backward({x});
    context->saved_data["low"] = low;
    context->saved_data["high"] = high;
    context->saved_data["low_is_closed"] = low_is_closed;
    return at::clamp(x, low, high);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor x = context->get_saved_variables()[0];
    const at::Tensor& g = gradients[0];
    const double low = context->saved_data["low"].toDouble();
    const at::Tensor below = context->saved_data["low_is_closed"].toBool() ? x <= low : x < low;
    const at::Tensor above = x > context->saved_data["high"].toDouble();
    const at::Tensor plain = g.masked_fill(below | above, 0);
    std::vector<int64_t> item_shape(static_cast<size_t>(x.dim()), 1);
    item_shape[0] = x.size(0);
    const at::Tensor alive = plain.reshape({x.size(0), -1}).ne(0).any(1).reshape(item_shape);
    if (alive.all().item<bool>()) return {plain, {}, {}, {}};
    const at::Tensor wrong_way = (below & (g < 0)) | (above & (g > 0));
    return {at::where(alive, plain, g.masked_fill(wrong_way, 0)), {}, {}, {}};
  }
};

void run_redirected_relu(OperatorCall& call) {
  call.outputs[0] = RedirectedClamp::apply(call.input(0), 0.0, std::numeric_limits<double>::infinity(), true);
}

void run_redirected_clip(OperatorCall& call) {
  const ClipBounds bounds = clip_bounds(call);
  call.outputs[0] = RedirectedClamp::apply(call.input(0), bounds.low, bounds.high, false);
}

constexpr Operator kRedirectedOperators[] = {
    {.name = "RedirectedRelu",
     .run = run_redirected_relu,
     .window = same_position,
     .each_channel_alone = true,
     .internal = true},
    {.name = "RedirectedClip",
     .run = run_redirected_clip,
     .window = same_position,
     .each_channel_alone = true,
     .internal = true},
};

}  // namespace

extern const OperatorFamily redirected;
const OperatorFamily redirected{"redirected", kRedirectedOperators};

}  // namespace microtome::operators
