// SPDX-License-Identifier: Apache-2.0
// Layout: torch/serialization.py and torch/_utils.py of PyTorch 0.4 to 2.x.
#include "microtome/network/formats/pytorch_pickle.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "microtome/base/error.h"
#include "microtome/network/formats/tensor_over.h"
#include "microtome/network/limits.h"

namespace microtome {

std::string_view called(const Pickle& pickle, const PickleValue& value) {
  if (value.kind != PickleKind::kObject) return {};
  const PickleValue* callable = &pickle[value.items[0]];
  if (callable->kind == PickleKind::kReference) {  // old files: ("module", class, its source ...)
    const std::vector<PickleIndex>& parts = pickle[callable->items[0]].items;
    if (parts.size() > 1) callable = &pickle[parts[1]];
  }
  return callable->kind == PickleKind::kGlobal ? callable->text : std::string_view{};
}

namespace {

constexpr const char* kSaveWeights = "save its weights alone: torch.save(model.state_dict(), \"net.pth\")";

struct StorageClass {
  std::string_view name;   // behind "torch." or "torch.storage."
  std::string_view dtype;  // behind "torch."
  at::ScalarType type;
};
constexpr StorageClass kStorageClasses[] = {
    {"FloatStorage", "float32", at::kFloat},   {"HalfStorage", "float16", at::kHalf},
    {"DoubleStorage", "float64", at::kDouble}, {"BFloat16Storage", "bfloat16", at::kBFloat16},
    {"LongStorage", "int64", at::kLong},       {"IntStorage", "int32", at::kInt},
    {"ShortStorage", "int16", at::kShort},     {"CharStorage", "int8", at::kChar},
    {"ByteStorage", "uint8", at::kByte},       {"BoolStorage", "bool", at::kBool},
    {"UntypedStorage", "uint8", at::kByte},
};

[[noreturn]] void damaged_pickle(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, where, what, "get the file anew or save it again");
}

bool is_text(const PickleValue& value, std::string_view text) {
  return value.kind == PickleKind::kText && value.text == text;
}

// Keys and values in turn: of a dictionary, or of an ordered one.
const std::vector<PickleIndex>* entries_of(const Pickle& pickle, const PickleValue& value) {
  if (value.kind == PickleKind::kDict) return &value.items;
  const std::string_view made = called(pickle, value);
  const bool ordered = made == "collections.OrderedDict" || made == "collections.defaultdict";
  return ordered && value.entries.size() % 2 == 0 ? &value.entries : nullptr;
}

// The last of a key, as in Python.
const PickleValue* entry_of(const Pickle& pickle, const PickleValue& dictionary, std::string_view key) {
  const std::vector<PickleIndex>* entries = entries_of(pickle, dictionary);
  for (size_t i = entries ? entries->size() : 0; i > 1; i -= 2) {
    if (is_text(pickle[(*entries)[i - 2]], key)) return &pickle[(*entries)[i - 1]];
  }
  return nullptr;
}

constexpr std::string_view kRebuilt = "torch._utils._rebuild_";

// Reads the tensors of one pickle.
class TensorReader {
 public:
  TensorReader(const Pickle& pickle, const std::function<SharedBytes(const StorageReference&)>& storage,
               const std::string& where)
      : pickle_(pickle), storage_(storage), where_(where) {}

  // Undefined when the value is no tensor and no call either.
  at::Tensor read(const PickleValue& value, const std::string& name) const {
    if (value.kind != PickleKind::kObject) return {};
    const std::string_view maker = called(pickle_, value);
    const std::vector<PickleIndex>& arguments = pickle_[value.items[1]].items;
    const bool parameter = maker == "torch._utils._rebuild_parameter" ||
                           maker == "torch._utils._rebuild_parameter_with_state" ||
                           maker == "torch.nn.parameter.Parameter";
    if (parameter && !arguments.empty()) {
      const PickleValue& data = pickle_[arguments[0]];
      if (called(pickle_, data).starts_with("torch._utils._rebuild_tensor")) return read(data, name);
    }
    if (maker == "torch._utils._rebuild_tensor" || maker == "torch._utils._rebuild_tensor_v2") {
      return view(arguments, std::nullopt, name);
    }
    if (maker == "torch._utils._rebuild_tensor_v3" && arguments.size() > 6) {
      return view(arguments, dtype(pickle_[arguments[6]], name), name);
    }
    if (harmless(maker)) return {};
    throw Error(ErrorKind::kUnsupported, where_,
                fmt::format("\"{}\" is made by {}, which is not read", name, maker.empty() ? "a call" : maker),
                kSaveWeights);
  }

