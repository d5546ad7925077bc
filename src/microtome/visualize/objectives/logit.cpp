// SPDX-License-Identifier: Apache-2.0
// One class before the softmax, which would let a picture win by lowering the others.
#include <ATen/ATen.h>

#include "microtome/visualize/classes.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::objectives {
namespace {

struct Settings {
  int64_t unit = -1;
  std::string label;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "unit", .help = "Number of the class, from 0"}, s.unit);
    field({.name = "class", .help = "Name of the class, or one of its comma-separated synonyms, instead of its number"},
          s.label);
  }
};

class Logit : public Objective {
 public:
  Logit(int64_t unit, std::string layer) : unit_(unit), layers_{std::move(layer)} {}
  const std::vector<std::string>& layers() const override { return layers_; }
  at::Tensor score(const View& view) const override { return view.unit(layers_[0], unit_).mean(); }
  std::string to_string() const override { return call_text("logit", Settings{.unit = unit_, .label = {}}); }
  std::optional<Target> target() const override { return Target{layers_[0], unit_}; }
  std::optional<std::vector<int64_t>> units(const std::string&) const override { return {{unit_}}; }

 private:
  int64_t unit_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  const Network& network = context.network;
  const auto settings = read_settings<Settings>(call);
  const int64_t unit = class_unit(settings.unit, settings.label, network, call);
  return std::make_unique<Logit>(unit, logits(network).name);
}

}  // namespace

extern const ObjectiveKind logit;
const ObjectiveKind logit = {"logit", "One class of the network's output, before the softmax",
                             describe_settings<Settings>, make, "class"};

}  // namespace microtome::objectives
