// SPDX-License-Identifier: Apache-2.0
// Channels of a picture as Fourier coefficients that are scaled so that all frequencies carry equal energy.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace microtome {

// Lucid's "fft_image": channels = irfft2(s * (re + i im)) / 4 with s = sqrt(W H) / max(f, 1 / max(W, H))^decay and
// irfft2 carrying 1 / (W H). Immutable.
class Spectrum {
 public:
  Spectrum(int64_t height, int64_t width, double decay);

  // Of the coefficients of one channel: [height, width / 2 + 1, 2].
  std::vector<int64_t> shape() const { return {height_, width_ / 2 + 1, 2}; }
  // [...,H,W] of coefficients [...,H,W/2+1,2]; differentiable, of the same type.
  at::Tensor channels(const at::Tensor& coefficients) const;
  // The inverse.
  at::Tensor coefficients(const at::Tensor& channels) const;
  // Coefficients whose channels are those of `smaller` ones, enlarged: the trigonometric polynomial through the smaller
  // samples, read at the centres of the new pixels. Neither side may be smaller.
  at::Tensor grown(const at::Tensor& coefficients, const Spectrum& smaller) const;

 private:
  const at::Tensor& scale_like(const at::Tensor& values) const;

  int64_t height_, width_;
  at::Tensor scale_, scale_float_;  // [H,W/2+1,1]
};

}  // namespace microtome
