// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/image_targets.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "microtome/image/codec.h"
#include "microtome/network/eye.h"

namespace microtome {

at::Tensor ImageTargets::activations(const std::string& file, const std::string& layer, int64_t height, int64_t width) {
  const std::scoped_lock lock(mutex_);
  const auto [found, fresh] = activations_.try_emplace({file, layer, height, width});
  if (!fresh && found->second.defined()) return found->second;
  auto image = images_.find(file);
  if (image == images_.end()) {
    image = images_.emplace(file, load_image(file)).first;
    ++decoded_;
  }
  const at::NoGradGuard no_gradients;
  const Eye eye(network_, preprocessing_, {layer});
  found->second = eye.look(eye.input(image->second, height, width))[0].clone();
  ++runs_;
  return found->second;
}

}  // namespace microtome
