// SPDX-License-Identifier: Apache-2.0
// torch.save(): a zip archive with the pickle "NAME/data.pkl" and the storages "NAME/data/KEY", or, before PyTorch 1.6,
// five pickles (a magic number, 1001, facts of the machine, the object, the storages' keys) and the storages behind
// them, each with its length before it.
#include <fmt/format.h>

#include <map>

#include "microtome/base/error.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/pytorch_pickle.h"
#include "microtome/network/formats/state_dict.h"
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

void refuse_big_endian(const std::string& where) {
  throw Error(ErrorKind::kUnsupported, where, "was written on a big-endian machine",
              "load and save it with PyTorch on this one");
}

NamedTensors read_archive(const SharedBytes& file, const std::string& where) {
  const std::vector<ZipMember> members = list_zip(file.view, where);
  const ZipMember* pickled = nullptr;
  std::string folder;
  for (const ZipMember& member : members) {
    if (!member.name.ends_with("/data.pkl")) continue;
    pickled = &member;
    folder = member.name.substr(0, member.name.size() - std::string_view("data.pkl").size());
  }
  if (pickled == nullptr) {
    throw Error(ErrorKind::kUnsupported, where, "is a zip archive, but not one that torch.save wrote",
                "give a network file");
  }
  const ZipMember* order = find_member(members, folder + "byteorder");
  if (order != nullptr && unpack(file, *order, where).view == "big") refuse_big_endian(where);
  const SharedBytes bytes = unpack(file, *pickled, where);
  std::map<std::string, const ZipMember*> storages;
  for (const ZipMember& member : members) storages.emplace(member.name, &member);
  std::map<std::string, SharedBytes> unpacked;
  const auto storage = [&](const StorageReference& reference) {
    const auto found = storages.find(fmt::format("{}data/{}", folder, reference.key));
    if (found == storages.end()) {
      throw Error(ErrorKind::kCorrupt, where, fmt::format("lacks the storage \"{}\"", reference.key),
                  "get the file anew, it is cut short");
    }
    const auto [place, added] = unpacked.try_emplace(reference.key);
    if (added) place->second = unpack(file, *found->second, where);
    return place->second;
  };
  return weights_of(Pickle(bytes.view, where), storage, where);
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

StoredNetwork read_pytorch(const ModelFile& file, int side) {
  const SharedBytes bytes{file.bytes, *file.bytes};
  NamedTensors weights =
      looks_like_zip(bytes.view) ? read_archive(bytes, file.path) : LegacyFile(bytes, file.path).read();
  return network_from_weights(std::move(weights), side, file.path);
}

}  // namespace

extern const ModelFormat pytorch;
const ModelFormat pytorch = {
    "pytorch", "weights of a known architecture, as torch.save and TorchScript write them (.pth, .pt, .bin)",
    recognizes_pytorch, read_pytorch};

}  // namespace microtome::model_formats
