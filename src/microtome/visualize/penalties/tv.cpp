// SPDX-License-Identifier: Apache-2.0
// Total variation: the sum over pixels and channels of |difference to the right neighbour| + |to the lower one|, mean
// over the pictures (Lucid's "total_variation").
#include <ATen/ATen.h>

#include "microtome/visualize/objective.h"

#include "microtome/base/field.h"
#include "microtome/base/json.h"

namespace microtome::penalties {
namespace {

struct Settings {
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&&) {}
};

class Tv : public Objective {
 public:
  const std::vector<std::string>& layers() const override { return layers_; }
  bool reads_picture() const override { return true; }
  bool regularizes() const override { return true; }
  at::Tensor score(const View& view) const override {
    const at::Tensor& picture = view.picture();
    const at::Tensor total = picture.diff(1, 3).abs().sum() + picture.diff(1, 2).abs().sum();
    return total / picture.size(0);
  }
  std::string to_string() const override { return "tv"; }

 private:
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext&) {
  read_settings<Settings>(call);
  return std::make_unique<Tv>();
}

}  // namespace

extern const ObjectiveKind tv;
const ObjectiveKind tv = {"tv", "Total variation: differences between neighbouring pixels", describe_settings<Settings>,
                          make};

}  // namespace microtome::penalties
