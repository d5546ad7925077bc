// SPDX-License-Identifier: Apache-2.0
// Fourier transforms as products with matrices of cosines and sines, the windows before them, and mel filters.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;

[[noreturn]] void signal_does_not_fit(const OperatorCall& call, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, "", fmt::format("{} of {}", what, call.node.op), "export the network again");
}

int64_t one_integer(const OperatorCall& call, size_t i, IntRange range) {
  const std::vector<int64_t> given = to_ints(call.input(i), range);
  if (given.size() != 1) signal_does_not_fit(call, "a length that is no number");
  return given[0];
}

// cos and sin of 2 pi k t / length, [length, bins] each.
struct Waves {
  Tensor cosine, sine;
};

Waves waves(const OperatorCall& call, int64_t length, int64_t bins, const Tensor& like) {
  call.limits.check_elements(static_cast<double>(length) * static_cast<double>(bins), sizeof(double));
  const at::TensorOptions whole = at::TensorOptions(at::kLong).device(like.device());
  // Turns are reduced as integers, so that long signals lose nothing.
  const Tensor turns = (at::arange(length, whole).unsqueeze(1) * at::arange(bins, whole)).remainder(length);
  const Tensor angle = turns.to(at::kDouble) * (2 * std::numbers::pi / static_cast<double>(length));
  return {angle.cos().to(like.scalar_type()), angle.sin().to(like.scalar_type())};
}

// Of the last but one axis of x [...,length,1 or 2], whose last axis holds real and imaginary parts; [...,bins,2].
Tensor transformed(const OperatorCall& call, const Tensor& x, int64_t length, int64_t bins, bool inverse) {
  call.limits.check_work(4 * static_cast<double>(x.numel()) * static_cast<double>(bins));
  const Waves w = waves(call, length, bins, x);
  const Tensor sine = inverse ? w.sine : -w.sine;
  const Tensor real = x.select(-1, 0);
  Tensor even = at::matmul(real, w.cosine), odd = at::matmul(real, sine);
  if (x.size(-1) == 2) {
    const Tensor imaginary = x.select(-1, 1);
    even = even - at::matmul(imaginary, sine);
    odd = odd + at::matmul(imaginary, w.cosine);
  }
  const Tensor both = at::stack({even, odd}, -1);
  return inverse ? both / static_cast<double>(length) : both;
}

// The axis came as an attribute before opset 20, as input 2 from then on.
void run_dft(OperatorCall& call) {
  const Tensor& x = call.input(0);
  if (x.dim() < 2 || x.numel() == 0 || x.size(-1) > 2) signal_does_not_fit(call, "the signal");
  const bool as_input = call.node.version >= 20;
  const int64_t given = !as_input ? int_attribute(call.node, "axis", 1) : call.has(2) ? one_integer(call, 2, {}) : -2;
  const int64_t axis = normal_axis(given, x.dim());
  if (axis == x.dim() - 1) signal_does_not_fit(call, "the axis");
  const int64_t length = call.has(1) ? one_integer(call, 1, kWindowLengths) : x.size(axis);
  Tensor signal = x.transpose(axis, -2);
  signal = at::constant_pad_nd(signal, {0, 0, 0, length - signal.size(-2)});
  const bool half = int_attribute(call.node, "onesided", 0) != 0;
  const bool inverse = int_attribute(call.node, "inverse", 0) != 0;
  if (half && inverse) {
    throw Error(ErrorKind::kUnsupported, "", "the inverse of half a spectrum is not supported", "");
  }
  const int64_t bins = half ? length / 2 + 1 : length;
  call.outputs[0] = transformed(call, signal, length, bins, inverse).transpose(axis, -2);
}

// Frames of the signal [N,length,1] every `step` samples, times the window: [N,frames,bins,2].
void run_stft(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const int64_t step = one_integer(call, 1, kWindowLengths);
  const bool windowed = call.has(2) && call.inputs[2].dim() == 1;
  const int64_t length = call.has(3) ? one_integer(call, 3, kWindowLengths) : windowed ? call.inputs[2].size(0) : 0;
  const bool formed = (x.dim() == 3 && x.size(2) == 1) || x.dim() == 2;
  if (!formed || length < 1 || length > x.size(1)) signal_does_not_fit(call, "the frames");
  Tensor frames = x.reshape({x.size(0), x.size(1)}).unfold(1, length, step);
  call.limits.check_elements(count_elements(frames.sizes()), x.element_size());
  if (windowed) frames = frames * call.inputs[2].to(x.scalar_type());
  const int64_t bins = int_attribute(call.node, "onesided", 1) != 0 ? length / 2 + 1 : length;
  call.outputs[0] = transformed(call, frames.unsqueeze(-1), length, bins, false);
}