 private:
  // Made of plain values, and no weights.
  bool harmless(std::string_view maker) const {
    return maker == "numpy.core.multiarray.scalar" || maker == "numpy._core.multiarray.scalar" ||
           maker == "torch.Size" || maker == "collections.OrderedDict" || maker == "collections.defaultdict";
  }

  at::ScalarType dtype(const PickleValue& value, const std::string& name) const {
    for (const StorageClass& known : kStorageClasses) {
      if (value.kind == PickleKind::kGlobal && value.text == fmt::format("torch.{}", known.dtype)) return known.type;
    }
    throw Error(ErrorKind::kUnsupported, where_, fmt::format("\"{}\" has elements of type {}", name, value.text),
                "save it as float32");
  }

  std::vector<int64_t> lengths(const PickleValue& value, const std::string& name) const {
    std::vector<int64_t> all;
    if (value.items.size() > static_cast<size_t>(kMostAxes)) refuse_shape(name);
    for (const PickleIndex item : value.items) {
      const PickleValue& length = pickle_[item];
      if (length.kind != PickleKind::kInt || length.integer < 0) refuse_shape(name);
      all.push_back(length.integer);
    }
    return all;
  }

  [[noreturn]] void refuse_shape(const std::string& name) const {
    damaged_pickle(where_, fmt::format("weight \"{}\" has an impossible shape", name));
  }

  // Arguments: storage, first element, sizes, strides, ...
  at::Tensor view(const std::vector<PickleIndex>& arguments, std::optional<at::ScalarType> type,
                  const std::string& name) const {
    if (arguments.size() < 4 || pickle_[arguments[0]].kind != PickleKind::kReference) {
      damaged_pickle(where_, fmt::format("weight \"{}\" has no storage", name));
    }
    StorageReference reference = storage_reference(pickle_, pickle_[arguments[0]], where_);
    const PickleValue& begin = pickle_[arguments[1]];
    const std::vector<int64_t> sizes = lengths(pickle_[arguments[2]], name);
    const std::vector<int64_t> strides = lengths(pickle_[arguments[3]], name);
    if (begin.kind != PickleKind::kInt || begin.integer < 0 || sizes.size() != strides.size()) refuse_shape(name);
    if (type) reference.count /= at::elementSize(*type);  // its storage counts bytes
    reference.type = type.value_or(reference.type);
    // Elements that are reached; and no more of them than there are, so that no stride of 0 makes much of little.
    uint64_t count = 1, end = static_cast<uint64_t>(begin.integer) + 1;
    bool fits = true;
    for (size_t axis = 0; axis < sizes.size(); ++axis) {
      const auto size = static_cast<uint64_t>(sizes[axis]);
      uint64_t reach = 0;
      fits = fits && !__builtin_mul_overflow(count, size, &count);
      if (size == 0) continue;
      fits = fits && !__builtin_mul_overflow(size - 1, static_cast<uint64_t>(strides[axis]), &reach) &&
             !__builtin_add_overflow(end, reach, &end);
    }
    if (count == 0 && fits) return at::empty(sizes, at::TensorOptions().dtype(reference.type));
    if (!fits || end > reference.count || count > reference.count) refuse_shape(name);
    const size_t element = at::elementSize(reference.type);
    const SharedBytes bytes = storage_(reference);
    if (bytes.view.size() / element < reference.count) {
      damaged_pickle(where_, fmt::format("the storage of weight \"{}\" has {} bytes where it should have {}", name,
                                         bytes.view.size(), reference.count * element));
    }
    const size_t first = static_cast<size_t>(begin.integer);
    return tensor_over(bytes.part(first * element, (end - first) * element), reference.type, sizes, strides);
  }

