// SPDX-License-Identifier: Apache-2.0
// Guided backpropagation (Springenberg et al. 2015).
#include "microtome/explain/gradient_attributor.h"
#include "microtome/network/passes.h"

namespace microtome::attributions {

extern const AttributionKind guided;
const AttributionKind guided = {"guided",
                                "The gradient where rectifiers pass positive gradients where they are open: sharp "
                                "pictures that depend little on the weights behind",
                                "",
                                AttributionKind::Place::kNone,
                                false,
                                by_backward<plain_gradient, guided_backprop>};

}  // namespace microtome::attributions