// a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N), N the length, or one less where the window is symmetric.
template <int kKind>
void run_window(OperatorCall& call) {
  static constexpr double kTerms[3][3] = {{0.5, 0.5, 0}, {25.0 / 46, 21.0 / 46, 0}, {0.42, 0.5, 0.08}};
  const int64_t length = one_integer(call, 0, {0, kLargestInteger});
  call.limits.check_elements(static_cast<double>(length), sizeof(double));
  const bool periodic = int_attribute(call.node, "periodic", 1) != 0;
  const double over = static_cast<double>(periodic ? length : std::max<int64_t>(length - 1, 1));
  const Tensor angle = at::arange(length, at::kDouble) * (2 * std::numbers::pi / std::max(over, 1.0));
  const double* a = kTerms[kKind];
  const Tensor window = a[0] - a[1] * angle.cos() + a[2] * (2 * angle).cos();
  call.outputs[0] = window.to(element_type(int_attribute(call.node, "output_datatype", 1)));
}

double one_number(const OperatorCall& call, size_t i) {
  const double number = call.input(i).item<double>();
  if (std::isfinite(number) && number >= 0) return number;
  signal_does_not_fit(call, "a frequency or length that is no number");
}

// Triangles [bins, filters], corners evenly spaced in mel = 2595 log10(1 + f / 700), rounded down to bins.
void run_mel_weights(OperatorCall& call) {
  const int64_t filters = one_integer(call, 0, {1, 1 << 16}), length = one_integer(call, 1, {1, kLargestWindow});
  const double rate = one_number(call, 2), low = one_number(call, 3), high = one_number(call, 4);
  const int64_t bins = length / 2 + 1;
  call.limits.check_elements(static_cast<double>(bins) * static_cast<double>(filters));
  const auto mel = [](double f) { return 2595 * std::log10(1 + f / 700); };
  const double step = (mel(high) - mel(low)) / static_cast<double>(filters + 2);
  std::vector<int64_t> corner;
  for (int64_t i = 0; i < filters + 2; ++i) {
    const double f = 700 * (std::pow(10, (mel(low) + static_cast<double>(i) * step) / 2595) - 1);
    const double bin = std::floor(static_cast<double>(length + 1) * f / rate);
    if (!(bin >= 0 && bin < static_cast<double>(bins))) signal_does_not_fit(call, "the frequencies");
    corner.push_back(static_cast<int64_t>(bin));
  }
  Tensor weights = at::zeros({bins, filters}, at::kFloat);
  auto cells = weights.accessor<float, 2>();
  for (int64_t i = 0; i < filters; ++i) {
    const auto at = static_cast<size_t>(i);
    const int64_t from = corner[at], top = corner[at + 1], to = corner[at + 2];
    if (top == from) cells[top][i] = 1;
    for (int64_t k = from; k <= top && top > from; ++k) {
      cells[k][i] = static_cast<float>(k - from) / static_cast<float>(top - from);
    }
    for (int64_t k = top; k < to; ++k) cells[k][i] = static_cast<float>(to - k) / static_cast<float>(to - top);
  }
  call.outputs[0] = weights.to(element_type(int_attribute(call.node, "output_datatype", 1)));
}

constexpr Operator kSpectralOperators[] = {
    {.name = "DFT", .run = run_dft, .window = everything},
    {.name = "STFT", .run = run_stft, .window = everything},
    {.name = "HannWindow", .run = run_window<0>, .window = everything},
    {.name = "HammingWindow", .run = run_window<1>, .window = everything},
    {.name = "BlackmanWindow", .run = run_window<2>, .window = everything},
    {.name = "MelWeightMatrix", .run = run_mel_weights, .window = everything},
};

}  // namespace

extern const OperatorFamily spectral;
const OperatorFamily spectral{"spectral", kSpectralOperators};

}  // namespace microtome::operators
