// SPDX-License-Identifier: Apache-2.0
// torch.save(): a zip archive with the pickle "NAME/data.pkl" and the storages "NAME/data/KEY", or, before PyTorch 1.6,
// five pickles (a magic number, 1001, facts of the machine, the object, the storages' keys) and the storages behind
// them, each with its length before it.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/pytorch_pickle.h"
#include "microtome/network/formats/script_program.h"
#include "microtome/network/formats/state_dict.h"
#include "microtome/network/formats/torch_archive.h"
#include "microtome/network/formats/zip_archive.h"

namespace microtome::model_formats {
namespace {

constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";  // 0x1950a86a20f9469cfc6c

bool recognizes_pytorch(std::string_view bytes) {
  return looks_like_zip(bytes) || (bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 0 && bytes[1] <= 5);
}

[[noreturn]] void cut_short(const std::string& where) {
  throw Error(ErrorKind::kCorrupt, where, "ends before its last storage", "get the file anew, it is cut short");
}

NamedTensors weights_in(const TorchArchive& archive, const std::string& where) {
  const SharedBytes bytes = archive.content("data.pkl");
  return weights_of(Pickle(bytes.view, where), archive.storages("data/"), where);
}

// The five pickles, read in turn.
class LegacyFile {
 public:
  LegacyFile(SharedBytes file, const std::string& where) : file_(std::move(file)), where_(where) {}

  NamedTensors read() {
    const Pickle magic = next();
    if (magic.root().kind != PickleKind::kLong || magic.root().text != kMagic) refuse_foreign();
    if (next().root().integer != 1001) refuse_foreign();
    check_machine(next());
    const Pickle object = next(), keys = next();
    read_storages(object, keys);
    const auto storage = [&](const StorageReference& reference) { return bytes_of(reference); };
    return weights_of(object, storage, where_);
  }

 private:
  [[noreturn]] void refuse_foreign() const {
    throw Error(ErrorKind::kUnsupported, where_, "is a Python pickle, but not one that torch.save wrote",
                "save the network's weights: torch.save(model.state_dict(), \"net.pth\")");
  }

  Pickle next() {
    Pickle pickle(file_.view.substr(at_), where_);
    at_ += pickle.bytes();
    return pickle;
  }

  void check_machine(const Pickle& facts) const {
    const std::vector<PickleIndex>& entries = facts.root().items;
    for (size_t i = 0; i + 1 < entries.size(); i += 2) {
      const PickleValue& value = facts[entries[i + 1]];
      const bool order = facts[entries[i]].text == "little_endian" && value.kind == PickleKind::kBool;
      if (order && value.integer == 0) refuse_big_endian(where_);
    }
  }

  // What a storage's length counts stands where it is referred to.
  void read_storages(const Pickle& object, const Pickle& keys) {
    std::map<std::string, size_t> sizes;
    for (PickleIndex i = 0; i < object.size(); ++i) {
      if (!is_storage(object, object[i])) continue;
      const StorageReference reference = storage_reference(object, object[i], where_);
      sizes.emplace(reference.key, at::elementSize(reference.type));
    }
    for (const PickleIndex key : keys.root().items) {
      const auto size = sizes.find(std::string(keys[key].text));
      if (size == sizes.end()) cut_short(where_);
      uint64_t count = 0;
      if (file_.view.size() - at_ < sizeof count) cut_short(where_);
      for (size_t i = sizeof count; i-- > 0;) count = count << 8 | static_cast<uint8_t>(file_.view[at_ + i]);
      at_ += sizeof count;
      if (count > (file_.view.size() - at_) / size->second) cut_short(where_);
      storages_[size->first] = file_.part(at_, count * size->second);
      at_ += count * size->second;
    }
  }

  SharedBytes bytes_of(const StorageReference& reference) const {
    const auto found = storages_.find(reference.key);
    if (found == storages_.end()) cut_short(where_);
    const size_t element = at::elementSize(reference.type);
    if (reference.begin > found->second.view.size() / element) cut_short(where_);
    return found->second.part(reference.begin * element, std::string::npos);
  }

  SharedBytes file_;
  const std::string& where_;
  size_t at_ = 0;
  std::map<std::string, SharedBytes> storages_;
};

// Whether both make the same of one picture: then the program is the architecture that its weights are named after.
bool same_function(const StoredNetwork& program, const StoredNetwork& architecture) {
  const std::vector<int64_t>& shape = program.graph.values[at_index(program.graph.input)].shape;
  if (shape != architecture.graph.values[at_index(architecture.graph.input)].shape) return false;
  const at::Tensor picture = at::arange(at::ones(shape).numel(), at::kFloat).mul(0.37).sin().reshape(shape);
  const auto made_by = [&](const StoredNetwork& stored) {
    const Network network(stored.graph, stored.facts);
    return make_executor(network, {network.output_layer().name})->run(picture).at(0);
  };
  const at::Tensor a = made_by(program), b = made_by(architecture);
  return a.sizes() == b.sizes() && at::allclose(a, b, 1e-3, 1e-4 * std::max(1.0, b.abs().max().item<double>()));
}

std::optional<StoredNetwork> known_architecture(const TorchArchive& archive, int side, const std::string& where) {
  try {
    return network_from_weights(weights_in(archive, where), side, where);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// A program is what it computes, whatever its weights are named. Where that is a known architecture, its input is known
// too.
StoredNetwork read_script(const TorchArchive& archive, int side, const std::string& where) {
  std::optional<StoredNetwork> known = known_architecture(archive, side, where);
  if (!known) return network_of_script(archive, side, where);
  const int own = static_cast<int>(known->graph.values[at_index(known->graph.input)].shape.back());
  try {
    StoredNetwork program = network_of_script(archive, own, where);
    if (!same_function(program, *known)) return program;
  } catch (const Error& failure) {
    known->facts.notes.push_back(fmt::format("holds a program, too, which was not followed ({})", failure.what()));
  }
  return std::move(*known);
}

StoredNetwork read_pytorch(const ModelFile& file, int side) {
  const SharedBytes bytes{file.bytes, *file.bytes};
  if (!looks_like_zip(bytes.view)) {
    return network_from_weights(LegacyFile(bytes, file.path).read(), side, file.path);
  }
  const TorchArchive archive(bytes, "/data.pkl", file.path);
  if (is_script(archive)) return read_script(archive, side, file.path);
  return network_from_weights(weights_in(archive, file.path), side, file.path);
}

}  // namespace

extern const ModelFormat pytorch;
const ModelFormat pytorch = {
    "pytorch", "TorchScript programs, and weights of a known architecture as torch.save writes them (.pth, .pt, .bin)",
    recognizes_pytorch, read_pytorch};

}  // namespace microtome::model_formats
