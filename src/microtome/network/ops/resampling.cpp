// SPDX-License-Identifier: Apache-2.0
// Upsample and Resize: by the nearest cell, linear and cubic, along any axes, with ONNX's coordinates and roundings.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;

// How one axis is resized.
struct ResizedAxis {
  int64_t axis, in, out;
  double scale;
  double begin, end;  // of the region, as shares of the axis (tf_crop_and_resize)
};

std::vector<double> to_doubles(const Tensor& tensor) {
  const Tensor wide = tensor.to(at::kCPU, at::kDouble).contiguous();
  return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

std::vector<double> scales_of(const OperatorCall& call, size_t input) {
  if (call.has(input)) return to_doubles(call.inputs[input]);
  const auto found = call.node.attributes.find("scales");
  if (found == call.node.attributes.end()) return {};
  const auto* list = std::get_if<std::vector<double>>(&found->second);
  return list ? *list : std::vector<double>{};
}

// Which axes scales, sizes and regions speak of.
std::vector<int64_t> resized_axes(const OperatorCall& call) {
  std::vector<int64_t> axes = ints_attribute(call.node, "axes");
  if (axes.empty()) {
    axes.resize(static_cast<size_t>(call.inputs[0].dim()));
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (int64_t& axis : axes) axis = normal_axis(axis, call.inputs[0].dim());
  return axes;
}

// Sizes that keep the proportions: all axes by the scale of the one that asks for least, or for most.
void keep_proportions(const OperatorCall& call, std::vector<double>& sizes, std::vector<double>& scales,
                      const std::vector<int64_t>& axes) {
  const std::string policy = string_attribute(call.node, "keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch" || scales.empty()) return;
  if (policy != "not_larger" && policy != "not_smaller") {
    throw Error(ErrorKind::kUnsupported, "", fmt::format("Resize with \"{}\" is not supported", policy), "");
  }
  const bool least = policy == "not_larger";
  const double scale = least ? *std::ranges::min_element(scales) : *std::ranges::max_element(scales);
  for (size_t i = 0; i < axes.size(); ++i) {
    scales[i] = scale;
    sizes[i] = std::round(static_cast<double>(call.inputs[0].size(axes[i])) * scale);
  }
}

std::vector<ResizedAxis> resized(const OperatorCall& call, std::vector<double> scales, std::vector<double> sizes) {
  const Tensor& x = call.input(0);
  const std::vector<int64_t> axes = resized_axes(call);
  const bool by_size = scales.empty();
  if ((by_size ? sizes : scales).size() != axes.size()) {
    throw Error(ErrorKind::kCorrupt, "", "has not one scale or size an axis", "export the network again");
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto length = static_cast<double>(x.size(axes[i]));
    by_size ? scales.push_back(sizes[i] / length) : sizes.push_back(std::floor(length * scales[i]));
  }
  if (by_size) keep_proportions(call, sizes, scales, axes);
  const std::vector<double> region =
      call.node.version > 10 && call.has(1) ? to_doubles(call.inputs[1]) : std::vector<double>{};
  std::vector<ResizedAxis> found;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t length = x.size(axes[i]);
    if (axes[i] == 0 && sizes[i] == 1) sizes[i] = static_cast<double>(length), scales[i] = 1;  // a batch as it comes
    if (!(length >= 1 && sizes[i] >= 1 && sizes[i] <= static_cast<double>(kLargestInteger) && scales[i] > 0)) {
      throw Error(ErrorKind::kCorrupt, "", fmt::format("resizes a side of {} to {}", length, sizes[i]),
                  "export the network again");
    }
    const bool whole = region.size() != 2 * axes.size();
    found.push_back({axes[i], length, static_cast<int64_t>(sizes[i]), scales[i], whole ? 0 : region[i],
                     whole ? 1 : region[i + axes.size()]});
  }
  return found;
}

// Where output position `at` lies on the input's axis.
using Coordinate = double (*)(double at, const ResizedAxis& axis);
struct CoordinateRule {
  std::string_view name;
  Coordinate map;
};

double last_of(const ResizedAxis& axis) { return static_cast<double>(axis.in - 1); }
double half_pixel(double at, const ResizedAxis& axis) { return (at + 0.5) / axis.scale - 0.5; }

constexpr CoordinateRule kCoordinates[] = {
    {"asymmetric", [](double at, const ResizedAxis& axis) { return at / axis.scale; }},
    {"half_pixel", half_pixel},
    {"pytorch_half_pixel",
     [](double at, const ResizedAxis& axis) { return axis.out > 1 ? half_pixel(at, axis) : 0.0; }},
    {"half_pixel_symmetric",
     [](double at, const ResizedAxis& axis) {
       const double share = static_cast<double>(axis.out) / (static_cast<double>(axis.in) * axis.scale);
       return half_pixel(at, axis) + static_cast<double>(axis.in) / 2 * (1 - share);
     }},
    {"tf_half_pixel_for_nn", [](double at, const ResizedAxis& axis) { return (at + 0.5) / axis.scale; }},
    {"align_corners",
     [](double at, const ResizedAxis& axis) {
       return axis.out > 1 ? at * last_of(axis) / static_cast<double>(axis.out - 1) : 0.0;
     }},
    {"tf_crop_and_resize",
     [](double at, const ResizedAxis& axis) {
       const double from = axis.begin * last_of(axis), extent = (axis.end - axis.begin) * last_of(axis);
       return from + (axis.out > 1 ? at * extent / static_cast<double>(axis.out - 1) : extent / 2);
     }},
};

struct RoundingRule {
  std::string_view name;
  double (*round)(double);
};
constexpr RoundingRule kRoundings[] = {
    {"floor", [](double at) { return std::floor(at); }},
    {"ceil", [](double at) { return std::ceil(at); }},
    {"round_prefer_floor", [](double at) { return std::ceil(at - 0.5); }},
    {"round_prefer_ceil", [](double at) { return std::floor(at + 0.5); }},
};

template <class Rule, size_t N>
const Rule& rule_named(const Rule (&rules)[N], const std::string& name) {
  for (const Rule& rule : rules) {
    if (rule.name == name) return rule;
  }
  throw Error(ErrorKind::kUnsupported, "", fmt::format("Resize with \"{}\" is not supported", name), "");
}

// Keys' cubic kernel; a = -0.75 unless the file says otherwise.
double keys_kernel(double far, double a) {
  if (far <= 1) return ((a + 2) * far - (a + 3)) * far * far + 1;
  return far < 2 ? ((a * far - 5 * a) * far + 8 * a) * far - 4 * a : 0;
}

struct Interpolation {
  Coordinate map;
  bool is_cubic, antialias, excludes_outside, crops;
  double slope, extrapolated;
};

// The weights of the input's cells in each output cell, [out, in]. Cells beyond the ends count as the last one, or not
// at all. `antialias`: where it shrinks, the kernel is as wide as the step.
Tensor cell_weights(const ResizedAxis& axis, const Interpolation& rule, Tensor& outside) {
  Tensor weights = at::zeros({axis.out, axis.in}, at::kDouble);
  outside = at::zeros({axis.out}, at::kBool);
  double* row = weights.data_ptr<double>();
  const bool wide = rule.antialias && axis.scale < 1;
  const double step = wide ? axis.scale : 1, reach = (rule.is_cubic ? 2 : 1) / step;
  for (int64_t i = 0; i < axis.out; ++i, row += axis.in) {
    const double place = rule.map(static_cast<double>(i), axis);
    if (rule.crops && !(place >= 0 && place <= last_of(axis))) {
      outside.data_ptr<bool>()[i] = true;
      continue;
    }
    const double centre = std::clamp(place, -4.0, last_of(axis) + 4);
    double sum = 0;
    const double first = rule.excludes_outside ? std::max(centre - reach, 0.0) : centre - reach;
    const double last = rule.excludes_outside ? std::min(centre + reach, last_of(axis)) : centre + reach;
    for (auto k = static_cast<int64_t>(std::ceil(first)); static_cast<double>(k) <= last; ++k) {
      const double far = std::abs(static_cast<double>(k) - centre) * step;
      const double weight = rule.is_cubic ? keys_kernel(far, rule.slope) : std::max(1 - far, 0.0);
      row[std::clamp<int64_t>(k, 0, axis.in - 1)] += weight;
      sum += weight;
    }
    for (int64_t k = 0; k < axis.in && sum != 0; ++k) row[k] /= sum;
  }
  return weights;
}

void check_axis(const OperatorCall& call, const Tensor& x, const ResizedAxis& axis, bool dense) {
  const double lines = static_cast<double>(x.numel() / axis.in), out = static_cast<double>(axis.out);
  call.limits.check_elements(lines * out, std::max<size_t>(x.element_size(), sizeof(int64_t)));
  if (!dense) return;
  call.limits.check_elements(out * static_cast<double>(axis.in), sizeof(double));
  call.limits.check_work(lines * out * static_cast<double>(axis.in));
}

Tensor interpolated(const OperatorCall& call, Tensor x, const std::vector<ResizedAxis>& axes,
                    const Interpolation& rule) {
  for (const ResizedAxis& axis : axes) {
    if (axis.in == axis.out && axis.scale == 1 && !rule.crops) continue;
    check_axis(call, x, axis, true);
    Tensor outside;
    const Tensor weights = cell_weights(axis, rule, outside).to(x.options());
    Tensor last = at::matmul(x.transpose(axis.axis, -1), weights.t());
    if (rule.crops) last = last.masked_fill(outside.to(x.device()), rule.extrapolated);
    x = last.transpose(axis.axis, -1);
  }
  return x.contiguous();
}

Tensor nearest(const OperatorCall& call, Tensor x, const std::vector<ResizedAxis>& axes, const std::string& coordinates,
               const std::string& rounding) {
  const Coordinate map = rule_named(kCoordinates, coordinates).map;
  const auto round = rule_named(kRoundings, rounding).round;
  for (const ResizedAxis& axis : axes) {
    if (axis.in == axis.out && axis.scale == 1) continue;
    check_axis(call, x, axis, false);
    std::vector<int64_t> index;
    for (int64_t at = 0; at < axis.out; ++at) {
      index.push_back(static_cast<int64_t>(std::clamp(round(map(static_cast<double>(at), axis)), 0.0, last_of(axis))));
    }
    x = x.index_select(axis.axis, at::tensor(index, at::kLong).to(x.device()));
  }
  return x;
}

// What ATen does itself, several times quicker: height and width of pictures, half pixels or aligned corners. Its
// antialiasing leaves out what lies beyond the ends.
bool aten_interpolates(const Tensor& x, const std::vector<ResizedAxis>& axes, const std::string& coordinates) {
  const bool half = coordinates == "half_pixel" || coordinates == "pytorch_half_pixel";
  if (x.dim() != 4 || axes.size() != 4 || (!half && coordinates != "align_corners")) return false;
  for (const ResizedAxis& axis : axes) {
    if (axis.axis < 2 && (axis.in != axis.out || axis.scale != 1)) return false;
    if (axis.axis >= 2 && coordinates == "pytorch_half_pixel" && axis.out == 1) return false;
  }
  return std::ranges::is_sorted(axes, {}, &ResizedAxis::axis);
}

Tensor by_aten(const Tensor& x, const std::vector<ResizedAxis>& axes, bool corners, bool antialias) {
  const std::array<int64_t, 2> size = {axes[2].out, axes[3].out};
  if (antialias) return at::_upsample_bilinear2d_aa(x, size, false, axes[2].scale, axes[3].scale);
  return at::upsample_bilinear2d(x, size, corners, axes[2].scale, axes[3].scale);
}

void resize(OperatorCall& call, const std::vector<ResizedAxis>& axes, const std::string& coordinates,
            const std::string& rounding) {
  const Tensor& x = call.inputs[0];
  const std::string mode = string_attribute(call.node, "mode", "nearest");
  if (mode == "nearest" && coordinates != "tf_crop_and_resize") {
    call.outputs[0] = nearest(call, x, axes, coordinates, rounding);
    return;
  }
  const bool cubic = mode == "cubic" || mode == "bicubic";
  if (!cubic && mode != "linear" && mode != "bilinear") {
    throw Error(ErrorKind::kUnsupported, "", fmt::format("resizing with mode \"{}\" is not supported", mode), "");
  }
  const bool antialias = int_attribute(call.node, "antialias", 0) != 0;
  const bool excludes = int_attribute(call.node, "exclude_outside", 0) != 0;
  const bool corners = coordinates == "align_corners";
  if (!cubic && excludes == antialias && !(corners && antialias) && aten_interpolates(x, axes, coordinates)) {
    for (const ResizedAxis& axis : axes) check_axis(call, x, axis, false);
    call.outputs[0] = by_aten(x, axes, corners, antialias);
    return;
  }
  call.outputs[0] = interpolated(
      call, x.is_floating_point() ? x : x.to(at::kFloat), axes,
      {rule_named(kCoordinates, coordinates).map, cubic, antialias, excludes, coordinates == "tf_crop_and_resize",
       float_attribute(call.node, "cubic_coeff_a", -0.75), float_attribute(call.node, "extrapolation_value", 0.0)});
}

void run_upsample(OperatorCall& call) { resize(call, resized(call, scales_of(call, 1), {}), "asymmetric", "floor"); }

// Opset 10 had (X, scales) and upsampled like Upsample; from 11 on (X, roi, scales, sizes).
void run_resize(OperatorCall& call) {
  if (call.node.version < 11) {
    run_upsample(call);
    return;
  }
  std::vector<double> sizes;
  if (call.has(3)) {
    for (const int64_t size : to_ints(call.inputs[3])) sizes.push_back(static_cast<double>(size));
  }
  const std::vector<double> scales = call.has(2) && sizes.empty() ? to_doubles(call.inputs[2]) : std::vector<double>{};
  resize(call, resized(call, scales, sizes),
         string_attribute(call.node, "coordinate_transformation_mode", "half_pixel"),
         string_attribute(call.node, "nearest_mode", "round_prefer_floor"));
}

// Whole factors only; linear also reads one neighbour on each side, cubic two.
Window sampled_window(const NodeFacts& facts) {
  const auto& in = facts.input_shape(0);
  const auto& out = facts.output_shape(0);
  if (in.size() != 4 || out.size() != 4 || in[2] < 1 || in[3] < 1) return {.everything = true};
  const std::string coordinates = string_attribute(facts.node, "coordinate_transformation_mode", "half_pixel");
  Window window;
  if (int_attribute(facts.node, "antialias", 0) != 0 || coordinates == "tf_crop_and_resize")
    return {.everything = true};
  const std::string mode = string_attribute(facts.node, "mode", "nearest");
  const int64_t reach = mode == "nearest" ? 0 : mode == "cubic" ? 2 : 1;
  for (size_t xy = 0; xy < 2; ++xy) {
    if (out[3 - xy] % in[3 - xy] != 0) return {.everything = true};
    window.shrink[xy] = out[3 - xy] / in[3 - xy];
    window.size[xy] += 2 * reach;
    window.start[xy] -= reach;
  }
  return window;
}

constexpr Operator kResamplingOperators[] = {
    {.name = "Upsample",
     .run = run_upsample,
     .window = sampled_window,
     .each_channel_alone = true,
     .relevance = RelevanceFlow::kSummed},
    {.name = "Resize",
     .run = run_resize,
     .window = sampled_window,
     .each_channel_alone = true,
     .relevance = RelevanceFlow::kSummed},
};

}  // namespace

extern const OperatorFamily resampling;
const OperatorFamily resampling{"resampling", kResamplingOperators};

}  // namespace microtome::operators
