// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/prefix.h"

#include "microtome/network/passes.h"

namespace microtome {

Prefix::Prefix(const Network& network, const Objective& objective, int64_t height, int64_t width)
    : window_{.height = height, .width = width}, network_(network) {
  const std::vector<std::string>& layers = objective.layers();
  for (const std::string& layer : layers) cuts_.push_back({.layer = layer, .units = {}});
  executor_ = make_executor(network_, layers);
}

const Executor& Prefix::redirected() const {
  const std::scoped_lock lock(mutex_);
  if (!redirected_) {
    const std::vector<std::string>& taps = executor_->taps();
    redirected_ = make_executor(redirect_dead_relus(prune_to(network_, taps)), taps);
  }
  return *redirected_;
}

View Prefix::view(const std::vector<at::Tensor>& taps) const {
  View view;
  for (size_t i = 0; i < cuts_.size(); ++i) {
    const Cut& cut = cuts_[i];
    view.add(cut.layer, taps[i], cut.units, cut.origin, cut.size);
  }
  return view;
}

}  // namespace microtome
