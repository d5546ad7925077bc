// SPDX-License-Identifier: Apache-2.0
// From the inputs that a file names to the one of a Graph: [N,C,H,W], [N,C,L], [N,F] or tokens [N,T], with lengths.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "microtome/network/formats/model_format.h"

namespace microtome {

struct FileInput {
  ValueIndex value = -1;
  std::string type;                                 // as InputFacts has it
  at::ScalarType elements = at::ScalarType::Float;  // that the graph's operators see
  bool has_shape = false;
  std::vector<int64_t> shape;  // -1: free
};

// Free lengths (-1) as those of most networks: a batch of 1, other lengths 224.
std::vector<int64_t> usual_lengths(std::vector<int64_t> shape);

// Chooses the input that is studied: not given, and if there is a choice pictures before other floats before whole
// numbers, in the file's order. The others become constants, and facts. Throws Error(kUsage) where what is given does
// not fit.
FileInput hold_other_inputs(StoredNetwork& stored, std::span<const FileInput> inputs, const ModelFile& file, int side);

// Gives the studied input its lengths, and puts in front of it what turns [N,C,H,W] floats into what the file has:
// channels last, whole numbers. Free channels are as many as the first weights ask for; `side` (0 = 224) stands for
// other free lengths. Which axis is the channels is told by the first operator that has channels, else by the lengths.
// The graph passed check_graph(). Throws Error(kUnsupported) for an input that is neither.
void lay_out_input(StoredNetwork& stored, const FileInput& studied, const std::string& where, int side);

}  // namespace microtome
