// SPDX-License-Identifier: Apache-2.0
// RISE (Petsiuk, Das and Saenko 2018).
#include <ATen/ATen.h>

#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/explain/gradient_attributor.h"

namespace microtome::attributions {
namespace {

constexpr double kShown = 0.5;  // of the cells

// cells x cells zeros and ones, enlarged with soft edges to one cell more than the picture and cut out at random.
at::Tensor random_mask(Rng& rng, int64_t cells, int64_t height, int64_t width) {
  at::Tensor grid = at::empty({1, 1, cells, cells});
  float* values = grid.data_ptr<float>();
  for (int64_t i = 0; i < grid.numel(); ++i) values[i] = rng.uniform() < kShown ? 1.0f : 0.0f;
  const int64_t cell_height = (height + cells - 1) / cells, cell_width = (width + cells - 1) / cells;
  const at::Tensor large =
      at::upsample_bilinear2d(grid, {(cells + 1) * cell_height, (cells + 1) * cell_width}, /*align_corners=*/false);
  const int64_t y = rng.below(cell_height), x = rng.below(cell_width);
  return large.narrow(2, y, height).narrow(3, x, width);
}

// Mean of the values under masks that show a pixel, over what would be shown by chance: sum f(x m) m / (n p). The mean
// over all masks is taken from each value first, so that few masks do not show their own pattern.
Attribution rise_map(const Subject& subject, const AttributionSettings& settings, const at::Tensor& pixels) {
  const int64_t height = pixels.size(2), width = pixels.size(3);
  const at::Tensor ground = background(subject, pixels, settings.background);
  Attribution found;
  found.value = subject.value(pixels);
  at::Tensor weighted = at::zeros({1, 1, height, width}), shown = at::zeros({1, 1, height, width});
  double sum = 0;
  for (int64_t i = 0; i < settings.masks; ++i) {
    throw_if_stopped();
    Rng rng(settings.seed, "rise", static_cast<uint64_t>(i));
    const at::Tensor mask = random_mask(rng, settings.cells, height, width);
    const double value = subject.value(ground + mask * (pixels - ground));
    weighted += value * mask;
    shown += mask;
    sum += value;
  }
  const auto count = static_cast<double>(settings.masks);
  found.map = ((weighted - sum / count * shown) / (count * kShown))[0][0];
  found.sum = found.map.sum(at::kDouble).item<double>();
  return found;
}

}  // namespace

extern const AttributionKind rise;
const AttributionKind rise = {"rise", "The value of the picture under random masks, by the pixels that they show",
                              "",     AttributionKind::Place::kNone,
                              false,  by_formula<rise_map>};

}  // namespace microtome::attributions
