// SPDX-License-Identifier: Apache-2.0
// What torch.save writes: the input is the pickle of an archive that holds the storages "0" and "1", and, as it is, a
// file from before PyTorch 1.6.
#include "answered.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/testing/small_pytorch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  const std::string bytes(fuzz::text_of(data, size));
  const std::string archive = pickled::zip(
      {{"net/data.pkl", bytes}, {"net/data/0", std::string(96, '\1')}, {"net/data/1", std::string(16, '\2')}});
  for (const std::string& file : {archive, bytes}) {
    fuzz::answered([&] { network_from_bytes({"x.pth", std::make_shared<const std::string>(file)}); });
  }
  return 0;
}