  const Pickle& pickle_;
  const std::function<SharedBytes(const StorageReference&)>& storage_;
  const std::string& where_;
};

// A dictionary with a tensor among its values.
bool holds_tensors(const Pickle& pickle, const PickleValue& value) {
  const std::vector<PickleIndex>* entries = entries_of(pickle, value);
  for (size_t i = 1; entries && i < entries->size(); i += 2) {
    if (called(pickle, pickle[(*entries)[i]]).starts_with(kRebuilt)) return true;
  }
  return false;
}

[[noreturn]] void refuse_pickle(const Pickle& pickle, const std::string& where) {
  const PickleValue& root = pickle.root();
  const std::string_view maker = called(pickle, root);
  if (!maker.empty() && entries_of(pickle, root) == nullptr) {
    throw Error(ErrorKind::kUnsupported, where,
                fmt::format("is a whole pickled object of the class {}; only weights are read", maker), kSaveWeights);
  }
  std::string found;
  const std::vector<PickleIndex>* entries = entries_of(pickle, root);
  for (size_t i = 0; entries && i + 1 < entries->size() && i < 20; i += 2) {
    const PickleValue& key = pickle[(*entries)[i]];
    if (key.kind != PickleKind::kText) continue;
    const std::string_view made = called(pickle, pickle[(*entries)[i + 1]]);
    found +=
        fmt::format("{}\"{}\"{}", found.empty() ? "" : ", ", key.text, made.empty() ? "" : fmt::format(" ({})", made));
  }
  throw Error(ErrorKind::kUnsupported, where,
              found.empty() ? "is a pickle that holds no weights by name"
                            : fmt::format("holds no weights by name, only {}", found),
              kSaveWeights);
}

// Under what training scripts put weights; averaged ones are those that are evaluated.
constexpr std::string_view kWrappers[] = {
    "state_dict_ema", "model_ema", "ema_state_dict", "ema",     "state_dict", "model_state_dict", "model",   "net",
    "network",        "weights",   "params",         "teacher", "student",    "backbone",         "encoder", "module"};

const PickleValue& weights_dictionary(const Pickle& pickle, const std::string& where) {
  const PickleValue* value = &pickle.root();
  for (int depth = 0; depth < 3; ++depth) {
    const PickleValue* inner = nullptr;
    for (const std::string_view wrapper : kWrappers) {
      const PickleValue* entry = entry_of(pickle, *value, wrapper);
      if (entry == nullptr || entries_of(pickle, *entry) == nullptr) continue;
      inner = entry;
      break;
    }
    if (inner == nullptr) break;
    value = inner;
  }
  if (holds_tensors(pickle, *value)) return *value;
  refuse_pickle(pickle, where);
}

// A TorchScript program keeps its weights in its modules, which are objects of classes of its own.
constexpr std::string_view kScripted = "__torch__.";

void collect_scripted(const Pickle& pickle, PickleIndex module, const std::string& prefix, const TensorReader& reader,
                      std::set<PickleIndex>& seen, NamedTensors& weights) {
  constexpr size_t kDeepest = 64;
  const PickleValue& state = pickle[pickle[module].state];
  if (!seen.insert(module).second || state.kind != PickleKind::kDict || seen.size() > kMostListed) return;
  if (std::count(prefix.begin(), prefix.end(), '.') > static_cast<std::ptrdiff_t>(kDeepest)) return;
  for (size_t i = 0; i + 1 < state.items.size(); i += 2) {
    const PickleValue& key = pickle[state.items[i]];
    if (key.kind != PickleKind::kText) continue;
    const std::string name = prefix + std::string(key.text);
    const std::string_view made = called(pickle, pickle[state.items[i + 1]]);
    if (made.starts_with(kScripted)) {
      collect_scripted(pickle, state.items[i + 1], name + ".", reader, seen, weights);
    } else if (made.starts_with(kRebuilt)) {
      weights.emplace_back(name, reader.read(pickle[state.items[i + 1]], name));
    }
  }
}

}  // namespace

