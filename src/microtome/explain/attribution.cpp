// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/attribution.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "microtome/base/error.h"
#include "microtome/base/nearest.h"
#include "microtome/base/params.h"

namespace microtome {
namespace {

const AttributionKind& attribution_named(const std::string& name) {
  std::vector<std::string> known;
  for (const AttributionKind* kind : attributions::kinds()) {
    if (kind->name == name) return *kind;
    known.emplace_back(kind->name);
  }
  throw Error(ErrorKind::kUsage, "method", fmt::format("there is no method \"{}\"", name),
              fmt::format("{}; nearest: \"{}\"", fmt::join(known, ", "), nearest_name(name, known)));
}

}  // namespace

std::unique_ptr<Attributor> make_attributor(const std::string& method, const Subject& subject,
                                            const AttributionSettings& settings, const AttributionPlace& place) {
  const AttributionKind& kind = attribution_named(method);
  check_ranges(settings, "trace");
  if (!place.layer.empty() && kind.place == AttributionKind::Place::kNone) {
    throw Error(ErrorKind::kUsage, "layer", fmt::format("the method {} looks at no layer", method),
                "leave it out, or choose gradcam or lrp");
  }
  if (!place.channels.empty() && (!kind.channels || place.layer.empty())) {
    throw Error(ErrorKind::kUsage, "channels",
                fmt::format("{}", kind.channels ? "there is no layer that they are of"
                                                : fmt::format("the method {} chooses no channels", method)),
                kind.channels ? "name the layer" : "choose lrp");
  }
  return kind.make(subject, settings, place);
}

Attribution of_shares(at::Tensor pixels, double value, std::optional<double> promised) {
  Attribution found;
  found.map = pixels.sum(0);
  found.sum = found.map.sum(at::kDouble).item<double>();
  found.pixels = std::move(pixels);
  found.value = value;
  found.promised = promised;
  return found;
}

Attribution of_sensitivities(at::Tensor pixels, double value) {
  Attribution found;
  found.map = pixels.abs().amax(0);
  found.sum = found.map.sum(at::kDouble).item<double>();
  found.pixels = std::move(pixels);
  found.value = value;
  return found;
}

}  // namespace microtome
