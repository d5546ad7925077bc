// SPDX-License-Identifier: Apache-2.0
// Upsample and Resize of pictures: nearest with every rounding rule, linear with half-pixel or aligned corners.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

// y then x.
struct Target {
  std::array<int64_t, 2> size;
  std::array<double, 2> scale;
};

std::vector<double> to_doubles(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.to(at::kCPU, at::kDouble).contiguous();
  return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

std::vector<double> scales_of(const OperatorCall& call, size_t input) {
  if (call.has(input)) return to_doubles(call.inputs[input]);
  const auto found = call.node.attributes.find("scales");
  if (found == call.node.attributes.end()) return {};
  const auto* list = std::get_if<std::vector<double>>(&found->second);
  return list ? *list : std::vector<double>{};
}

Target target_of(const OperatorCall& call, const std::vector<double>& scales, const std::vector<int64_t>& sizes) {
  const at::Tensor& x = call.input(0);
  const bool plain = x.dim() == 4 && ((scales.size() == 4 && scales[0] == 1 && scales[1] == 1) ||
                                      (sizes.size() == 4 && sizes[0] == x.size(0) && sizes[1] == x.size(1)));
  if (!plain) {
    throw Error(ErrorKind::kUnsupported, "", "only height and width of [N,C,H,W] can be resized", "");
  }
  Target target{};
  for (size_t i = 0; i < 2; ++i) {
    const auto length = static_cast<double>(x.size(static_cast<int64_t>(i) + 2));
    const double size = sizes.empty() ? std::floor(length * scales[i + 2]) : static_cast<double>(sizes[i + 2]);
    target.scale[i] = sizes.empty() ? scales[i + 2] : size / length;
    if (!(length >= 1 && size >= 1 && size <= static_cast<double>(kLargestInteger) && target.scale[i] > 0)) {
      throw Error(ErrorKind::kCorrupt, "", fmt::format("resizes a side of {} to {}", length, size),
                  "export the network again");
    }
    target.size[i] = static_cast<int64_t>(size);
  }
  // One axis is resized after the other.
  const double lines = static_cast<double>(x.size(0) * x.size(1)) * static_cast<double>(target.size[0]);
  call.limits.check_elements(lines * static_cast<double>(std::max(target.size[1], x.size(3))), x.element_size());
  return target;
}

// Where output position `at` lies on the input's axis.
using Coordinate = double (*)(double at, double scale, double in, double out);
struct CoordinateRule {
  std::string_view name;
  Coordinate map;
};
constexpr CoordinateRule kCoordinates[] = {
    {"asymmetric", [](double at, double scale, double, double) { return at / scale; }},
    {"half_pixel", [](double at, double scale, double, double) { return (at + 0.5) / scale - 0.5; }},
    {"pytorch_half_pixel",
     [](double at, double scale, double, double out) { return out > 1 ? (at + 0.5) / scale - 0.5 : 0.0; }},
    {"align_corners",
     [](double at, double, double in, double out) { return out > 1 ? at * (in - 1) / (out - 1) : 0.0; }},
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

at::Tensor nearest(const at::Tensor& x, const Target& target, Coordinate map, double (*round)(double)) {
  at::Tensor y = x;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t axis = static_cast<int64_t>(i) + 2;
    const auto in = static_cast<double>(x.size(axis));
    const auto out = static_cast<double>(target.size[i]);
    std::vector<int64_t> index;
    for (double at = 0; at < out; ++at) {
      index.push_back(static_cast<int64_t>(std::clamp(round(map(at, target.scale[i], in, out)), 0.0, in - 1)));
    }
    y = y.index_select(axis, at::tensor(index, at::kLong).to(x.device()));
  }
  return y;
}

// `antialias`: where it shrinks, the triangle is as wide as the step, cut off at the edge and scaled to a sum of 1.
at::Tensor linear(const at::Tensor& x, const Target& target, const std::string& coordinates, bool antialias) {
  const bool corners = coordinates == "align_corners";
  if (!corners && coordinates != "half_pixel" && coordinates != "pytorch_half_pixel") {
    throw Error(ErrorKind::kUnsupported, "", fmt::format("linear Resize with \"{}\" is not supported", coordinates),
                "export with half_pixel coordinates");
  }
  if (antialias && corners) {
    throw Error(ErrorKind::kUnsupported, "", "antialiased Resize with aligned corners is not supported",
                "export with half_pixel coordinates");
  }
  if (antialias) return at::_upsample_bilinear2d_aa(x, target.size, false, target.scale[0], target.scale[1]);
  return at::upsample_bilinear2d(x, target.size, corners, target.scale[0], target.scale[1]);
}

void resize(OperatorCall& call, const Target& target, const std::string& coordinates, const std::string& rounding) {
  const at::Tensor& x = call.inputs[0];
  const std::string mode = string_attribute(call.node, "mode", "nearest");
  if (mode == "nearest") {
    call.outputs[0] =
        nearest(x, target, rule_named(kCoordinates, coordinates).map, rule_named(kRoundings, rounding).round);
  } else if (mode == "linear" || mode == "bilinear") {
    call.outputs[0] = linear(x, target, coordinates, int_attribute(call.node, "antialias", 0) != 0);
  } else {
    throw Error(ErrorKind::kUnsupported, "", fmt::format("resizing with mode \"{}\" is not supported", mode), "");
  }
}

void run_upsample(OperatorCall& call) { resize(call, target_of(call, scales_of(call, 1), {}), "asymmetric", "floor"); }

// Opset 10 had (X, scales) and upsampled like Upsample; from 11 on (X, roi, scales, sizes).
void run_resize(OperatorCall& call) {
  if (call.node.version < 11) {
    run_upsample(call);
    return;
  }
  if (has_attribute(call.node, "axes") ||
      string_attribute(call.node, "keep_aspect_ratio_policy", "stretch") != "stretch") {
    throw Error(ErrorKind::kUnsupported, "", "Resize of chosen axes or with a kept aspect ratio is not supported",
                "export with the sizes of all axes");
  }
  const std::vector<int64_t> sizes = call.has(3) ? to_ints(call.inputs[3]) : std::vector<int64_t>{};
  const std::vector<double> scales = call.has(2) ? to_doubles(call.inputs[2]) : std::vector<double>{};
  resize(call, target_of(call, scales, sizes),
         string_attribute(call.node, "coordinate_transformation_mode", "half_pixel"),
         string_attribute(call.node, "nearest_mode", "round_prefer_floor"));
}

// Whole factors only; linear also reads one neighbour on each side.
Window sampled_window(const NodeFacts& facts) {
  const auto& in = facts.input_shape(0);
  const auto& out = facts.output_shape(0);
  if (in.size() != 4 || out.size() != 4 || in[2] < 1 || in[3] < 1) return {.everything = true};
  Window window;
  if (int_attribute(facts.node, "antialias", 0) != 0) return {.everything = true};
  const int64_t reach = string_attribute(facts.node, "mode", "nearest") == "nearest" ? 0 : 1;
  for (size_t xy = 0; xy < 2; ++xy) {
    if (out[3 - xy] % in[3 - xy] != 0) return {.everything = true};
    window.shrink[xy] = out[3 - xy] / in[3 - xy];
    window.size[xy] += 2 * reach;
    window.start[xy] -= reach;
  }
  return window;
}

constexpr Operator kResamplingOperators[] = {
    {.name = "Upsample", .run = run_upsample, .window = sampled_window, .each_channel_alone = true},
    {.name = "Resize", .run = run_resize, .window = sampled_window, .each_channel_alone = true},
};

}  // namespace

extern const OperatorFamily resampling;
const OperatorFamily resampling{"resampling", kResamplingOperators};

}  // namespace microtome::operators
