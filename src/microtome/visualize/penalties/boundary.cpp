// SPDX-License-Identifier: Apache-2.0
// Keeps the border of the picture smooth and grey (Lucid's "penalize_boundary_complexity"): the sum over the border of
// (blur(x) - x)^2 + 0.8 (x - 0.5)^2, mean over the pictures. Kernel of the blur 5 x 5: 0.5 on its outer ring, 1 inside.
#include <ATen/ATen.h>

#include "microtome/base/field.h"
#include "microtome/base/json.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/smooth.h"

namespace microtome::penalties {
namespace {

struct Settings {
  int64_t width = 20;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "width",
           .help = "Width of the border in pixels; half the side or more = all of the picture",
           .min = 1,
           .max = 2048},
          s.width);
  }
};

constexpr double kGreyWeight = 0.8, kGrey = 0.5;

class Boundary : public Objective {
 public:
  explicit Boundary(Settings settings) : settings_(settings) {}
  const std::vector<std::string>& layers() const override { return layers_; }
  bool reads_picture() const override { return true; }
  bool regularizes() const override { return true; }
  at::Tensor score(const View& view) const override {
    const at::Tensor& x = view.picture();
    const at::Tensor cost = (smoothed(x, 5) - x).square() + kGreyWeight * (x - kGrey).square();
    const int64_t height = x.size(2) - 2 * settings_.width, width = x.size(3) - 2 * settings_.width;
    at::Tensor total = cost.sum();
    if (height > 0 && width > 0) {
      total = total - cost.narrow(2, settings_.width, height).narrow(3, settings_.width, width).sum();
    }
    return total / x.size(0);
  }

  std::string to_string() const override { return call_text("boundary", settings_); }

 private:
  Settings settings_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext&) {
  return std::make_unique<Boundary>(read_settings<Settings>(call));
}

}  // namespace

extern const ObjectiveKind boundary;
const ObjectiveKind boundary = {"boundary", "Detail and colour in the border of the picture",
                                describe_settings<Settings>, make};

}  // namespace microtome::penalties
