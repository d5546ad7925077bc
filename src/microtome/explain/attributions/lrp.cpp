// SPDX-License-Identifier: Apache-2.0
// Layer-wise relevance propagation, and concept relevance propagation (Achtibat et al. 2023) through chosen channels.
#include <ATen/ATen.h>

#include "microtome/explain/attribution.h"
#include "microtome/explain/relevance.h"

namespace microtome::attributions {
namespace {

RelevanceSettings relevance_settings(const Subject& subject, const AttributionSettings& settings) {
  const std::vector<int64_t> one_pixel{1, subject.network().channels(), 1, 1};
  return {settings.rules, settings.epsilon, settings.gamma, subject.input(at::zeros(one_pixel)),
          subject.input(at::ones(one_pixel))};
}

class Lrp final : public Attributor {
 public:
  Lrp(const Subject& subject, const AttributionSettings& settings, const AttributionPlace& place)
      : subject_(subject),
        place_(place),
        relevance_(subject.network(), subject.layers(), relevance_settings(subject, settings), place.layer) {}

  // Relevance begins as the layers' values times their gradients: for a unit or a sum of units, the value itself.
  Attribution attribute(const at::Tensor& pixels) const override {
    double value = 0, begun = 0;
    const auto seeds = [&](const std::vector<at::Tensor>& values) {
      Subject::Score score = subject_.score(values);
      value = score.value;
      for (size_t i = 0; i < values.size(); ++i) {
        at::Tensor& seed = score.gradients[i];
        if (!seed.defined()) continue;
        seed = seed * values[i];
        begun += seed.sum(at::kDouble).item<double>();
      }
      return score.gradients;
    };
    const Relevance::Run run = relevance_.run(subject_.input(pixels), seeds, place_.channels);
    at::Tensor found = run.input[0];
    if (subject_.preprocessing().bgr) found = found.flip(0);
    return of_shares(found, value, begun);
  }

  std::string layer() const override { return place_.layer; }

 private:
  const Subject subject_;
  const AttributionPlace place_;
  const Relevance relevance_;
};

std::unique_ptr<Attributor> make_lrp(const Subject& subject, const AttributionSettings& settings,
                                     const AttributionPlace& place) {
  return std::make_unique<Lrp>(subject, settings, place);
}

}  // namespace

extern const AttributionKind lrp;
const AttributionKind lrp = {"lrp",
                             "The value handed back layer by layer in shares; through chosen channels of a layer alone",
                             "value, but for what biases and the layer chosen keep",
                             AttributionKind::Place::kOptional,
                             true,
                             make_lrp};

}  // namespace microtome::attributions
