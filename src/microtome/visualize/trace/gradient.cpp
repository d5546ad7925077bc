// SPDX-License-Identifier: Apache-2.0
// The gradient as it is (Simonyan et al. 2014).
#include "microtome/visualize/trace_method.h"

namespace microtome::trace_methods {
namespace {

Network as_it_is(const Network& network) { return network; }

}  // namespace

extern const TraceMethod gradient;
const TraceMethod gradient = {"gradient", "Rectifiers pass gradients where they are open", as_it_is};

}  // namespace microtome::trace_methods