bool is_storage(const Pickle& pickle, const PickleValue& reference) {
  if (reference.kind != PickleKind::kReference) return false;
  const std::vector<PickleIndex>& parts = pickle[reference.items[0]].items;
  return parts.size() >= 5 && is_text(pickle[parts[0]], "storage");
}

StorageReference storage_reference(const Pickle& pickle, const PickleValue& reference, const std::string& where) {
  if (!is_storage(pickle, reference)) damaged_pickle(where, "refers to what is no storage");
  const std::vector<PickleIndex>& parts = pickle[reference.items[0]].items;
  const PickleValue& made = pickle[parts[1]];
  const PickleValue& key = pickle[parts[2]];
  const PickleValue& count = pickle[parts[4]];
  if (made.kind != PickleKind::kGlobal || key.kind != PickleKind::kText || count.kind != PickleKind::kInt ||
      count.integer < 0) {
    damaged_pickle(where, "has a storage without a class, a key or a length");
  }
  StorageReference found{.key = std::string(key.text), .count = static_cast<uint64_t>(count.integer)};
  if (parts.size() > 5 && pickle[parts[5]].kind == PickleKind::kTuple) {
    const std::vector<PickleIndex>& part = pickle[parts[5]].items;  // key, first element, number of elements
    if (part.size() != 3 || pickle[part[1]].integer < 0 || pickle[part[2]].integer < 0)
      damaged_pickle(where, "has a damaged view of a storage");
    found.begin = static_cast<uint64_t>(pickle[part[1]].integer);
    found.count = static_cast<uint64_t>(pickle[part[2]].integer);
  }
  for (const StorageClass& known : kStorageClasses) {
    const bool same = made.text == fmt::format("torch.{}", known.name) ||
                      made.text == fmt::format("torch.storage.{}", known.name) ||
                      made.text == fmt::format("torch.cuda.{}", known.name);
    if (!same) continue;
    found.type = known.type;
    return found;
  }
  throw Error(ErrorKind::kUnsupported, where,
              fmt::format("has a storage of the class {}, which is not read", made.text),
              "save the weights as float32");
}

at::Tensor tensor_of(const Pickle& pickle, const PickleValue& value,
                     const std::function<SharedBytes(const StorageReference&)>& storage, const std::string& name,
                     const std::string& where) {
  return TensorReader(pickle, storage, where).read(value, name);
}

NamedTensors weights_of(const Pickle& pickle, const std::function<SharedBytes(const StorageReference&)>& storage,
                        const std::string& where) {
  const TensorReader reader(pickle, storage, where);
  NamedTensors weights;
  if (called(pickle, pickle.root()).starts_with(kScripted)) {
    std::set<PickleIndex> seen;
    collect_scripted(pickle, pickle.root_index(), "", reader, seen, weights);
    if (!weights.empty()) return weights;
    throw Error(ErrorKind::kUnsupported, where, "is a TorchScript program without weights by name (a frozen one?)",
                "export the network with torch.onnx.export");
  }
  const std::vector<PickleIndex>& entries = *entries_of(pickle, weights_dictionary(pickle, where));
  for (size_t i = 0; i + 1 < entries.size(); i += 2) {
    const PickleValue& key = pickle[entries[i]];
    const std::string name(key.kind == PickleKind::kText ? key.text : std::string_view("?"));
    const at::Tensor tensor = reader.read(pickle[entries[i + 1]], name);
    if (tensor.defined() && key.kind == PickleKind::kText) weights.emplace_back(name, tensor);
  }
  return weights;
}

}  // namespace microtome
