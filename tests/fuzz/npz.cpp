// SPDX-License-Identifier: Apache-2.0
// What numpy.savez writes: the input is an array that stands in the archive under two names.
#include "answered.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/testing/small_pytorch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  const std::string array(fuzz::text_of(data, size));
  const std::string archive = pickled::zip({{"conv1.weight.npy", array}, {"conv1.bias.npy", array, true}});
  return fuzz::answered([&] { network_from_bytes({"x.npz", std::make_shared<const std::string>(archive)}); });
}
