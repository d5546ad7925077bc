// SPDX-License-Identifier: Apache-2.0
// safetensors: u64 header length (little-endian), a JSON header, then the raw tensors
// (huggingface.co/docs/safetensors). Named tensors and a map of texts; nothing in it is ever executed.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace microtome {

struct SafetensorsFile {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  std::map<std::string, std::string> metadata;
};

bool looks_like_safetensors(std::string_view bytes);

// Tensors are views into `bytes` where their place is aligned, copies otherwise; dtypes as stored (F64, F32, F16, BF16,
// I64, I32, I16, I8, U8, BOOL), in the order of their places. Throws Error(kCorrupt) when header, shapes, places and
// file size disagree or places overlap, Error(kUnsupported) on another dtype; both begin with `where`.
SafetensorsFile parse_safetensors(std::shared_ptr<const std::string> bytes, const std::string& where);

// Wide elements first, then in the order given, so that every tensor is aligned; the same input gives the same bytes.
// Throws Error(kUnsupported) on a dtype that the format lacks, on text that is not UTF-8, and on a name given twice.
std::string safetensors_bytes(const SafetensorsFile& content, const std::string& where);

}  // namespace microtome
