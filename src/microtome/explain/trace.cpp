// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/trace.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/quoted_text.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/passes.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/signed_picture.h"

namespace microtome {
namespace {

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

// The network with the layer that a sign is traced by.
Network with_traced_layer(const Network& network, const std::string& layer, Sign sign) {
  return sign == Sign::kNegative ? with_pre_activation(network, network.layer(layer).name) : network;
}

const Layer& traced_layer(const Network& network, const std::string& asked, SignedUnit unit) {
  const std::string& name = network.layer(asked).name;
  const std::string before = derived_name(name, kPreActivation);
  bool rectified = false;
  for (const Layer& layer : network.layers()) rectified = rectified || layer.name == before;
  const Layer& layer = network.layer(unit.sign == Sign::kNegative && rectified ? before : name);
  if (layer.shape.size() != 3 && layer.shape.size() != 1) {
    throw Error(ErrorKind::kUnsupported, name, "is neither maps nor a row of units", "make tokens a map: LAYER~grid");
  }
  if (unit.unit < 0 || unit.unit >= layer.units) {
    throw Error(ErrorKind::kUsage, name, fmt::format("there is no unit {}", unit.unit),
                fmt::format("units run from 0 to {}", layer.units - 1));
  }
  return layer;
}

std::string peak_of(const Layer& layer, SignedUnit unit) {
  const bool lowest = unit.sign == Sign::kNegative;
  return fmt::format("peak({}:{}{})", in_quotes(layer.name), unit.unit, lowest ? ",lowest=true" : "");
}

}  // namespace

UnitTracer::UnitTracer(const Network& network, const Preprocessing& preprocessing, const std::string& layer,
                       SignedUnit unit, const TraceSettings& settings)
    : UnitTracer(with_traced_layer(network, layer, unit.sign), preprocessing, unit, settings, layer) {}

UnitTracer::UnitTracer(const Network& network, const Preprocessing& preprocessing, SignedUnit unit,
                       const TraceSettings& settings, const std::string& asked)
    : unit_(unit),
      saturated_(settings.saturated),
      layer_(traced_layer(network, asked, unit)),
      subject_(network, preprocessing, peak_of(layer_, unit)),
      eye_(subject_.network(), preprocessing, {layer_.name}),
      attributor_(make_attributor(settings.method.empty() ? "guided" : settings.method, subject_, settings)) {
  check_ranges(settings, "trace");
}

Trace UnitTracer::trace(const Image& image) const {
  const at::Tensor pixels = subject_.pixels(image);
  const at::Tensor map = eye_.look(subject_.input(pixels))[0].select(1, unit_.unit).contiguous();
  const int64_t strongest = (map.reshape({-1}) * factor(unit_.sign)).argmax().item<int64_t>();
  const int64_t columns = map.dim() == 3 ? map.size(2) : 1;
  Trace found;
  found.x = strongest % columns;
  found.y = strongest / columns;
  found.attribution = attributor_->attribute(pixels);
  found.activation = factor(unit_.sign) * found.attribution.value;
  found.silent = !found.attribution.map.any().item<bool>();
  const TraceSpan x = trace_span_of(layer_.receptive_field, 0, found.x, pixels.size(3));
  const TraceSpan y = trace_span_of(layer_.receptive_field, 1, found.y, pixels.size(2));
  found.left = static_cast<int>(x.start);
  found.top = static_cast<int>(y.start);
  found.seen = to_image(cut(pixels[0], x, y, 0.5).unsqueeze(0));
  const at::Tensor& colours = found.attribution.pixels;
  const at::Tensor drawn = colours.defined() ? colours : found.attribution.map.unsqueeze(0);
  found.drawn = to_image(signed_picture(cut(drawn, x, y, 0), saturated_).unsqueeze(0));
  return found;
}

}  // namespace microtome
