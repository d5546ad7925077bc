// SPDX-License-Identifier: Apache-2.0
// Input times gradient: the first-order effect of taking a pixel back to the background.
#include <ATen/ATen.h>

#include "microtome/explain/gradient_attributor.h"

namespace microtome::attributions {
namespace {

// Sums to the change of the value where the network is linear between the picture and its background.
Attribution input_times_gradient(const Subject& subject, const AttributionSettings& settings,
                                 const at::Tensor& pixels) {
  const Subject::Slope slope = subject.slope(pixels);
  const at::Tensor ground = background(subject, pixels, settings.background);
  return of_shares(((pixels - ground) * slope.gradient)[0], slope.value, slope.value - subject.value(ground));
}

}  // namespace

extern const AttributionKind input_gradient;
const AttributionKind input_gradient = {"input-gradient",
                                        "The gradient times what the pixel differs from the background by",
                                        "value - value of the background, where the network is linear between them",
                                        AttributionKind::Place::kNone,
                                        false,
                                        by_formula<input_times_gradient>};

}  // namespace microtome::attributions
