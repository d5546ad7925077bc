// SPDX-License-Identifier: Apache-2.0
// What methods share that are made of gradients at the pixels.
// Defined in attributions/gradient.cpp.
#pragma once
#include <memory>
#include <utility>

#include "microtome/explain/attribution.h"

namespace microtome {

// A method that needs no more than the subject and its settings.
using AttributionFormula = Attribution (*)(const Subject& subject, const AttributionSettings& settings,
                                           const at::Tensor& pixels);

class FormulaAttributor final : public Attributor {
 public:
  FormulaAttributor(Subject subject, AttributionSettings settings, AttributionFormula formula)
      : subject_(std::move(subject)), settings_(std::move(settings)), formula_(formula) {}
  Attribution attribute(const at::Tensor& pixels) const override { return formula_(subject_, settings_, pixels); }

 private:
  const Subject subject_;
  const AttributionSettings settings_;
  const AttributionFormula formula_;
};

template <AttributionFormula kFormula>
std::unique_ptr<Attributor> by_formula(const Subject& subject, const AttributionSettings& settings,
                                       const AttributionPlace&) {
  return std::make_unique<FormulaAttributor>(subject, settings, kFormula);
}

// The same with another backward of the same network.
template <AttributionFormula kFormula, Network (*kPass)(const Network&)>
std::unique_ptr<Attributor> by_backward(const Subject& subject, const AttributionSettings& settings,
                                        const AttributionPlace&) {
  return std::make_unique<FormulaAttributor>(subject.asked_of(kPass(subject.network())), settings, kFormula);
}

// The gradient as it is: where the value would change most.
Attribution plain_gradient(const Subject& subject, const AttributionSettings& settings, const at::Tensor& pixels);

}  // namespace microtome
