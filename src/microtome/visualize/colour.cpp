// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/colour.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"

namespace microtome {
namespace {

// Square root of the covariance of RGB values in natural pictures (docs/numerics.md), columns: brightness and two
// oppositions.
constexpr std::array<double, 9> kColourRoot = {0.26, 0.09, 0.02, 0.27, 0.00, -0.05, 0.27, -0.09, 0.03};

constexpr double kDarkest = 1.0 / 512;
constexpr double kSmallestDeterminant = 1e-9;

at::Tensor natural_colours() {
  const at::Tensor root = at::tensor(at::ArrayRef<double>(kColourRoot), at::kDouble).view({3, 3});
  return root / root.norm(2, 0).max();
}

at::Tensor read_matrix(const std::string& file, int64_t channels) {
  const NpyFloats found = parse_npy(read_file(file), file);
  if (found.shape != std::vector<int64_t>{channels, channels}) {
    throw Error(ErrorKind::kUsage, file, fmt::format("it is no {0} x {0} matrix of colours", channels),
                "measure one with: microtome measure");
  }
  const at::Tensor matrix = at::tensor(found.values).to(at::kDouble).view({channels, channels});
  const double determinant = at::det(matrix).item<double>();
  if (!std::isfinite(determinant) || std::abs(determinant) < kSmallestDeterminant) {
    throw Error(ErrorKind::kCorrupt, file, "the matrix has no inverse", "measure pictures that have colours");
  }
  return matrix;
}

at::Tensor mixed(const at::Tensor& matrix, const at::Tensor& channels) {
  const int64_t count = channels.size(0), c = channels.size(1);
  const at::Tensor each = matrix.to(channels.scalar_type()).expand({count, c, c});
  return at::bmm(each, channels.flatten(2)).view(channels.sizes());
}

}  // namespace

Colour::Colour(const std::string& text, int64_t channels) {
  if (text == "none" || (text == "lucid" && channels != 3)) return;
  if (text != "lucid") files_ = {text};
  matrix_ = text == "lucid" ? natural_colours() : read_matrix(text, channels);
  inverse_ = at::inverse(matrix_);
}

at::Tensor Colour::picture(const at::Tensor& decorrelated) const {
  return at::sigmoid(matrix_.defined() ? mixed(matrix_, decorrelated) : decorrelated);
}

at::Tensor Colour::decorrelated(const at::Tensor& picture) const {
  const at::Tensor logits = at::logit(picture, kDarkest);
  return inverse_.defined() ? mixed(inverse_, logits) : logits;
}

}  // namespace microtome
