// SPDX-License-Identifier: Apache-2.0
// The tensors of PyTorch's pickles.
#pragma once
#include <functional>
#include <string>

#include "microtome/network/formats/graph_json.h"
#include "microtome/network/formats/pickle.h"
#include "microtome/network/formats/shared_bytes.h"

namespace microtome {

// What a reference of the pickle ("persistent id") stands for: a tuple ("storage", class of the storage, key, device,
// number of elements, ...).
struct StorageReference {
  at::ScalarType type = at::kFloat;  // kByte for a storage without a type
  std::string key;
  uint64_t count = 0;  // elements of `type`
  uint64_t begin = 0;  // first element, for the views that old files have
};
// Throws Error(kCorrupt), and Error(kUnsupported) with the name of a class that is not known.
bool is_storage(const Pickle& pickle, const PickleValue& reference);
StorageReference storage_reference(const Pickle& pickle, const PickleValue& reference, const std::string& where);

// The weights in the dictionary that the pickle is, or that it holds as "model_ema", "ema", "state_dict", "model" and
// the like, the averaged ones first; of a TorchScript program by the names of its modules. Entries of it that are plain
// Python values are left out; calls that make no tensor are Error(kUnsupported) and are named, and so is a pickled
// module. `storage` gives the bytes of a reference.
NamedTensors weights_of(const Pickle& pickle, const std::function<SharedBytes(const StorageReference&)>& storage,
                        const std::string& where);

// What is called, or of which class it is: "torch._utils._rebuild_tensor_v2"; empty for everything else.
std::string_view called(const Pickle& pickle, const PickleValue& value);
// The tensor that such a call makes, `name` for messages; undefined for another value. Throws as weights_of().
at::Tensor tensor_of(const Pickle& pickle, const PickleValue& value,
                     const std::function<SharedBytes(const StorageReference&)>& storage, const std::string& name,
                     const std::string& where);

}  // namespace microtome
