// SPDX-License-Identifier: Apache-2.0
// Which pixels of one image drive a unit there: its strongest position, handed back by any method of attribution.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "microtome/base/unit.h"
#include "microtome/explain/attribution.h"
#include "microtome/explain/trace_settings.h"
#include "microtome/image/image.h"
#include "microtome/network/network.h"

namespace microtome {

struct Trace {
  int64_t x = 0, y = 0;   // the position in the layer's map; 0, 0 in a layer without one
  double activation = 0;  // of the traced layer there
  Attribution attribution;
  bool silent = false;    // nothing reaches the image: the unit is off in all of it
  int left = 0, top = 0;  // of both pictures, in pixels of the network's input; negative beyond its edge
  Image seen;             // the image as the network saw it, cut to the position's receptive field
  Image drawn;            // the attribution there, drawn by signed_picture(): in colours where the method knows them
};

// One unit of a layer. Immutable; trace() may be called from several threads and runs in the calling thread.
class UnitTracer {
 public:
  // With the negative sign a rectified layer is traced by its pre-activation (see with_pre_activation): a rectifier's
  // zero hides what lowers a unit. Throws Error(kNotFound) for the layer, Error(kUsage) for the unit and settings that
  // make no sense, Error(kUnsupported) when the layer is neither maps nor a row of units, the network takes no pictures
  // or the method cannot look into it.
  UnitTracer(const Network& network, const Preprocessing& preprocessing, const std::string& layer, SignedUnit unit,
             const TraceSettings& settings);

  // The whole image is scaled to the network's input, as a dissection does. The position is the maximum of the unit's
  // map (the minimum for the negative sign), the first in rows on ties; what is attributed is the unit's value there,
  // and for the negative sign minus that.
  Trace trace(const Image& image) const;

  const Layer& layer() const { return layer_; }  // that is traced: a pre-activation ends in "~pre"
  const std::string& objective() const { return subject_.objective().text; }

 private:
  UnitTracer(const Network& network, const Preprocessing& preprocessing, SignedUnit unit, const TraceSettings& settings,
             const std::string& asked);

  SignedUnit unit_;
  double saturated_;
  Layer layer_;
  Subject subject_;
  Eye eye_;
  std::unique_ptr<const Attributor> attributor_;
};

}  // namespace microtome
