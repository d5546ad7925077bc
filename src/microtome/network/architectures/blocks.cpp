// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/architectures/blocks.h"

#include <fmt/format.h>

namespace microtome {
namespace {

constexpr double kBasicEpsilon = 1e-3;

// x times a gate for each channel, made of the channels' means.
ValueIndex squeeze_excitation(Modules& m, const std::string& name, ValueIndex x, const MobileStyle& style) {
  ValueIndex gate = m.node("GlobalAveragePool", name + ".avgpool", {x});
  gate = (m.*style.squeeze)(name + ".activation", m.conv(name + ".fc1", gate));
  gate = m.conv(name + ".fc2", gate);
  std::map<std::string, Attribute> attributes;
  if (style.hard_gate) attributes = {{"alpha", 1.0 / 6}, {"beta", 0.5}};
  gate = m.node(style.hard_gate ? "HardSigmoid" : "Sigmoid", name + ".scale_activation", {gate}, attributes);
  return m.node("Mul", name + ".mul", {x, gate});
}

}  // namespace

ValueIndex basic_conv(Modules& m, const std::string& name, ValueIndex x, const ConvOptions& options) {
  return m.relu(name + ".relu", m.batch_norm(name + ".bn", m.conv(name + ".conv", x, options), kBasicEpsilon));
}

ValueIndex conv_norm(Modules& m, const std::string& name, ValueIndex x, Activation activation, double epsilon,
                     const ConvOptions& options) {
  x = m.batch_norm(name + ".1", m.conv(name + ".0", x, options), epsilon);
  return activation ? (m.*activation)(name + ".2", x) : x;
}

ValueIndex inverted_residual(Modules& m, const std::string& name, const std::string& sum, ValueIndex x, int64_t stride,
                             const MobileStyle& style) {
  const auto part = [&](int at) { return fmt::format("{}.{}", name, at); };
  const auto is_conv = [&](int at) { return m.has(part(at) + ".0.weight"); };
  const auto is_there = [&](int at) { return is_conv(at) || m.has(part(at) + ".fc1.weight"); };
  int strided = 0;
  for (int at = 0; is_there(at); ++at) {
    if (is_conv(at) && m.size(part(at) + ".0.weight", 1) == 1) strided = at;
  }
  ValueIndex y = x;
  for (int at = 0; at == 0 || is_there(at); ++at) {
    if (at > 0 && !is_conv(at)) {
      y = squeeze_excitation(m, part(at), y, style);
      continue;
    }
    const bool last = at > 0 && !is_there(at + 1);
    const ConvOptions options{.stride = at == strided ? stride : 1, .half = true};
    y = conv_norm(m, part(at), y, last ? nullptr : style.activation, style.epsilon, options);
  }
  return stride == 1 && m.channels(x) == m.channels(y) ? m.add(sum, y, x) : y;
}

}  // namespace microtome
