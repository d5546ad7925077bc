// SPDX-License-Identifier: Apache-2.0
// Integrated gradients (Sundararajan, Taly and Yan 2017).
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "microtome/base/workers.h"
#include "microtome/explain/gradient_attributor.h"

namespace microtome::attributions {
namespace {

constexpr int64_t kFirstSteps = 16;
constexpr double kClose = 0.005;  // what all steps may be off by, of the whole change

// A piece of the way from the background (0) to the picture (1).
struct WayStep {
  double from = 0, to = 1;
  double value_from = 0, value_to = 0;  // of the objective at its ends
  Subject::Slope middle;
  double change = 0;  // by the gradient in the middle

  double missing() const { return std::abs(value_to - value_from - change); }
};

// The mean gradient on the way, times the way: by the gradient in the middle of each step. Steps are halved where they
// miss most of what the value really changes by, until all together miss little, or there are so many as asked for.
class Integral {
 public:
  Integral(const Subject& subject, at::Tensor ground, const at::Tensor& pixels)
      : subject_(subject), ground_(std::move(ground)), way_(pixels - ground_) {}

  at::Tensor run(int64_t most) {
    const int64_t first = std::min(most, kFirstSteps);
    double before = value_at(0);
    for (int64_t i = 0; i < first; ++i) {
      const auto place = [&](int64_t k) { return static_cast<double>(k) / static_cast<double>(first); };
      const double after = value_at(place(i + 1));
      add({place(i), place(i + 1), before, after, {}, 0});
      before = after;
    }
    for (int64_t taken = first; taken + 2 <= most && missing() > kClose * std::abs(change()); taken += 2) split_worst();
    at::Tensor sum = at::zeros_like(way_);
    for (const WayStep& step : steps_) sum += (step.to - step.from) * step.middle.gradient;
    return way_ * sum;
  }
  double change() const { return value_at(1) - value_at(0); }

 private:
  double value_at(double part) const {
    if (part == 0 && start_) return *start_;
    if (part == 1 && end_) return *end_;
    const double value = subject_.value(ground_ + part * way_);
    if (part == 0) start_ = value;
    if (part == 1) end_ = value;
    return value;
  }
  double missing() const {
    double all = 0;
    for (const WayStep& step : steps_) all += step.missing();
    return all;
  }
  void add(WayStep step) {
    throw_if_stopped();
    step.middle = subject_.slope(ground_ + (step.from + step.to) / 2 * way_);
    step.change = (step.to - step.from) * (step.middle.gradient * way_).sum(at::kDouble).item<double>();
    steps_.push_back(std::move(step));
  }
  void split_worst() {
    const auto worst = std::max_element(steps_.begin(), steps_.end(),
                                        [](const WayStep& a, const WayStep& b) { return a.missing() < b.missing(); });
    const WayStep whole = *worst;
    steps_.erase(worst);
    const double middle = (whole.from + whole.to) / 2;
    add({whole.from, middle, whole.value_from, whole.middle.value, {}, 0});
    add({middle, whole.to, whole.middle.value, whole.value_to, {}, 0});
  }

  const Subject& subject_;
  const at::Tensor ground_, way_;
  mutable std::optional<double> start_, end_;
  std::vector<WayStep> steps_;
};

Attribution integrated_gradients(const Subject& subject, const AttributionSettings& settings,
                                 const at::Tensor& pixels) {
  Integral integral(subject, background(subject, pixels, settings.background), pixels);
  const at::Tensor shares = integral.run(settings.steps);
  return of_shares(shares[0], subject.value(pixels), integral.change());
}

}  // namespace

extern const AttributionKind integrated;
const AttributionKind integrated = {"integrated",
                                    "The gradient on the whole way from the background to the picture",
                                    "value - value of the background",
                                    AttributionKind::Place::kNone,
                                    false,
                                    by_formula<integrated_gradients>};

}  // namespace microtome::attributions
