// SPDX-License-Identifier: Apache-2.0
// The plain gradient (Simonyan, Vedaldi and Zisserman 2013).
#include "microtome/explain/gradient_attributor.h"

namespace microtome {

Attribution plain_gradient(const Subject& subject, const AttributionSettings&, const at::Tensor& pixels) {
  Subject::Slope slope = subject.slope(pixels);
  return of_sensitivities(slope.gradient[0], slope.value);
}

namespace attributions {

extern const AttributionKind gradient;
const AttributionKind gradient = {"gradient", "Where a change of a pixel changes the value most",
                                  "",         AttributionKind::Place::kNone,
                                  false,      by_formula<plain_gradient>};

}  // namespace attributions
}  // namespace microtome
