// SPDX-License-Identifier: Apache-2.0
// What a picture is made for: a score of a network's layers that the ascent raises. One file in objectives/ a kind.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/json_fwd.h"
#include "microtome/network/network.h"
#include "microtome/visualize/call.h"
#include "microtome/visualize/view.h"

namespace microtome {

// The unit that an objective drives, if it is made for exactly one.
struct Target {
  std::string layer;
  int64_t unit = 0;
  int sign = 1;  // -1: the objective drives it down
  bool operator==(const Target&) const = default;
};

// Immutable; one objective may serve many threads.
class Objective {
 public:
  virtual ~Objective() = default;
  // Full names of the layers that score() reads, without repetition; empty for penalties.
  virtual const std::vector<std::string>& layers() const = 0;
  // The score, a 0-dimensional tensor of the view's type, differentiable in its taps and picture: the mean over the
  // batch, unless the kind joins pictures. `view` holds layers() at least. Throws Error(kUsage) when a position lies
  // outside the map.
  virtual at::Tensor score(const View& view) const = 0;
  // Canonical text; parsing it for the same network gives an equal objective.
  virtual std::string to_string() const = 0;
  virtual std::optional<Target> target() const { return std::nullopt; }

  // Whether it only shapes pictures that another objective is made for: penalties, diversity, alignment.
  virtual bool regularizes() const { return false; }
  // Whether score() reads View::picture(), View::alpha().
  virtual bool reads_picture() const { return false; }
  // Files whose content moves score(), as they were named.
  virtual std::vector<std::string> files() const { return {}; }
  // Whether it names places of a map by number, which are other places in a map of another size.
  virtual bool names_places() const { return false; }
  // Pictures that must be made together: 1 for kinds that look at each alone, more for those that compare pictures.
  virtual int64_t together() const { return 1; }
  // What score() reads of a layer, so that nothing else is computed. units: only those, by View::unit and View::column;
  // position {x, y}: only there, by View::column (-1: View::centre). nullopt: all of it.
  virtual std::optional<std::vector<int64_t>> units(const std::string& layer) const {
    static_cast<void>(layer);
    return std::nullopt;
  }
  virtual std::optional<std::array<int64_t, 2>> position(const std::string& layer) const {
    static_cast<void>(layer);
    return std::nullopt;
  }
};

// What objectives are made for: the network, and how pictures become its input of height x width.
struct ObjectiveContext {
  const Network& network;
  const Preprocessing& preprocessing;
  int64_t height, width;
};

// A kind as users name it. Listing, parsing, documenting and testing kinds all read this and nothing else.
struct ObjectiveKind {
  std::string_view name;
  std::string_view summary;
  Json (*describe)();  // describe_settings of its parameters
  std::unique_ptr<Objective> (*make)(const Call& call, const ObjectiveContext& context);
  // What an argument without a name stands for: "layer:unit" (the part behind the last colon is the unit), or a
  // parameter's name; empty: such an argument is an error.
  std::string_view unnamed = {};
};

// For kinds: the layer of an argument, which must be given. Throws Error(kUsage), Error(kNotFound).
const Layer& require_layer(const Network& network, const std::string& layer, const Call& call,
                           const std::string& argument = "layer");
// Throws Error(kUsage) unless 0 <= unit < layer.units.
void require_unit(const Layer& layer, int64_t unit, const Call& call, const std::string& argument = "unit");
// The view's pictures when there are the two at least that a comparison needs; else throws Error(kUsage).
int64_t require_pictures(const at::Tensor& tap, std::string_view kind);

namespace objectives {
std::span<const ObjectiveKind* const> kinds();
}  // namespace objectives

// Costs of the picture itself, one file in penalties/ a kind: positive numbers, to be subtracted: "- 0.25*tv". They are
// objectives that read the picture and no layer.
namespace penalties {
std::span<const ObjectiveKind* const> kinds();
}  // namespace penalties

}  // namespace microtome
