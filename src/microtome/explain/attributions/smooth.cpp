// SPDX-License-Identifier: Apache-2.0
// SmoothGrad (Smilkov et al. 2017).
#include <ATen/ATen.h>

#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/explain/gradient_attributor.h"

namespace microtome::attributions {
namespace {

// The mean gradient of copies with normal noise; its deviation is a share of the picture's own range.
Attribution smooth_gradient(const Subject& subject, const AttributionSettings& settings, const at::Tensor& pixels) {
  const double range = (pixels.max() - pixels.min()).item<double>();
  at::Tensor sum = at::zeros_like(pixels);
  for (int64_t sample = 0; sample < settings.samples; ++sample) {
    throw_if_stopped();
    Rng rng(settings.seed, "smooth", static_cast<uint64_t>(sample));
    at::Tensor noisy = pixels.contiguous().clone();
    float* values = noisy.data_ptr<float>();
    for (int64_t i = 0; i < noisy.numel(); ++i) {
      values[i] += static_cast<float>(settings.noise * range * rng.normal());
    }
    sum += subject.slope(noisy).gradient;
  }
  return of_sensitivities((sum / settings.samples)[0], subject.value(pixels));
}

}  // namespace

extern const AttributionKind smooth;
const AttributionKind smooth = {"smooth", "The mean gradient of noisy copies of the picture",
                                "",       AttributionKind::Place::kNone,
                                false,    by_formula<smooth_gradient>};

}  // namespace microtome::attributions
