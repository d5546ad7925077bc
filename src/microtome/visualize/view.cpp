// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/view.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"

namespace microtome {

namespace {

// A layer [N,C,L] is a map one row high.
at::Tensor as_map(const at::Tensor& tap) { return tap.dim() == 3 ? tap.unsqueeze(2) : tap; }

}  // namespace

void View::add(const std::string& layer, at::Tensor tap, std::vector<int64_t> units, std::array<int64_t, 2> origin,
               std::array<int64_t, 2> size) {
  taps_.insert_or_assign(layer, Tap{std::move(tap), std::move(units), origin, size});
}

void View::set_picture(at::Tensor picture, at::Tensor alpha) {
  picture_ = std::move(picture);
  alpha_ = std::move(alpha);
}

const View::Tap& View::tap(std::string_view name) const {
  const auto found = taps_.find(name);
  if (found == taps_.end()) throw Error(ErrorKind::kInternal, std::string(name), "the layer was not tapped");
  return found->second;
}

const at::Tensor& View::layer(std::string_view name) const {
  const Tap& found = tap(name);
  if (!found.units.empty() || found.size[0] != 0) {
    throw Error(ErrorKind::kInternal, std::string(name), "the layer was cut, but all of it is read");
  }
  return found.tensor;
}

int64_t View::place(std::string_view name, int64_t unit) const {
  const Tap& found = tap(name);
  if (found.units.empty()) return unit;
  const auto place = std::ranges::find(found.units, unit);
  if (place == found.units.end()) {
    throw Error(ErrorKind::kInternal, std::string(name), fmt::format("unit {} was cut away, but is read", unit));
  }
  return place - found.units.begin();
}

at::Tensor View::unit(std::string_view name, int64_t unit) const {
  const Tap& found = tap(name);
  if (found.size[0] != 0)
    throw Error(ErrorKind::kInternal, std::string(name), "the map was cut, but all of it is read");
  return as_map(found.tensor).select(1, place(name, unit));
}

at::Tensor View::column(std::string_view name, int64_t x, int64_t y) const {
  const Tap& found = tap(name);
  if (found.tensor.dim() == 2) return found.tensor;
  const at::Tensor map = as_map(found.tensor);
  const std::array<int64_t, 2> given = {x, y};
  std::array<int64_t, 2> cell{};
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t whole = found.size[axis] > 0 ? found.size[axis] : map.size(3 - static_cast<int64_t>(axis));
    const int64_t wanted = given[axis] < 0 ? whole / 2 : given[axis];
    if (wanted >= whole) {
      throw Error(ErrorKind::kUsage, std::string(name),
                  fmt::format("{} = {} lies outside the layer's map", axis == 0 ? "x" : "y", wanted),
                  fmt::format("at this picture size it runs from 0 to {}", whole - 1));
    }
    cell[axis] = wanted - found.origin[axis];
  }
  return map.select(3, cell[0]).select(2, cell[1]);
}

}  // namespace microtome
