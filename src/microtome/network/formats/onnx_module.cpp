// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_module.h"

#include <google/protobuf/unknown_field_set.h>

#include <vector>

namespace microtome {

std::string module_of(const onnx::NodeProto& node) {
  constexpr int kMetadata = 9;
  const auto& unknown = node.unknown_fields();
  for (int i = 0; i < unknown.field_count(); ++i) {
    const auto& field = unknown.field(i);
    onnx::StringStringEntryProto entry;
    if (field.number() != kMetadata || field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) continue;
    if (!entry.ParseFromString(field.length_delimited()) || entry.key() != "pkg.torch.onnx.name_scopes") continue;
    std::vector<std::string> names;
    const std::string& text = entry.value();
    for (size_t open = text.find('\''); open != std::string::npos; open = text.find('\'', open + 1)) {
      const size_t close = text.find('\'', open + 1);
      if (close == std::string::npos) break;
      names.push_back(text.substr(open + 1, close - open - 1));
      open = close;
    }
    return names.size() < 2 ? "" : names[names.size() - 2];
  }
  return "";
}

}  // namespace microtome
