// SPDX-License-Identifier: Apache-2.0
// The sum over pixels and channels of |x - centre|, mean over the pictures (Lucid's "L1").
#include <ATen/ATen.h>

#include "microtome/visualize/objective.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::penalties {
namespace {

struct Settings {
  double centre = 0.5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "centre", .help = "Value that costs nothing", .min = 0, .max = 1}, s.centre);
  }
};

class L1 : public Objective {
 public:
  explicit L1(Settings settings) : settings_(settings) {}
  const std::vector<std::string>& layers() const override { return layers_; }
  bool reads_picture() const override { return true; }
  bool regularizes() const override { return true; }
  at::Tensor score(const View& view) const override {
    const at::Tensor& picture = view.picture();
    return (picture - settings_.centre).abs().sum() / picture.size(0);
  }

  std::string to_string() const override { return call_text("l1", settings_); }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext&) {
  return std::make_unique<L1>(read_settings<Settings>(call));
}

}  // namespace

extern const ObjectiveKind l1;
const ObjectiveKind l1 = {"l1", "Distance of the pixels from grey: the sum of absolute differences",
                          describe_settings<Settings>, make};

}  // namespace microtome::penalties
