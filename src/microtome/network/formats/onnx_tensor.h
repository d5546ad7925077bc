// SPDX-License-Identifier: Apache-2.0
// ONNX tensors as ATen tensors, without copying what is already in the machine's own form.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

#include "microtome/network/formats/onnx_proto.h"

namespace microtome {

// Files that hold weights beside the model, each read once.
class ExternalData {
 public:
  explicit ExternalData(std::string model_path) : model_path_(std::move(model_path)) {}
  // The content of `location`, a path relative to the model's folder. Throws Error(kCorrupt) when it leads out of that
  // folder, Error(kNotFound/kIo) when it cannot be read.
  std::shared_ptr<const std::string> file(const std::string& location, const std::string& where);

 private:
  std::string model_path_;
  std::map<std::string, std::shared_ptr<const std::string>> files_;
};

// What elements of one of ONNX's types are kept as. Throws Error(kUnsupported), beginning with `where`, on a type that
// is not read.
at::ScalarType element_type_kept(int type, const std::string& where);

// float16, bfloat16 and float64 become float32; int64, int32, int16, uint8, int8 and bool stay. Takes the
// data out of `proto`; 4-bit integers become 8-bit ones, uint16, uint32 and uint64 the next wider signed ones. Throws
// Error(kCorrupt) when data and shape disagree, Error(kUnsupported) on another element type; both begin with `where`.
at::Tensor take_tensor(onnx::TensorProto& proto, ExternalData& external, const std::string& where);
// The same, but what would be Error(kUnsupported) is written to `refusal`, without `where`; the tensor is undefined
// then.
at::Tensor take_or_refuse(onnx::TensorProto& proto, ExternalData& external, const std::string& where,
                          std::string& refusal);

}  // namespace microtome
