// SPDX-License-Identifier: Apache-2.0
// What an objective looks at in one step: layer outputs of the moved pictures, and the pictures themselves.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

// Hides what of a layer was computed: objectives ask by the numbers of the whole layer, though the network may have
// been cut to the units they read and run on a part of the picture. Axis 0 is the batch: the pictures made together, in
// order, each with its moved copies next to each other.
class View {
 public:
  View() = default;
  // A tap of a layer: [N,C,H,W], [N,C,L], which is a map one row high, or [N,F]. `units`: the channels that it holds,
  // all when empty. `origin`: x and y, in the whole map, of its first position; `size`: width and height of the whole
  // map, the tap's own when 0.
  void add(const std::string& layer, at::Tensor tap, std::vector<int64_t> units = {},
           std::array<int64_t, 2> origin = {0, 0}, std::array<int64_t, 2> size = {0, 0});
  // The pictures [N,C,H,W] in 0..1 as parametrized, before transforms; the opacity [N,1,H,W] where there is one.
  void set_picture(at::Tensor picture, at::Tensor alpha = {});

  // The whole layer. Throws Error(kInternal) for a layer that was not tapped or was cut.
  const at::Tensor& layer(std::string_view name) const;
  // One unit of it: [N,H,W], or [N] for [N,F].
  at::Tensor unit(std::string_view name, int64_t unit) const;
  // All its units at one position, [N,C]; the units given to units() in that order when the layer was cut. -1: the
  // centre, width / 2 and height / 2. Throws Error(kUsage) when the position lies outside the map. A layer [N,F] has
  // one position.
  at::Tensor column(std::string_view name, int64_t x, int64_t y) const;
  // The place of a unit on axis 1 of what layer() and column() give.
  int64_t place(std::string_view name, int64_t unit) const;

  const at::Tensor& picture() const { return picture_; }
  const at::Tensor& alpha() const { return alpha_; }

 private:
  struct Tap {
    at::Tensor tensor;
    std::vector<int64_t> units;
    std::array<int64_t, 2> origin, size;
  };
  const Tap& tap(std::string_view name) const;

  std::map<std::string, Tap, std::less<>> taps_;
  at::Tensor picture_, alpha_;
};

}  // namespace microtome
