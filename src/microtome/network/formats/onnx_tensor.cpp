// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_tensor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/network/limits.h"

namespace microtome {
namespace {

using onnx::TensorProto;

// How elements lie in the file. Of 4-bit ones there are two in a byte, the lower half first.
struct ElementType {
  int onnx;
  at::ScalarType stored;
  at::ScalarType kept;
  bool halves = false;
};

constexpr int kUint4 = 21, kInt4 = 22;  // newer than Debian's messages

// Integers narrower than a float's mantissa would do as floats too, but indices and shapes must stay integers.
constexpr ElementType kElementTypes[] = {
    {TensorProto::FLOAT, at::kFloat, at::kFloat},
    {TensorProto::FLOAT16, at::kHalf, at::kFloat},
    {TensorProto::BFLOAT16, at::kBFloat16, at::kFloat},
    {TensorProto::DOUBLE, at::kDouble, at::kFloat},
    {TensorProto::INT64, at::kLong, at::kLong},
    {TensorProto::INT32, at::kInt, at::kInt},
    {TensorProto::INT16, at::kShort, at::kShort},
    {TensorProto::UINT8, at::kByte, at::kByte},
    {TensorProto::INT8, at::kChar, at::kChar},
    {TensorProto::BOOL, at::kBool, at::kBool},
    {TensorProto::UINT16, at::kShort, at::kInt},
    {TensorProto::UINT32, at::kInt, at::kLong},
    {TensorProto::UINT64, at::kLong, at::kLong},
    {kUint4, at::kByte, at::kByte, true},
    {kInt4, at::kByte, at::kChar, true},
};

const ElementType& element_type(int wanted, const std::string& where) {
  for (const ElementType& type : kElementTypes) {
    if (type.onnx == wanted) return type;
  }
  const std::string name = TensorProto::DataType_IsValid(wanted)
                               ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(wanted))
                               : fmt::format("number {}", wanted);
  throw Error(ErrorKind::kUnsupported, where, fmt::format("has elements of type {}", name),
              "export the network with float32 weights");
}

int64_t checked_count(const TensorProto& proto, const std::string& where) {
  int64_t count = 1;
  bool empty = false;
  for (const int64_t size : proto.dims()) {
    if (size < 0) throw Error(ErrorKind::kCorrupt, where, fmt::format("has a negative size {}", size));
    // An axis without elements must not hide what the others ask for.
    if (__builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count) || count > (int64_t{1} << 40) ||
        proto.dims_size() > kMostAxes) {
      throw Error(ErrorKind::kCorrupt, where, "has an impossible shape", "get the file anew or export it again");
    }
    empty = empty || size == 0;
  }
  return empty ? 0 : count;
}

// Elements as they are stored: bytes, where each holds two.
int64_t stored_count(const TensorProto& proto, const ElementType& type, const std::string& where) {
  const int64_t count = checked_count(proto, where);
  return type.halves ? (count + 1) / 2 : count;
}

std::vector<int64_t> stored_shape(const TensorProto& proto, const ElementType& type, const std::string& where) {
  if (type.halves) return {stored_count(proto, type, where)};
  return {proto.dims().begin(), proto.dims().end()};
}

// From as they are stored to as they are kept; unsigned ones were seen as signed.
at::Tensor widened(const at::Tensor& stored, const TensorProto& proto, const ElementType& type,
                   const std::string& where) {
  if (type.halves) {
    const at::Tensor pairs = at::stack({stored.bitwise_and(15), stored.bitwise_right_shift(4)}, 1);
    const at::Tensor values = pairs.reshape(-1).narrow(0, 0, checked_count(proto, where));
    const at::Tensor shaped =
        values.reshape(at::IntArrayRef(proto.dims().data(), static_cast<size_t>(proto.dims_size())));
    return type.onnx == kInt4 ? at::where(shaped > 7, shaped.to(at::kChar) - 16, shaped.to(at::kChar)) : shaped;
  }
  if (type.onnx == TensorProto::UINT16) return stored.to(at::kInt).bitwise_and(0xFFFF);
  if (type.onnx == TensorProto::UINT32) return stored.to(at::kLong).bitwise_and(int64_t{0xFFFFFFFF});
  return stored.to(type.kept);
}

