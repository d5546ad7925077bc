// SPDX-License-Identifier: Apache-2.0
// Which pixels of one image drive a unit there: the gradient of its strongest neuron, by plain, guided or
// deconvolution backward.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "microtome/image/image.h"
#include "microtome/network/network.h"
#include "microtome/visualize/trace_settings.h"

namespace microtome {

struct Trace {
  int64_t x = 0, y = 0;   // the neuron's position in the layer's map; 0, 0 in a layer without one
  double activation = 0;  // of the traced layer there
  bool silent = false;    // no gradient reaches the image: the unit is off in all of it
  int left = 0, top = 0;  // of both pictures, in pixels of the network's input; negative beyond its edge
  Image seen;             // the image as the network saw it, cut to the neuron's receptive field
  Image gradient;         // d activation / d pixel there, drawn by signed_picture()
};

// A network cut to one layer, with the method's backward. Immutable; trace() may be called from several threads and
// runs in the calling thread.
class Tracer {
 public:
  // With sign "-" a rectified layer is traced by its pre-activation (see with_pre_activation): a rectifier's zero hides
  // what lowers a unit. Throws Error(kNotFound) for the layer, Error(kUsage) for settings that make no sense,
  // Error(kUnsupported) when the layer is neither maps nor a row of units, or the network does not take pictures.
  Tracer(const Network& network, const Preprocessing& preprocessing, const std::string& layer,
         const TraceSettings& settings);
  ~Tracer();

  // The whole image is scaled to the network's input, as a dissection does. The neuron is the maximum of the unit's map
  // (the minimum for sign "-"), the first in rows on ties; its own gradient is 1 (-1), all others 0. Throws
  // Error(kUsage) on a unit that is not there.
  Trace trace(const Image& image, int64_t unit) const;

  const Layer& layer() const;  // that is traced: a pre-activation ends in "~pre"

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome
