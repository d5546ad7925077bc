// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/torch_archive.h"

#include <fmt/format.h>

#include "microtome/base/error.h"

namespace microtome {

void refuse_big_endian(const std::string& where) {
  throw Error(ErrorKind::kUnsupported, where, "was written on a big-endian machine",
              "load and save it with PyTorch on this one");
}

TorchArchive::TorchArchive(SharedBytes file, std::string_view mark, const std::string& where)
    : file_(std::move(file)), where_(where), listed_(list_zip(file_.view, where)) {
  const ZipMember* marked = nullptr;
  for (const ZipMember& member : listed_) {
    if (member.name.ends_with(mark)) marked = &member;
  }
  if (marked == nullptr) {
    throw Error(ErrorKind::kUnsupported, where, "is a zip archive, but not one that torch.save wrote",
                "give a network file");
  }
  const std::string folder = marked->name.substr(0, marked->name.size() - mark.size() + mark.starts_with('/'));
  for (const ZipMember& member : listed_) {
    if (member.name.starts_with(folder)) members_.emplace(member.name.substr(folder.size()), &member);
  }
  if (has("byteorder") && content("byteorder").view == "big") refuse_big_endian(where);
}

SharedBytes TorchArchive::content(const std::string& name) const {
  const auto found = members_.find(name);
  if (found == members_.end()) {
    throw Error(ErrorKind::kCorrupt, where_, fmt::format("lacks the member \"{}\"", name),
                "get the file anew, it is cut short");
  }
  const auto [place, added] = unpacked_.try_emplace(name);
  if (added) place->second = unpack(file_, *found->second, where_);
  return place->second;
}

std::vector<std::string> TorchArchive::below(const std::string& prefix) const {
  std::vector<std::string> names;
  for (auto at = members_.lower_bound(prefix); at != members_.end() && at->first.starts_with(prefix); ++at) {
    names.push_back(at->first);
  }
  return names;
}

std::function<SharedBytes(const StorageReference&)> TorchArchive::storages(const std::string& folder) const {
  return [this, folder](const StorageReference& reference) {
    if (!has(folder + reference.key)) {
      throw Error(ErrorKind::kCorrupt, where_, fmt::format("lacks the storage \"{}\"", reference.key),
                  "get the file anew, it is cut short");
    }
    return content(folder + reference.key);
  };
}

}  // namespace microtome
