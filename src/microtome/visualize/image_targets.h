// SPDX-License-Identifier: Apache-2.0
// What images are to a network, for objectives that follow one: made once, however many objectives ask.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "microtome/image/image.h"
#include "microtome/network/network.h"

namespace microtome {

// Of one network and its preprocessing, which outlive it. Files are read when first asked for and not again.
// Thread-safe.
class ImageTargets {
 public:
  ImageTargets(const Network& network, const Preprocessing& preprocessing)
      : network_(network), preprocessing_(preprocessing) {}

  // Activations [1,C,H,W] or [1,F] of the image in `file` at a layer: the whole image scaled to an input of height x
  // width, without transforms. Throws what reading the file throws.
  at::Tensor activations(const std::string& file, const std::string& layer, int64_t height, int64_t width);

  // How often a file was decoded, and how often the network was run.
  int64_t decoded() const { return decoded_; }
  int64_t runs() const { return runs_; }

 private:
  using Key = std::tuple<std::string, std::string, int64_t, int64_t>;

  const Network& network_;
  const Preprocessing& preprocessing_;
  std::mutex mutex_;
  std::map<std::string, Image> images_;
  std::map<Key, at::Tensor> activations_;
  int64_t decoded_ = 0, runs_ = 0;
};

}  // namespace microtome
