// SPDX-License-Identifier: Apache-2.0
// Deconvolution (Zeiler and Fergus 2014).
#include "microtome/explain/gradient_attributor.h"
#include "microtome/network/passes.h"

namespace microtome::attributions {

extern const AttributionKind deconvolution;
const AttributionKind deconvolution = {"deconvolution",
                                       "The gradient where rectifiers pass positive gradients whatever their input "
                                       "was: sharp pictures that depend little on the weights behind",
                                       "",
                                       AttributionKind::Place::kNone,
                                       false,
                                       by_backward<plain_gradient, microtome::deconvolution>};

}  // namespace microtome::attributions
