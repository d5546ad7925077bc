// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/trace.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/autograd/autograd.h>

#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/nearest.h"
#include "microtome/base/unit.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/eye.h"
#include "microtome/network/passes.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/signed_picture.h"
#include "microtome/visualize/trace_method.h"

namespace microtome {
namespace {

const TraceMethod& method_named(const std::string& name) {
  std::vector<std::string> known;
  for (const TraceMethod* method : trace_methods::kinds()) {
    if (method->name == name) return *method;
    known.emplace_back(method->name);
  }
  throw Error(ErrorKind::kUsage, "method", fmt::format("there is no method \"{}\"", name),
              fmt::format("{}; nearest: \"{}\"", fmt::join(known, ", "), nearest_name(name, known)));
}

Sign sign_of(const std::string& text) {
  if (text == "+") return Sign::kPositive;
  if (text == "-") return Sign::kNegative;
  throw Error(ErrorKind::kUsage, "sign", fmt::format("\"{}\" is not + or -", text));
}

// Along x and y: where the part of the input that a position sees begins, and how long it is.
struct TraceSpan {
  int64_t start, length;
};

TraceSpan trace_span_of(const ReceptiveField& field, size_t axis, int64_t position, int64_t input) {
  if (field.step[axis] == 0 || field.size[axis] >= input) return {0, input};
  return {field.start[axis] + position * field.step[axis], field.size[axis]};
}

bool meets(const TraceSpan& span, int64_t input) { return span.start < input && span.start + span.length > 0; }

// [C,H,W] cut to the spans, `outside` beyond its edges.
at::Tensor cut(const at::Tensor& picture, const TraceSpan& x, const TraceSpan& y, double outside) {
  if (!meets(x, picture.size(2)) || !meets(y, picture.size(1))) {  // a position that sees padding alone
    return at::full({picture.size(0), y.length, x.length}, outside);
  }
  return at::constant_pad_nd(
      picture, {-x.start, x.start + x.length - picture.size(2), -y.start, y.start + y.length - picture.size(1)},
      outside);
}

}  // namespace

struct Tracer::State {
  Sign sign;
  double saturated;
  std::optional<Eye> eye;
  const Layer* layer;

  State(const Network& whole, const Preprocessing& preprocessing, const std::string& asked,
        const TraceSettings& settings)
      : sign(sign_of(settings.sign)), saturated(settings.saturated) {
    const TraceMethod& method = method_named(settings.method);
    std::string name = whole.layer(asked).name;
    Network hidden = whole;
    if (sign == Sign::kNegative) {
      hidden = with_pre_activation(whole, name);
      if (hidden.layers().size() > whole.layers().size()) name = derived_name(name, kPreActivation);
    }
    eye.emplace(method.with_backward(prune_to(hidden, {&name, 1})), preprocessing, std::vector{name});
    layer = &eye->network().layer(name);
    if (layer->shape.size() != 3 && layer->shape.size() != 1) {
      throw Error(ErrorKind::kUnsupported, name, "is neither maps nor a row of units", "make tokens a map: LAYER~grid");
    }
  }

  Trace trace(const Image& image, int64_t unit) const {
    if (unit < 0 || unit >= layer->units) {
      throw Error(ErrorKind::kUsage, layer->name, fmt::format("there is no unit {}", unit),
                  fmt::format("units run from 0 to {}", layer->units - 1));
    }
    const at::AutoGradMode with_gradients(true);
    const at::Tensor pixels = eye->pixels(image).requires_grad_();
    const at::Tensor input = normalize(pixels, eye->preprocessing());
    const std::unique_ptr<Tape> tape = eye->record(input.detach());
    const at::Tensor& activations = tape->taps()[0];
    const at::Tensor map = activations.select(1, unit).contiguous();
    const int64_t strongest = (map.reshape({-1}) * factor(sign)).argmax().item<int64_t>();
    const int64_t columns = map.dim() == 3 ? map.size(2) : 1;
    Trace found;
    found.x = strongest % columns;
    found.y = strongest / columns;
    found.activation = map.reshape({-1})[strongest].item<double>();
    at::Tensor seed = at::zeros_like(activations, at::MemoryFormat::Contiguous);
    seed.select(1, unit).view({-1})[strongest] = factor(sign);
    const at::Tensor at_input = tape->pull_back({&seed, 1});
    draw(found, pixels.detach()[0], torch::autograd::grad({input}, {pixels}, {at_input})[0][0]);
    return found;
  }

  void draw(Trace& found, const at::Tensor& pixels, const at::Tensor& gradient) const {
    const TraceSpan x = trace_span_of(layer->receptive_field, 0, found.x, pixels.size(2));
    const TraceSpan y = trace_span_of(layer->receptive_field, 1, found.y, pixels.size(1));
    found.left = static_cast<int>(x.start);
    found.top = static_cast<int>(y.start);
    found.silent = !gradient.any().item<bool>();
    found.seen = to_image(cut(pixels, x, y, 0.5).unsqueeze(0));
    found.gradient = to_image(signed_picture(cut(gradient, x, y, 0), saturated).unsqueeze(0));
  }
};

Tracer::Tracer(const Network& network, const Preprocessing& preprocessing, const std::string& layer,
               const TraceSettings& settings) {
  check_ranges(settings, "trace");
  const Graph& graph = network.graph();
  if (graph.values[static_cast<size_t>(graph.input)].shape.size() != 4) {
    throw Error(ErrorKind::kUnsupported, network.facts().file, "only networks that take pictures can be traced");
  }
  state_ = std::make_unique<State>(network, preprocessing, layer, settings);
}

Tracer::~Tracer() = default;

const Layer& Tracer::layer() const { return *state_->layer; }

Trace Tracer::trace(const Image& image, int64_t unit) const { return state_->trace(image, unit); }

}  // namespace microtome
