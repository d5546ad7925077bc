// SPDX-License-Identifier: Apache-2.0
// How much each pixel of a picture has to do with the value of an objective. One file in attributions/ a method.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/explain/attribution_settings.h"
#include "microtome/explain/subject.h"

namespace microtome {

struct Attribution {
  at::Tensor map;     // [H,W] float32 at the size of the picture
  at::Tensor pixels;  // [C,H,W], of which the map is made; undefined where a method knows no colours
  double value = 0;   // of the objective
  // What the parts sum to, where the method promises something of it: `promised` is that, the residual their
  // difference.
  double sum = 0;
  std::optional<double> promised{};

  std::optional<double> residual() const { return promised ? std::optional(*promised - sum) : std::nullopt; }
};

// Where in a network a method looks, for those that look inside.
struct AttributionPlace {
  std::string layer;              // empty: none named
  std::vector<int64_t> channels;  // of it; empty = all
};

// A method for one subject, ready to be asked of many pictures. Thread-safe.
class Attributor {
 public:
  virtual ~Attributor() = default;
  // Of pixels [1,C,H,W]. Deterministic: random draws are a function of the seed alone.
  virtual Attribution attribute(const at::Tensor& pixels) const = 0;
  // The layer that the method looks at, where there is one.
  virtual std::string layer() const { return {}; }
};

struct AttributionKind {
  std::string_view name;
  std::string_view summary;
  std::string_view promise;  // what its parts sum to; empty: nothing
  enum class Place : char { kNone, kOptional } place = Place::kNone;
  bool channels = false;  // whether channels of the place can be chosen
  // Throws Error(kUsage), Error(kUnsupported) for a network that the method cannot look into.
  std::unique_ptr<Attributor> (*make)(const Subject& subject, const AttributionSettings& settings,
                                      const AttributionPlace& place);
};

namespace attributions {
// Generated from the list in CMakeLists.txt; the first is the default.
std::span<const AttributionKind* const> kinds();
}  // namespace attributions

// By name, checked: Error(kUsage) with the nearest name, on settings that make no sense and on a place that the method
// has no use for.
std::unique_ptr<Attributor> make_attributor(const std::string& method, const Subject& subject,
                                            const AttributionSettings& settings, const AttributionPlace& place = {});

// The map of attributions to pixels [C,H,W] that stand for shares: their sum over colours; of sensitivities: the
// largest magnitude among the colours (Simonyan et al. 2013).
Attribution of_shares(at::Tensor pixels, double value, std::optional<double> promised);
Attribution of_sensitivities(at::Tensor pixels, double value);

}  // namespace microtome
