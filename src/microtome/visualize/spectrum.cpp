// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/spectrum.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr double kContrast = 0.25;

at::Tensor frequencies(int64_t samples) { return at::fft_fftfreq(samples, 1.0, at::TensorOptions(at::kDouble)); }
at::Tensor half_frequencies(int64_t samples) { return at::fft_rfftfreq(samples, 1.0, at::TensorOptions(at::kDouble)); }

// [height, width / 2 + 1, 1]
at::Tensor spectrum_scale(int64_t height, int64_t width, double decay) {
  const at::Tensor fy = frequencies(height).view({-1, 1});
  const at::Tensor fx = half_frequencies(width).view({1, -1});
  const double longer = static_cast<double>(std::max(height, width));
  const double root = std::sqrt(static_cast<double>(height * width));
  const at::Tensor f = (fx * fx + fy * fy).sqrt().clamp_min(1 / longer);
  return (kContrast * root / f.pow(decay)).unsqueeze(2);
}

// The rows of `small`, [...,h,columns], at the same frequencies among `height` rows. The highest frequency of an even h
// stands for both its signs and is shared between them where both exist.
at::Tensor among_rows(const at::Tensor& small, int64_t height) {
  const int64_t h = small.size(-2);
  if (h == height) return small;
  std::vector<int64_t> shape = small.sizes().vec();
  shape[shape.size() - 2] = height;
  at::Tensor out = at::zeros(shape, small.options());
  const int64_t positive = (h + 1) / 2, negative = (h - 1) / 2;
  out.narrow(-2, 0, positive).copy_(small.narrow(-2, 0, positive));
  out.narrow(-2, height - negative, negative).copy_(small.narrow(-2, h - negative, negative));
  if (h % 2 == 0) {
    const at::Tensor half = small.narrow(-2, h / 2, 1) / 2;
    out.narrow(-2, h / 2, 1).copy_(half);
    out.narrow(-2, height - h / 2, 1).copy_(half);
  }
  return out;
}

// The same for the columns of a half spectrum, where the other sign is implied.
at::Tensor among_columns(const at::Tensor& small, int64_t w, int64_t width) {
  if (w == width) return small;
  std::vector<int64_t> shape = small.sizes().vec();
  shape.back() = width / 2 + 1;
  at::Tensor out = at::zeros(shape, small.options());
  out.narrow(-1, 0, w / 2 + 1).copy_(small);
  if (w % 2 == 0) out.narrow(-1, w / 2, 1).div_(2);
  return out;
}

// How far the centre of the first pixel moves, in turns for one cycle a picture.
double centre_shift(int64_t from, int64_t to) {
  return 0.5 / static_cast<double>(to) - 0.5 / static_cast<double>(from);
}

}  // namespace

Spectrum::Spectrum(int64_t height, int64_t width, double decay)
    : height_(height),
      width_(width),
      scale_(spectrum_scale(height, width, decay)),
      scale_float_(scale_.to(at::kFloat)) {}

const at::Tensor& Spectrum::scale_like(const at::Tensor& values) const {
  return values.scalar_type() == at::kFloat ? scale_float_ : scale_;
}

at::Tensor Spectrum::channels(const at::Tensor& coefficients) const {
  const at::Tensor spectrum = at::view_as_complex(coefficients * scale_like(coefficients));
  return at::fft_irfft2(spectrum, at::IntArrayRef{height_, width_});
}

at::Tensor Spectrum::coefficients(const at::Tensor& channels) const {
  return at::view_as_real(at::fft_rfft2(channels)) / scale_like(channels);
}

at::Tensor Spectrum::grown(const at::Tensor& coefficients, const Spectrum& smaller) const {
  const int64_t h = smaller.height_, w = smaller.width_;
  if (h > height_ || w > width_) throw Error(ErrorKind::kInternal, "spectrum", "grows from a larger one");
  // There and back: what the coefficients hold beside a real picture's goes.
  const at::Tensor samples = smaller.channels(coefficients.to(at::kDouble));
  at::Tensor spectrum = among_columns(among_rows(at::fft_rfft2(samples), height_), w, width_);
  const at::Tensor cycles_y = frequencies(height_).view({-1, 1}) * height_;
  const at::Tensor cycles_x = half_frequencies(width_).view({1, -1}) * width_;
  const at::Tensor turns = cycles_y * centre_shift(h, height_) + cycles_x * centre_shift(w, width_);
  const double amplitude = static_cast<double>(height_ * width_) / static_cast<double>(h * w);
  spectrum = spectrum * at::polar(at::full_like(turns, amplitude), turns * (2 * std::numbers::pi));
  return (at::view_as_real(spectrum) / scale_).to(coefficients.scalar_type());
}

}  // namespace microtome