void check_size(int64_t found, int64_t expected, std::string_view of, const TensorProto& proto,
                const std::string& where) {
  if (found == expected) return;
  throw Error(
      ErrorKind::kCorrupt, where,
      fmt::format("holds {} {} where its shape [{}] needs {}", found, of, fmt::join(proto.dims(), ","), expected),
      "get the file anew, it is damaged or cut short");
}

template <class Owner>
at::Tensor view_of(std::shared_ptr<Owner> owner, const void* data, const std::vector<int64_t>& shape,
                   at::ScalarType type) {
  // Bool is viewed as bytes: any byte but 0 and 1 would be undefined behaviour as a bool.
  const at::ScalarType seen = type == at::kBool ? at::kByte : type;
  at::Tensor view = at::from_blob(
      const_cast<void*>(data), shape, [owner = std::move(owner)](void*) {}, at::TensorOptions().dtype(seen));
  if (reinterpret_cast<uintptr_t>(data) % at::elementSize(seen) != 0) view = view.clone();
  return type == at::kBool ? view.ne(0) : view;
}

// A typed field, moved out of the message.
template <class T>
at::Tensor view_of_field(google::protobuf::RepeatedField<T>& field, const TensorProto& proto, const ElementType& of,
                         at::ScalarType type, const std::string& where) {
  check_size(field.size(), stored_count(proto, of, where), "values", proto, where);
  auto owner = std::make_shared<google::protobuf::RepeatedField<T>>();
  owner->Swap(&field);
  return view_of(owner, owner->data(), stored_shape(proto, of, where), type);
}

// int32_data carries the narrow types, one value each; 16-bit floats as their bits.
at::Tensor from_int32_field(TensorProto& proto, const ElementType& type, const std::string& where) {
  const at::Tensor wide = view_of_field(*proto.mutable_int32_data(), proto, type, at::kInt, where);
  if (type.stored == at::kBool) return wide.ne(0);
  if (type.stored != at::kHalf && type.stored != at::kBFloat16) return wide.to(type.stored);
  return wide.to(at::kShort).view(type.stored);
}

at::Tensor from_fields(TensorProto& proto, const ElementType& type, const std::string& where) {
  const auto view = [&](auto* field, at::ScalarType seen) { return view_of_field(*field, proto, type, seen, where); };
  if (type.stored == at::kFloat) return view(proto.mutable_float_data(), at::kFloat);
  if (type.stored == at::kDouble) return view(proto.mutable_double_data(), at::kDouble);
  if (type.onnx == TensorProto::UINT32 || type.onnx == TensorProto::UINT64) {
    return view(proto.mutable_uint64_data(), at::kLong).to(type.stored);
  }
  if (type.stored == at::kLong) return view(proto.mutable_int64_data(), at::kLong);
  return from_int32_field(proto, type, where);
}

uint64_t number(const std::string& text, const std::string& where) {
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) {
    throw Error(ErrorKind::kCorrupt, where, fmt::format("says \"{}\" where its place in another file should be", text));
  }
  return std::stoull(text);
}

