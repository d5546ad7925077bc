// SPDX-License-Identifier: Apache-2.0
// The deconvolutional network (Zeiler and Fergus 2014).
#include "microtome/network/passes.h"
#include "microtome/visualize/trace_method.h"

namespace microtome::trace_methods {

extern const TraceMethod deconvolution;
const TraceMethod deconvolution = {"deconvolution", "Rectifiers pass positive gradients, whatever their input",
                                   microtome::deconvolution};

}  // namespace microtome::trace_methods
