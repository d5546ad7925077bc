// SPDX-License-Identifier: Apache-2.0
// The zip archives of PyTorch: members in one folder, among them pickles and storages.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "microtome/network/formats/pytorch_pickle.h"
#include "microtome/network/formats/shared_bytes.h"
#include "microtome/network/formats/zip_archive.h"

namespace microtome {

[[noreturn]] void refuse_big_endian(const std::string& where);

class TorchArchive {
 public:
  // The folder is what stands before `mark`, "/data.pkl", in the name of the member that ends in it. Throws as
  // list_zip(); Error(kUnsupported) without such a member, and for archives of big-endian machines.
  TorchArchive(SharedBytes file, std::string_view mark, const std::string& where);

  bool has(const std::string& name) const { return members_.contains(name); }
  // By names below the folder. Throws Error(kCorrupt) when there is none.
  SharedBytes content(const std::string& name) const;
  // Names that begin so, in order.
  std::vector<std::string> below(const std::string& prefix) const;
  // The bytes of storages in a folder, "data/" or "constants/". The archive must outlive what it gives.
  std::function<SharedBytes(const StorageReference&)> storages(const std::string& folder) const;

 private:
  SharedBytes file_;
  const std::string& where_;
  std::vector<ZipMember> listed_;
  std::map<std::string, const ZipMember*> members_;
  mutable std::map<std::string, SharedBytes> unpacked_;
};

}  // namespace microtome
