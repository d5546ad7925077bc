// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/dream_objective.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr int64_t kProducts = 1 << 22;  // inner products held at once

}  // namespace

DreamObjective dream_objective(const std::string& name, const std::vector<int64_t>& units) {
  const auto kinds = dream_objectives::kinds();
  const auto found = std::ranges::find(kinds, name, &DreamObjectiveKind::name);
  if (found == kinds.end()) {
    std::vector<std::string_view> names;
    for (const DreamObjectiveKind* one : kinds) names.push_back(one->name);
    throw Error(ErrorKind::kUsage, "objective", fmt::format("there is no objective \"{}\" of a dream", name),
                fmt::format("{}", fmt::join(names, " or ")));
  }
  const auto slope = (*found)->slope;
  if (units.empty()) return slope;
  return [slope, index = at::tensor(units, at::kLong)](const at::Tensor& activations) {
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
