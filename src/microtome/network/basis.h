// SPDX-License-Identifier: Apache-2.0
// Units that are directions in a layer's channel space, and the ways to come by them. One file of bases/ a kind.
#pragma once
#include <ATen/core/Tensor.h>

#include <charconv>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// Unit k's activation at a position is the inner product of row k with the channels there.
struct Basis {
  std::string name;    // becomes part of the layer's name: "conv5~pca"
  at::Tensor vectors;  // float32 [units, channels]; undefined: the layer's own channels
};

// What a kind makes a basis from.
struct BasisRequest {
  std::string text;                    // as it was asked for: "nmf:16"
  std::vector<std::string> arguments;  // what stands behind the colons: "16"
  std::string layer;                   // whose channels the basis combines
  int64_t units = 0;                   // channels of the layer
  // Activations of the layer: [positions, channels] float64. Costly; only who fits asks.
  std::function<at::Tensor()> samples;
};

inline constexpr size_t kAnyNumber = static_cast<size_t>(-1);

struct BasisKind {
  std::string_view name;     // the text before the first colon
  std::string_view form;     // "random:ALPHA:SEED"
  std::string_view summary;  // one line, for `microtome list` and help
  size_t least_arguments = 0, most_arguments = 0;
  // Whether a text is of this kind, where the name does not say so. Null: it does.
  bool (*recognizes)(const std::string& text) = nullptr;
  Basis (*make)(const BasisRequest& request);
};

namespace bases {
// Generated from the list in CMakeLists.txt.
std::span<const BasisKind* const> kinds();
}  // namespace bases

// The basis that a text asks for. Throws Error(kUsage) on a text of no kind, and what the kind throws.
Basis make_basis(const std::string& text, const std::string& layer, int64_t units,
                 const std::function<at::Tensor()>& samples);

// "identity, pca, nmf:K, ...": what make_basis() takes, for help and messages.
std::string basis_forms();

// Throws Error(kUsage): the text is not a number.
[[noreturn]] void refuse_basis_number(const std::string& text, const BasisRequest& request);

template <class Number>
Number basis_number(const std::string& text, const BasisRequest& request) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) refuse_basis_number(text, request);
  return value;
}

}  // namespace microtome
