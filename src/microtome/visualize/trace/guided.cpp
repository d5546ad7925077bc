// SPDX-License-Identifier: Apache-2.0
// Guided backpropagation (Springenberg et al. 2015).
#include "microtome/network/passes.h"
#include "microtome/visualize/trace_method.h"

namespace microtome::trace_methods {

extern const TraceMethod guided;
const TraceMethod guided = {"guided", "Rectifiers pass positive gradients where they are open", guided_backprop};

}  // namespace microtome::trace_methods
