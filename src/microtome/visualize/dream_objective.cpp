// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/dream_objective.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr int64_t kProducts = 1 << 22;  // inner products held at once

DreamSlope mean_square(const at::Tensor& a) { return {a, a.square().sum().item<double>(), a.numel()}; }

DreamSlope mean(const at::Tensor& a) { return {at::ones_like(a), a.sum().item<double>(), a.numel()}; }

struct Kind {
  const char* name;
  DreamSlope (*slope)(const at::Tensor&);
};
constexpr Kind kKinds[] = {{"mean-square", mean_square}, {"mean", mean}};

}  // namespace

DreamObjective dream_objective(const std::string& name, const std::vector<int64_t>& units) {
  const auto* kind = std::ranges::find(kKinds, name, &Kind::name);
  if (kind == std::end(kKinds)) {
    throw Error(ErrorKind::kUsage, "--objective", fmt::format("there is no objective \"{}\" of a dream", name),
                "mean-square or mean");
  }
  if (units.empty()) return kind->slope;
  return [slope = kind->slope, index = at::tensor(units, at::kLong)](const at::Tensor& activations) {
    DreamSlope of_units = slope(activations.index_select(1, index));
    of_units.gradient = at::zeros_like(activations).index_copy(1, index, of_units.gradient);
    return of_units;
  };
}

DreamObjective guided_objective(const at::Tensor& features) {
  const at::Tensor guide = features.reshape({features.size(1), -1}).contiguous();  // [C,Q]
  return [guide](const at::Tensor& activations) {
    const at::Tensor here = activations.reshape({guide.size(0), -1});  // [C,P]
    const int64_t positions = here.size(1), chunk = std::max<int64_t>(1, kProducts / guide.size(1));
    std::vector<at::Tensor> best;
    for (int64_t begin = 0; begin < positions; begin += chunk) {
      const at::Tensor some = here.slice(1, begin, std::min(begin + chunk, positions));
      best.push_back(guide.index_select(1, some.t().mm(guide).argmax(1)));
    }
    const at::Tensor matched = at::cat(best, 1);
    return DreamSlope{matched.reshape(activations.sizes()), (matched * here).sum().item<double>(), positions};
  };
}

}  // namespace microtome
