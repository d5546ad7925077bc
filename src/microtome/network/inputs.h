// SPDX-License-Identifier: Apache-2.0
// What a network file takes besides the one input that is studied, and how that one is laid out in the file.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace microtome {

// A value for one of the file's inputs, as a user says it.
struct GivenInput {
  std::string name;
  std::string text;   // a number, or a .npy file
  at::Tensor values;  // float32; of a number a scalar
};

// From "NAME=NUMBER" or "NAME=FILE.npy". Throws Error(kUsage) on another form or a name given twice, and what reading
// the file throws.
std::vector<GivenInput> parse_given_inputs(std::span<const std::string> texts);

// An input that is not studied: it has this value in every run.
struct HeldInput {
  std::string name;
  std::string type;            // "float32", "int64"
  std::vector<int64_t> shape;  // with its first axis
  std::string value;           // the number or the file
  bool given = false;          // not the default
};

struct InputFacts {
  std::string name;
  std::string type = "float32";     // as stored; all but tokens are run as float32
  std::vector<int64_t> file_shape;  // as the file has it, -1 where free; empty for a network made in memory
  bool channels_last = false;       // in the file: [N,H,W,C], [N,L,C]
  bool tokens = false;              // whole numbers that name entries of a table: no gradient leads to them
  std::vector<HeldInput> held;
};

}  // namespace microtome
