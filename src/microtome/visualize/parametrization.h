// SPDX-License-Identifier: Apache-2.0
// What the ascent really moves, and the picture it stands for. One file in parametrizations/ a kind.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/params.h"
#include "microtome/visualize/call.h"

namespace microtome {

// Immutable; one parametrization may serve many threads.
class Parametrization {
 public:
  virtual ~Parametrization() = default;
  // Start values, float32 leaves: a function of (seed, key), their spread multiplied by `contrast`.
  virtual std::vector<at::Tensor> start(uint64_t seed, uint64_t key, double contrast) const = 0;
  // The picture [1,C,S,S], RGB or grey in 0..1, differentiable in the parameters; of their floating type.
  virtual at::Tensor image(std::span<const at::Tensor> parameters) const = 0;
  // Canonical text; parsing it gives an equal parametrization.
  virtual std::string to_string() const = 0;
};

struct ParametrizationKind {
  std::string_view name;
  std::string_view summary;
  Json (*describe)();
  std::unique_ptr<Parametrization> (*make)(const Call& call, int64_t channels, int64_t side);
};

// "fft" or "fft(decay=1.5)", for pictures of `channels` (1 or 3) and `side` pixels. Throws Error(kUsage) with the
// column.
std::unique_ptr<Parametrization> parse_parametrization(std::string_view text, int64_t channels, int64_t side);

// For kinds: independent decorrelated channels [C,S,S] to a picture [1,C,S,S] in 0..1. Three channels go through the
// matrix M of the colour covariance of natural pictures (feature visualization, Olah et al. 2017: its square root with
// the largest column norm made 1), one channel does not; then the logistic function.
at::Tensor to_colour(const at::Tensor& decorrelated);

// For kinds: a float32 leaf of normal numbers with deviation `deviation`, from Rng(seed, purpose, key).
at::Tensor normal_leaf(at::IntArrayRef shape, double deviation, uint64_t seed, std::string_view purpose, uint64_t key);

namespace parametrizations {
std::span<const ParametrizationKind* const> kinds();
}  // namespace parametrizations

}  // namespace microtome
