// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share: real networks that may be there, and the arrays that came with them.
#pragma once
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/network/formats/safetensors_file.h"
#include "microtome/network/preprocessing.h"

namespace microtome {

// A path below the folder of shared data (MICROTOME_SHARED, default ../shared); may not exist.
inline std::string shared_path(const std::string& name) {
  const char* folder = std::getenv("MICROTOME_SHARED");
  return std::string(folder != nullptr ? folder : "../shared") + "/" + name;
}

// The error that `work` throws: its kind and text; fails the test when there is none.
template <class Work>
std::pair<ErrorKind, std::string> error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::kInternal, ""};
}

// Stores the weights of two axes and more of a safetensors file as float16.
inline void halve_weights(const std::string& file) {
  SafetensorsFile content = parse_safetensors(std::make_shared<const std::string>(read_file(file)), file);
  for (auto& [name, tensor] : content.tensors) {
    if (tensor.dim() >= 2 && tensor.scalar_type() == at::kFloat) tensor = tensor.to(at::kHalf);
  }
  write_file(file, safetensors_bytes(content, file));
}

// A request with these fields set.
inline PreprocessingRequest asking(
    std::initializer_list<std::pair<std::string PreprocessingRequest::*, std::string>> fields) {
  PreprocessingRequest request;
  for (const auto& [field, text] : fields) request.*field = text;
  return request;
}

// The members of an .npz (a zip archive, walked by its local headers), inflated.
inline std::map<std::string, std::string> read_npz(const std::string& path) {
  const std::string archive = read_file(path);
  const auto number = [&](size_t at, size_t bytes) {
    uint64_t value = 0;
    std::memcpy(&value, archive.data() + at, bytes);
    return static_cast<size_t>(value);
  };
  // The central directory has the sizes even where the local headers leave them open.
  const size_t end = archive.rfind("PK\x05\x06");
  std::map<std::string, std::string> members;
  size_t entry = number(end + 16, 4);
  for (size_t left = number(end + 10, 2); left > 0; --left) {
    const bool deflated = number(entry + 10, 2) != 0;
    const size_t packed = number(entry + 20, 4), size = number(entry + 24, 4), name = number(entry + 28, 2);
    const size_t local = number(entry + 42, 4);
    const size_t data = local + 30 + number(local + 26, 2) + number(local + 28, 2);
    std::string content = archive.substr(data, packed);
    if (deflated) {
      content.assign(size, '\0');
      z_stream stream{};
      inflateInit2(&stream, -MAX_WBITS);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(archive.data() + data));
      stream.avail_in = static_cast<uInt>(packed);
      stream.next_out = reinterpret_cast<Bytef*>(content.data());
      stream.avail_out = static_cast<uInt>(size);
      EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END) << path;
      inflateEnd(&stream);
    }
    members[archive.substr(entry + 46, name)] = content;
    entry += 46 + name + number(entry + 30, 2) + number(entry + 32, 2);
  }
  return members;
}

}  // namespace microtome
