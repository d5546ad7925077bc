// SPDX-License-Identifier: Apache-2.0
// From pictures to what a network was trained on. A wrong range is the most common silent cause of bad results, so it
// travels with the network or is given by name.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <string>
#include <vector>

#include "microtome/image/image.h"

namespace microtome {

// value = (pixel / 255 * (high - low) + low - mean[c]) / deviation[c], channel order RGB or BGR. Mean and deviation
// have one entry a channel, in the network's channel order; empty means 0 and 1.
struct Preprocessing {
  // The preset's name; for what the network brings "stored", the name of the file beside it, "computed" (by its first
  // nodes) or the type of its pixels ("uint8"); "custom" otherwise.
  std::string name;
  double low = 0, high = 1;
  std::vector<double> mean;
  std::vector<double> deviation;
  bool bgr = false;
  int side = 0;          // pixels of the square input; 0 = the network's own (or 224 where that is free)
  int resize_short = 0;  // for classify: the short side before the centre crop; 0 = side * 256 / 224
};

// What the user may say one by one on top of a preset; empty text or 0 = not given.
struct PreprocessingRequest {
  std::string preset;     // of preset_names(), with an optional ":SIDE"; "" = stored or guessed
  std::string mean;       // "123,117,104"
  std::string deviation;  // "58,57,57"
  std::string range;      // "0,255"
  std::string order;      // "rgb" or "bgr"
  int resize_short = 0;
};

// torchvision and dinov2: RGB 0..1, mean .485 .456 .406, deviation .229 .224 .225; caffe-bgr: BGR 0..255 minus 104 117
// 123; tf: RGB -1..1; raw and yolo: RGB 0..1; clip: its own mean and deviation; inception-5h: RGB 0..255 minus 117, the
// frozen graph that Lucid's pictures are of. Throws Error(kUsage) on an unknown name, with the list.
Preprocessing parse_preprocessing(const PreprocessingRequest& request, const Preprocessing& stored);

// "torchvision, caffe-bgr, ..."
std::string preset_names();

// The whole picture scaled to width x height (antialiased bilinear), as [1,C,H,W] float32 in the network's range.
// `channels` 1 takes the luminance (0.299 R + 0.587 G + 0.114 B).
at::Tensor to_input(const Image& image, const Preprocessing& preprocessing, int channels, int height, int width);

// The map of values alone: RGB (or grey) [N,C,H,W] in 0..1 to the network's range and channel order; differentiable.
at::Tensor normalize(const at::Tensor& image_nchw, const Preprocessing& preprocessing);

}  // namespace microtome
