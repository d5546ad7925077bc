// SPDX-License-Identifier: Apache-2.0
// A small, plausible atlas for the tests of rooms that read one. Link microtome_atlas_testing.
#pragma once
#include <string>

namespace microtome {

// Writes PATH (replacing what was there): network "sample" with four layers, of which "conv1" (16 units) and
// "block/conv2" (24 units) are dissected with both signs and have a picture for each unit and sign (unit 3 of conv1 is
// dead and "did not start", unit 5 of block/conv2 has frames of steps 1, 8 and 32); three pictures of no single unit,
// two of them with frames and holes; 12 images of 64 x 64; 8 x 8 maps; 23 concepts in 6 categories. Every score is
// consistent (IoU = I / (A + G - I)). The same content each time.
void write_sample_atlas(const std::string& path);

// A folder for temporary files where waiting for the disk costs nothing, if this machine has one: each write to an
// atlas is a transaction that reaches the disk.
std::string quick_folder();

}  // namespace microtome
