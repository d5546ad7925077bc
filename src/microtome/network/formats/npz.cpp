// SPDX-License-Identifier: Apache-2.0
// numpy.savez(): a zip archive of arrays, here the weights of a network by their names.
#include <ATen/ATen.h>

#include "microtome/base/npy.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/state_dict.h"
#include "microtome/network/formats/zip_archive.h"

namespace microtome::model_formats {
namespace {

constexpr std::string_view kArray = ".npy";

// By the name of the first member, which stands at the beginning.
bool recognizes_npz(std::string_view bytes) {
  constexpr size_t kNameLength = 26, kName = 30;
  if (!looks_like_zip(bytes) || bytes.size() < kName) return false;
  const size_t length = static_cast<uint8_t>(bytes[kNameLength]) | static_cast<uint8_t>(bytes[kNameLength + 1]) << 8;
  return bytes.substr(kName, length).ends_with(kArray);
}

StoredNetwork read_npz(const ModelFile& file, int side) {
  const SharedBytes bytes{file.bytes, *file.bytes};
  NamedTensors weights;
  for (const ZipMember& member : list_zip(bytes.view, file.path)) {
    if (!member.name.ends_with(kArray)) continue;
    const std::string name = member.name.substr(0, member.name.size() - kArray.size());
    const NpyFloats array = parse_npy(unpack(bytes, member, file.path).view, file.path + ", array \"" + name + "\"");
    weights.emplace_back(name, at::tensor(array.values, at::kFloat).reshape(array.shape));
  }
  return network_from_weights(std::move(weights), side, file.path);
}

}  // namespace

extern const ModelFormat npz;
const ModelFormat npz = {"npz", "weights of a known architecture as arrays by name, as numpy.savez writes them (.npz)",
                         recognizes_npz, read_npz};

}  // namespace microtome::model_formats
