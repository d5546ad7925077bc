// SPDX-License-Identifier: Apache-2.0
// Half the squared distance from the blurred picture, which counts as a constant: a step down is a step towards the
// blur (Lucid's "blur_input_each_step"). Kernel 3 x 3: 1 at the centre, 0.5 around it. Mean over the pictures.
#include <ATen/ATen.h>

#include "microtome/base/field.h"
#include "microtome/base/json.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/smooth.h"

namespace microtome::penalties {
namespace {

struct Settings {
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&&) {}
};

class Blur : public Objective {
 public:
  const std::vector<std::string>& layers() const override { return layers_; }
  bool reads_picture() const override { return true; }
  bool regularizes() const override { return true; }
  at::Tensor score(const View& view) const override {
    const at::Tensor& picture = view.picture();
    return 0.5 * (picture - smoothed(picture.detach(), 3)).square().sum() / picture.size(0);
  }

  std::string to_string() const override { return "blur"; }

 private:
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext&) {
  read_settings<Settings>(call);
  return std::make_unique<Blur>();
}

}  // namespace

extern const ObjectiveKind blur;
const ObjectiveKind blur = {"blur", "Distance of the picture from its own blur, as if blurred at each step",
                            describe_settings<Settings>, make};

}  // namespace microtome::penalties
