// SPDX-License-Identifier: Apache-2.0
// What the ascent really moves, and the picture it stands for. One file in parametrizations/ a kind.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/visualize/call.h"
#include "microtome/visualize/step_rule.h"

namespace microtome {

// The pictures that are made together: `count` of them, each of `channels` values a pixel.
struct Canvas {
  int64_t count = 1;
  int64_t channels = 3;
  int64_t height = 0, width = 0;
};

// Immutable; one parametrization may serve many threads.
class Parametrization {
 public:
  virtual ~Parametrization() = default;
  // Start values, float32 leaves, for one key a picture: what belongs to a picture alone is a function of (seed, its
  // key), whatever is made beside it; what pictures share is one of (seed, first key). Spread multiplied by `contrast`.
  virtual std::vector<at::Tensor> start(uint64_t seed, std::span<const uint64_t> keys, double contrast) const = 0;
  // The pictures [N,C,H,W] in 0..1, differentiable in the parameters; of their floating type.
  virtual at::Tensor image(std::span<const at::Tensor> parameters) const = 0;
  // Their opacity [N,1,H,W] in 0..1; undefined for kinds whose pictures have no holes.
  virtual at::Tensor alpha(std::span<const at::Tensor> parameters) const {
    static_cast<void>(parameters);
    return {};
  }
  // Parameters whose image is `picture` [N,C,H,W] as nearly as the kind can; nullopt: it cannot start from a picture.
  virtual std::optional<std::vector<at::Tensor>> from_picture(const at::Tensor& picture) const {
    static_cast<void>(picture);
    return std::nullopt;
  }
  // Parameters of the same kind on a smaller canvas, carried to this one.
  virtual std::vector<at::Tensor> grown(std::span<const at::Tensor> parameters, const Canvas& from) const = 0;
  // How the ascent moves parameters, by steps of `lr`. Adam, where a kind says nothing else.
  virtual std::unique_ptr<StepRule> step_rule(double lr) const;
  // Moves parameters back to where they may be, after each step. Nothing holds those of most kinds.
  virtual void constrain(std::span<at::Tensor> parameters) const { static_cast<void>(parameters); }
  // Files whose content moves the pictures, as they were named.
  virtual std::vector<std::string> files() const { return {}; }
  // Step size where the user gives none.
  virtual double lr() const { return 0.05; }
  // Canonical text; parsing it gives an equal parametrization.
  virtual std::string to_string() const = 0;
};

struct ParametrizationKind {
  std::string_view name;
  std::string_view summary;
  std::vector<FieldEntry> (*describe)();  // default_fields of its parameters
  std::unique_ptr<Parametrization> (*make)(const Call& call, const Canvas& canvas);
};

// "fft" or "fft(decay=1.5)". Throws Error(kUsage) with the column.
std::unique_ptr<Parametrization> parse_parametrization(std::string_view text, const Canvas& canvas);

// For kinds: help of their field "colour", which is Colour's text (colour.h).
inline constexpr std::string_view kColourHelp =
    "lucid = channels as independent as natural colours; none; or a C x C matrix measured from pictures (.npy)";

// For kinds: a float32 leaf [keys,shape...] of normal numbers with deviation `deviation`, each picture's from
// Rng(seed, purpose, its key).
at::Tensor normal_leaf(at::IntArrayRef shape, double deviation, uint64_t seed, std::string_view purpose,
                       std::span<const uint64_t> keys);

namespace parametrizations {
std::span<const ParametrizationKind* const> kinds();
}  // namespace parametrizations

}  // namespace microtome
