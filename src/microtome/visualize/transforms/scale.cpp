// SPDX-License-Identifier: Apache-2.0
// A random enlargement about the centre.

#include "microtome/visualize/transform.h"

namespace microtome::transforms {
namespace {

struct Settings {
  std::vector<double> factors = {0.9, 0.92, 0.94, 0.96, 0.98, 1, 1.02, 1.04, 1.06, 1.08, 1.1};
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "factors", .help = "Enlargements, each equally likely, separated by /", .min = 0.01, .max = 100},
          s.factors);
  }
};

class Scale : public Transform {
 public:
  explicit Scale(Settings settings) : settings_(std::move(settings)) {}
  void draw(Rng& rng, Draw& draw) const override {
    const int64_t choice = rng.below(static_cast<int64_t>(settings_.factors.size()));
    draw.placement.scale(settings_.factors[static_cast<size_t>(choice)]);
  }
  std::string to_string() const override { return call_text("scale", settings_); }

 private:
  Settings settings_;
};

std::unique_ptr<Transform> make(const Call& call) { return std::make_unique<Scale>(read_settings<Settings>(call)); }

}  // namespace

extern const TransformKind scale;
const TransformKind scale = {"scale", "A random enlargement about the centre", describe_settings<Settings>, make};

}  // namespace microtome::transforms
