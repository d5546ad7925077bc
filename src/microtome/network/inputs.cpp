// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/inputs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"

namespace microtome {
namespace {

at::Tensor given_values(const std::string& text) {
  if (text.ends_with(".npy")) {
    const NpyFloats array = parse_npy(read_file(text), text);
    return at::tensor(array.values).reshape(array.shape);
  }
  float number = 0;
  const auto [stopped, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || stopped != text.data() + text.size() || !std::isfinite(number)) {
    throw Error(ErrorKind::kUsage, "input", "\"" + text + "\" is neither a number nor a .npy file",
                "write it as NAME=0.5 or NAME=FILE.npy");
  }
  return at::scalar_tensor(number);
}

}  // namespace

std::vector<GivenInput> parse_given_inputs(std::span<const std::string> texts) {
  std::vector<GivenInput> inputs;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::kUsage, "input", "\"" + text + "\" names no value",
                  "write it as NAME=0.5 or NAME=FILE.npy");
    }
    GivenInput input{text.substr(0, equals), text.substr(equals + 1), {}};
    if (std::ranges::find(inputs, input.name, &GivenInput::name) != inputs.end()) {
      throw Error(ErrorKind::kUsage, "input", "\"" + input.name + "\" is given twice");
    }
    input.values = given_values(input.text);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace microtome
