// SPDX-License-Identifier: Apache-2.0
// Colours as they are optimized: independent channels, of which a matrix makes those of a picture.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace microtome {

// Immutable and cheap to copy.
class Colour {
 public:
  // "lucid": the colours of natural pictures, for three channels; any other number are their own. "none": always their
  // own. Else an .npy file of an invertible C x C matrix, measured by PictureStatistics. Throws Error(kUsage, kCorrupt,
  // kNotFound) for a file that does not fit.
  Colour(const std::string& text, int64_t channels);

  // The file of the matrix, where there is one.
  const std::vector<std::string>& files() const { return files_; }

  // The logistic function of M times the channels [N,C,H,W]: a picture in 0..1, differentiable, of the same type.
  at::Tensor picture(const at::Tensor& decorrelated) const;
  // The inverse. Values within half an 8-bit level of black and white are taken as that far away from them.
  at::Tensor decorrelated(const at::Tensor& picture) const;

 private:
  at::Tensor matrix_, inverse_;  // double; undefined: the identity
  std::vector<std::string> files_;
};

}  // namespace microtome