at::Tensor from_external(const TensorProto& proto, const ElementType& type, ExternalData& external,
                         const std::string& where) {
  std::map<std::string, std::string> place;
  for (const auto& entry : proto.external_data()) place[entry.key()] = entry.value();
  const auto file = external.file(place["location"], where);
  const uint64_t offset = place["offset"].empty() ? 0 : number(place["offset"], where);
  const uint64_t needed = static_cast<uint64_t>(stored_count(proto, type, where)) * at::elementSize(type.stored);
  const uint64_t length = place["length"].empty() ? needed : number(place["length"], where);
  check_size(static_cast<int64_t>(length), static_cast<int64_t>(needed), "bytes", proto, where);
  if (offset > file->size() || needed > file->size() - offset) {
    throw Error(ErrorKind::kCorrupt, where,
                fmt::format("lies at bytes {} to {} of \"{}\", which has {}", offset, offset + needed,
                            place["location"], file->size()),
                "get the file anew, it is damaged or cut short");
  }
  return view_of(file, file->data() + offset, stored_shape(proto, type, where), type.stored);
}

// Who looks for the file has asked for the network.
std::string read_external(const std::string& file, const std::string& model) {
  try {
    return read_file(file);
  } catch (const Error& failure) {
    if (failure.kind() != ErrorKind::kNotFound) throw;
    throw Error(failure.kind(), file, fmt::format("is not there, and {} keeps its weights in it", model),
                "put it beside the network, under the name that it was exported with");
  }
}

at::Tensor from_raw(TensorProto& proto, const ElementType& type, const std::string& where) {
  const int64_t needed = stored_count(proto, type, where) * static_cast<int64_t>(at::elementSize(type.stored));
  check_size(static_cast<int64_t>(proto.raw_data().size()), needed, "bytes", proto, where);
  const std::vector<int64_t> shape = stored_shape(proto, type, where);
  const std::shared_ptr<std::string> raw(proto.release_raw_data());
  return view_of(raw, raw->data(), shape, type.stored);
}

}  // namespace

std::shared_ptr<const std::string> ExternalData::file(const std::string& location, const std::string& where) {
  namespace fs = std::filesystem;
  const auto known = files_.find(location);
  if (known != files_.end()) return known->second;
  const fs::path relative(location);
  std::error_code failed;
  const fs::path folder = fs::weakly_canonical(fs::absolute(model_path_), failed).parent_path();
  const bool plain = !location.empty() && relative.is_relative() && location.find('\0') == std::string::npos;
  const fs::path target = plain ? fs::weakly_canonical(folder / relative, failed) : fs::path();
  // Compared after symbolic links are followed, so that no link leads out either.
  const fs::path inside = plain ? target.lexically_relative(folder) : fs::path();
  if (failed || inside.empty() || *inside.begin() == "..") {
    throw Error(ErrorKind::kCorrupt, where,
                fmt::format("keeps its data in \"{}\", outside the model's folder", location),
                "only files beside the model are read");
  }
  auto content = std::make_shared<const std::string>(read_external(target.string(), model_path_));
  files_.emplace(location, content);
  return content;
}

at::ScalarType element_type_kept(int type, const std::string& where) { return element_type(type, where).kept; }

at::Tensor take_tensor(TensorProto& proto, ExternalData& external, const std::string& where) {
  const ElementType& type = element_type(proto.data_type(), where);
  if (proto.has_segment())
    throw Error(ErrorKind::kUnsupported, where, "is stored in segments", "export it in one piece");
  at::Tensor tensor;
  if (proto.data_location() == TensorProto::EXTERNAL) {
    tensor = from_external(proto, type, external, where);
  } else if (checked_count(proto, where) == 0) {
    return at::empty(at::IntArrayRef(proto.dims().data(), static_cast<size_t>(proto.dims_size())), type.kept);
  } else if (proto.has_raw_data()) {
    tensor = from_raw(proto, type, where);
  } else {
    tensor = from_fields(proto, type, where);
  }
  return widened(tensor, proto, type, where);
}

at::Tensor take_or_refuse(TensorProto& proto, ExternalData& external, const std::string& where, std::string& refusal) {
  try {
    return take_tensor(proto, external, where);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsupported) throw;
    refusal = std::string(error.what()).substr(where.size() + 2);
    return {};
  }
}

}  // namespace microtome
