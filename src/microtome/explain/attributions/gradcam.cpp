// SPDX-License-Identifier: Apache-2.0
// Grad-CAM (Selvaraju et al. 2017), at any layer of maps.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/explain/attribution.h"
#include "microtome/network/behind.h"

namespace microtome::attributions {
namespace {

// The last layer of maps of several positions that everything the objective reads comes from.
std::string deepest_maps(const Subject& subject) {
  const auto layers = subject.network().layers();
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    if (layer->shape.size() != 3 || layer->shape[1] * layer->shape[2] < 2) continue;
    bool read = false;
    for (const std::string& name : subject.layers()) read = read || name == layer->name;
    if (read) continue;
    try {
      Behind(subject.network(), layer->name, subject.layers());
    } catch (const Error&) {
      continue;  // of a branch that the objective does not read
    }
    return layer->name;
  }
  throw Error(ErrorKind::kUnsupported, subject.network().facts().file, "has no layer of maps before the objective",
              "choose a method that looks at the pixels: integrated, occlusion");
}

// The channels' maps, each weighted by its mean gradient, what is positive of their sum; enlarged to the picture.
class GradCam final : public Attributor {
 public:
  GradCam(const Subject& subject, const std::string& layer)
      : subject_(subject), behind_(subject.network(), layer.empty() ? deepest_maps(subject) : layer, subject.layers()) {
    if (behind_.layer().shape.size() == 3) return;
    throw Error(ErrorKind::kUsage, behind_.layer().name, "has no maps", "choose a layer [C,H,W]; tokens: LAYER~grid");
  }

  Attribution attribute(const at::Tensor& pixels) const override {
    const Moment moment = behind_.look(subject_.input(pixels));
    const std::unique_ptr<Tape> tape = behind_.record(moment, moment.value);
    const Subject::Score score = subject_.score(tape->taps());
    const at::Tensor weights = tape->pull_back(score.gradients).mean({2, 3}, true);
    const at::Tensor map = (weights * moment.value).sum(1, true).relu();
    Attribution found;
    found.value = score.value;
    found.map = at::upsample_bilinear2d(map, {pixels.size(2), pixels.size(3)}, /*align_corners=*/false)[0][0];
    found.sum = found.map.sum(at::kDouble).item<double>();
    return found;
  }

  std::string layer() const override { return behind_.layer().name; }

 private:
  const Subject subject_;
  const Behind behind_;
};

std::unique_ptr<Attributor> make_gradcam(const Subject& subject, const AttributionSettings&,
                                         const AttributionPlace& place) {
  return std::make_unique<GradCam>(subject, place.layer);
}

}  // namespace

extern const AttributionKind gradcam;
const AttributionKind gradcam = {
    "gradcam", "The maps of a layer, weighted by their mean gradients, as far as they speak for it",
    "",        AttributionKind::Place::kOptional,
    false,     make_gradcam};

}  // namespace microtome::attributions
