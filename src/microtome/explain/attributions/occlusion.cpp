// SPDX-License-Identifier: Apache-2.0
// Occlusion (Zeiler and Fergus 2014).
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"
#include "microtome/explain/gradient_attributor.h"

namespace microtome::attributions {
namespace {

// Where squares begin along a side: half a square apart, the last at the end.
std::vector<int64_t> square_starts(int64_t side, int64_t patch) {
  std::vector<int64_t> starts;
  for (int64_t start = 0; start + patch < side; start += std::max<int64_t>(1, patch / 2)) starts.push_back(start);
  starts.push_back(side - patch);
  return starts;
}

// What the value loses when a square is covered, averaged over the squares that cover a pixel.
Attribution occlusion_map(const Subject& subject, const AttributionSettings& settings, const at::Tensor& pixels) {
  const int64_t height = pixels.size(2), width = pixels.size(3);
  const int64_t side = std::min(height, width);
  const int64_t patch = settings.patch > 0 ? settings.patch : std::max<int64_t>(1, side / 8);
  if (patch > side) {
    throw Error(ErrorKind::kUsage, "patch", fmt::format("{} pixels are more than the picture has", patch),
                fmt::format("at most {}", side));
  }
  const at::Tensor ground = background(subject, pixels, settings.background);
  Attribution found;
  found.value = subject.value(pixels);
  at::Tensor loss = at::zeros({height, width}), covers = at::zeros({height, width});
  for (const int64_t y : square_starts(height, patch)) {
    for (const int64_t x : square_starts(width, patch)) {
      throw_if_stopped();
      at::Tensor covered = pixels.clone();
      const auto square = [&](const at::Tensor& of) { return of.narrow(-2, y, patch).narrow(-1, x, patch); };
      square(covered).copy_(square(ground));
      square(loss) += found.value - subject.value(covered);
      square(covers) += 1;
    }
  }
  found.map = loss / covers;
  found.sum = found.map.sum(at::kDouble).item<double>();
  return found;
}

}  // namespace

extern const AttributionKind occlusion;
const AttributionKind occlusion = {"occlusion", "What the value loses when a square of the picture is covered",
                                   "",          AttributionKind::Place::kNone,
                                   false,       by_formula<occlusion_map>};

}  // namespace microtome::attributions
