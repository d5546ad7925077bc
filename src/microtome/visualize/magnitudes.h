// SPDX-License-Identifier: Apache-2.0
// How strong each frequency is in pictures: mean magnitudes of their spectra, measured, kept in a file and carried to
// other sizes.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "microtome/visualize/colour.h"

namespace microtome {

// Of dioramas of 128 x 128 px with Lucid's colours (models/diorama_spectrum.npy): [3,128,65], float32.
const at::Tensor& diorama_magnitudes();

// [channels,n,n/2+1] from an .npy file. Throws Error(kUsage) for another shape or count of channels, Error(kCorrupt)
// for values that are negative or no numbers, and what reading throws.
at::Tensor read_magnitudes(const std::string& file, int64_t channels);

// Of pictures of height x width, [C,height,width/2+1], from those of n x n: at equal cycles a pixel, where magnitude
// times frequency, which varies slowly, is interpolated bilinearly; below the lowest measured frequency it stays as it
// is there. The mean (frequency 0) grows with the number of pixels, all others with its root. The same n: unchanged.
at::Tensor resampled_magnitudes(const at::Tensor& magnitudes, int64_t height, int64_t width);

// What a set of pictures has in common. Not thread-safe; the same pictures in the same order give the same bits.
class PictureStatistics {
 public:
  // Of pictures of side x side; `colour` says of which channels the magnitudes are.
  PictureStatistics(int64_t side, const Colour& colour) : side_(side), colour_(colour) {}
  // [1,C,side,side] in 0..1.
  void add(const at::Tensor& picture);

  int64_t count() const { return count_; }
  // Mean |rfft2| of the decorrelated channels, [C,side,side/2+1], float32. Of at least one picture.
  at::Tensor magnitudes() const;
  // For Colour: the square root of the covariance of the values of all pixels, [C,C], float32: columns are principal
  // axes times the deviation along them, the widest first, each beginning with a positive number; all divided by the
  // largest column's norm. Throws Error(kUsage) when the pictures have fewer than C independent colours.
  at::Tensor colours() const;

 private:
  int64_t side_, count_ = 0;
  Colour colour_;
  at::Tensor magnitudes_, sum_, products_;  // double
};

}  // namespace microtome
