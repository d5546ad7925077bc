// SPDX-License-Identifier: Apache-2.0
// One class after the softmax: a picture also wins by lowering the others.
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

// The softmax is taken here, of the logits, whether the network ends with one or not.
class Probability : public Objective {
 public:
  Probability(int64_t unit, std::string logits, std::string output)
      : unit_(unit), layers_{std::move(logits)}, output_(std::move(output)) {}
  const std::vector<std::string>& layers() const override { return layers_; }
  at::Tensor score(const View& view) const override {
    return view.layer(layers_[0]).softmax(1).select(1, unit_).mean();
  }
  std::string to_string() const override { return call_text("probability", Settings{.unit = unit_, .label = {}}); }
  std::optional<Target> target() const override { return Target{output_, unit_}; }

 private:
  int64_t unit_;
  std::vector<std::string> layers_;
  std::string output_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  const Network& network = context.network;
  const auto settings = read_settings<Settings>(call);
  const int64_t unit = class_unit(settings.unit, settings.label, network, call);
  return std::make_unique<Probability>(unit, logits(network).name, network.output_layer().name);
}

}  // namespace

extern const ObjectiveKind probability;
const ObjectiveKind probability = {"probability", "One class of the network's output, after the softmax",
                                   describe_settings<Settings>, make, "class"};

}  // namespace microtome::objectives
