// SPDX-License-Identifier: Apache-2.0
// The mean opacity, for "objective*(1 - alpha)": what the objective does not need becomes a hole.
#include <ATen/ATen.h>

#include "microtome/base/error.h"
#include "microtome/base/field.h"
#include "microtome/base/json.h"
#include "microtome/visualize/objective.h"

namespace microtome::penalties {
namespace {

struct Settings {
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&&) {}
};

class Alpha : public Objective {
 public:
  const std::vector<std::string>& layers() const override { return layers_; }
  bool reads_picture() const override { return true; }
  bool regularizes() const override { return true; }
  at::Tensor score(const View& view) const override {
    if (view.alpha().defined()) return view.alpha().mean();
    throw Error(ErrorKind::kUsage, "alpha", "the parametrization has no opacity",
                "choose one that has: see microtome list");
  }

  std::string to_string() const override { return "alpha"; }

 private:
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext&) {
  read_settings<Settings>(call);
  return std::make_unique<Alpha>();
}

}  // namespace

extern const ObjectiveKind alpha;
const ObjectiveKind alpha = {"alpha", "Mean opacity of the picture, 0 to 1", describe_settings<Settings>, make};

}  // namespace microtome::penalties
