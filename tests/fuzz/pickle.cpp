// SPDX-License-Identifier: Apache-2.0
// Python's pickles: whatever they refer to is there.
#include "microtome/network/formats/pickle.h"
#include "answered.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  return fuzz::answered([&] {
    const Pickle pickle(fuzz::text_of(data, size), "x");
    if (pickle.bytes() > size || pickle.root_index() >= pickle.size()) std::abort();
    for (PickleIndex i = 0; i < pickle.size(); ++i) {
      const PickleValue& value = pickle[i];
      const bool called = value.kind == PickleKind::kObject && value.items.size() != 2;
      const bool referred = value.kind == PickleKind::kReference && value.items.size() != 1;
      if (called || referred || value.state >= pickle.size()) std::abort();
      for (const auto* items : {&value.items, &value.entries}) {
        for (const PickleIndex item : *items) {
          if (item >= pickle.size()) std::abort();
        }
      }
    }
  });
}
