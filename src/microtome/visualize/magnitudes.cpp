// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/magnitudes.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/visualize/diorama_spectrum.h"

namespace microtome {
namespace {

constexpr double kFewestColours = 1e-6;  // of the variance along the widest axis

at::Tensor parse_magnitudes(std::string_view bytes, const std::string& where) {
  const NpyFloats found = parse_npy(bytes, where);
  const std::vector<int64_t>& shape = found.shape;
  if (shape.size() != 3 || shape[1] < 2 || shape[2] != shape[1] / 2 + 1) {
    throw Error(ErrorKind::kUsage, where, "it holds no magnitudes of square pictures, channels x n x (n / 2 + 1)",
                "measure them with: microtome measure");
  }
  const bool sane = std::ranges::all_of(found.values, [](float value) { return std::isfinite(value) && value >= 0; });
  if (!sane) throw Error(ErrorKind::kCorrupt, where, "a magnitude is negative or no number");
  return at::tensor(found.values).view(shape);
}

// Magnitude times frequency in cycles a picture, of one channel of an n x n picture; at frequency 0 the mean around it.
class Whitened {
 public:
  explicit Whitened(const at::Tensor& magnitudes)
      : n_(magnitudes.size(0)), values_(magnitudes.to(at::kDouble).contiguous().clone()) {
    for (int64_t row = 0; row < n_; ++row) {
      const auto ky = static_cast<double>(row <= n_ / 2 ? row : row - n_);
      for (int64_t column = 0; column <= n_ / 2; ++column) {
        at(row, column) *= std::hypot(ky, static_cast<double>(column));
      }
    }
    at(0, 0) = (at(0, 1) + at(1, 0) + at(n_ - 1, 0)) / 3;
  }

  // ky in -n/2..n/2, kx in 0..n/2.
  double between(double ky, double kx) const {
    const auto row = static_cast<int64_t>(std::floor(ky)), column = static_cast<int64_t>(std::floor(kx));
    const double v = ky - static_cast<double>(row), u = kx - static_cast<double>(column);
    const int64_t right = std::min(column + 1, n_ / 2);
    const auto along = [&](int64_t k) {
      const int64_t wrapped = (k % n_ + n_) % n_;
      return (1 - u) * at(wrapped, column) + u * at(wrapped, right);
    };
    return (1 - v) * along(row) + v * along(row + 1);
  }

 private:
  double& at(int64_t row, int64_t column) const { return values_.data_ptr<double>()[row * (n_ / 2 + 1) + column]; }

  int64_t n_;
  at::Tensor values_;
};

}  // namespace

const at::Tensor& diorama_magnitudes() {
  static const at::Tensor magnitudes = parse_magnitudes(diorama_spectrum(), "diorama_spectrum.npy");
  return magnitudes;
}

at::Tensor read_magnitudes(const std::string& file, int64_t channels) {
  at::Tensor magnitudes = parse_magnitudes(read_file(file), file);
  if (magnitudes.size(0) != channels) {
    throw Error(ErrorKind::kUsage, file,
                fmt::format("it is of pictures of {} channels, not {}", magnitudes.size(0), channels),
                "measure pictures like those the network takes");
  }
  return magnitudes;
}

at::Tensor resampled_magnitudes(const at::Tensor& magnitudes, int64_t height, int64_t width) {
  const int64_t channels = magnitudes.size(0), n = magnitudes.size(1), columns = width / 2 + 1;
  if (height == n && width == n) return magnitudes;
  at::Tensor out = at::empty({channels, height, columns}, at::kFloat);
  float* value = out.data_ptr<float>();
  const auto side = static_cast<double>(n), pixels = static_cast<double>(height * width);
  for (int64_t channel = 0; channel < channels; ++channel) {
    const Whitened whitened(magnitudes[channel]);
    const auto mean = static_cast<double>(magnitudes[channel][0][0].item<float>());
    for (int64_t row = 0; row < height; ++row) {
      const int64_t cycles = row <= height / 2 ? row : row - height;
      const double ky = static_cast<double>(cycles) * side / static_cast<double>(height);
      for (int64_t column = 0; column < columns; ++column, ++value) {
        const double kx = static_cast<double>(column) * side / static_cast<double>(width);
        const double k = std::hypot(ky, kx);
        *value = static_cast<float>(k == 0 ? mean * pixels / (side * side)
                                           : whitened.between(ky, kx) / k * std::sqrt(pixels) / side);
      }
    }
  }
  return out;
}

void PictureStatistics::add(const at::Tensor& picture) {
  const at::Tensor exact = picture.to(at::kDouble);
  const at::Tensor values = exact[0].flatten(1);
  const at::Tensor magnitudes = at::fft_rfft2(colour_.decorrelated(exact))[0].abs();
  const at::Tensor products = at::mm(values, values.t()) / (side_ * side_);
  if (count_++ == 0) {
    magnitudes_ = magnitudes;
    sum_ = values.mean(1);
    products_ = products;
    return;
  }
  magnitudes_ += magnitudes;
  sum_ += values.mean(1);
  products_ += products;
}

at::Tensor PictureStatistics::magnitudes() const { return (magnitudes_ / count_).to(at::kFloat); }

at::Tensor PictureStatistics::colours() const {
  const at::Tensor mean = sum_ / count_;
  const auto [variances, axes] = at::linalg_eigh(products_ / count_ - at::outer(mean, mean));
  if (variances[0].item<double>() < kFewestColours * variances[-1].item<double>()) {
    throw Error(ErrorKind::kUsage, "colours", "the pictures are grey, or their channels depend on each other",
                "measure pictures with more colours");
  }
  at::Tensor root = (axes * variances.sqrt()).flip(1);
  root = root * at::where(root[0] < 0, -1.0, 1.0);
  return (root / root.norm(2, 0).max()).to(at::kFloat).contiguous();
}

}  // namespace microtome
