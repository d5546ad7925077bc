// SPDX-License-Identifier: Apache-2.0
// PyTorch's files for tests, written byte by byte: pickles of protocol 2, zip archives, files from before PyTorch 1.6.
#pragma once
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "microtome/network/formats/graph_json.h"

namespace microtome::pickled {

inline std::string little(uint64_t value, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) out += i < sizeof value ? static_cast<char>(value >> (8 * i)) : '\0';
  return out;
}

inline std::string text(const std::string& words) { return "X" + little(words.size(), 4) + words; }
inline std::string number(int64_t value) { return "J" + little(static_cast<uint64_t>(value), 4); }
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<std::string>& items) {
  std::string out = "(";
  for (const std::string& item : items) out += item;
  return out + "t";
}
inline std::string numbers(at::IntArrayRef values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(number(value));
  return tuple(items);
}
inline std::string call(const std::string& callable, const std::vector<std::string>& arguments) {
  return callable + tuple(arguments) + "R";
}

using Entries = std::vector<std::pair<std::string, std::string>>;  // key, pickled value
inline std::string entries_of(const Entries& entries) {
  std::string out = "(";
  for (const auto& [key, value] : entries) out += text(key) + value;
  return out + "u";
}
inline std::string plain(const Entries& entries) { return "}" + entries_of(entries); }
inline std::string ordered(const Entries& entries) {
  return call(global("collections", "OrderedDict"), {}) + entries_of(entries);
}
inline std::string whole(const std::string& value) { return "\x80\x02" + value + "."; }

inline std::string storage(const std::string& type, const std::string& key, int64_t count, bool legacy = false) {
  std::vector<std::string> items = {text("storage"), global("torch", type), text(key), text("cpu"), number(count)};
  if (legacy) items.emplace_back("N");
  return tuple(items) + "Q";
}

inline const char* storage_class(at::ScalarType type) {
  switch (type) {
    case at::kHalf:
      return "HalfStorage";
    case at::kBFloat16:
      return "BFloat16Storage";
    case at::kDouble:
      return "DoubleStorage";
    case at::kLong:
      return "LongStorage";
    default:
      return "FloatStorage";
  }
}

// A view: first element, sizes, strides.
inline std::string view(const std::string& of, int64_t begin, at::IntArrayRef sizes, at::IntArrayRef strides) {
  const std::string hooks = call(global("collections", "OrderedDict"), {});
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              {of, number(begin), numbers(sizes), numbers(strides), "\x89", hooks});
}

inline std::string raw(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  return {static_cast<const char*>(dense.data_ptr()), dense.nbytes()};
}

// Each tensor with a storage of its own, keys "0", "1" ...
inline Entries entries(const NamedTensors& tensors, bool legacy = false) {
  Entries made;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const at::Tensor tensor = tensors[i].second.contiguous();
    const std::string of = storage(storage_class(tensor.scalar_type()), std::to_string(i), tensor.numel(), legacy);
    made.emplace_back(tensors[i].first, view(of, 0, tensor.sizes(), tensor.strides()));
  }
  return made;
}

struct Member {
  std::string name, content;
  bool deflated = false;
};

inline std::string deflate_raw(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(content.size() + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// `wide`: sizes and places in the fields of 64 bits alone.
inline std::string zip(const std::vector<Member>& members, bool wide = false) {
  const auto narrow = [&](uint64_t value) { return little(wide ? 0xFFFFFFFF : value, 4); };
  std::string out, directory;
  for (const Member& member : members) {
    const std::string packed = member.deflated ? deflate_raw(member.content) : member.content;
    const auto* data = reinterpret_cast<const Bytef*>(member.content.data());
    const uint64_t sum = crc32_z(0, data, member.content.size()), at = out.size();
    const std::string extra = wide ? little(1, 2) + little(24, 2) + little(member.content.size(), 8) +
                                         little(packed.size(), 8) + little(at, 8)
                                   : "";
    const std::string facts = little(0, 2) + little(member.deflated ? 8 : 0, 2) + little(0, 4) + little(sum, 4) +
                              narrow(packed.size()) + narrow(member.content.size()) + little(member.name.size(), 2);
    out += "PK\x03\x04" + little(20, 2) + facts + little(0, 2) + member.name + packed;
    directory += "PK\x01\x02" + little(20, 2) + little(20, 2) + facts + little(extra.size(), 2) + little(0, 10) +
                 narrow(at) + member.name + extra;
  }
  const uint64_t begin = out.size(), end = begin + directory.size();
  out += directory;
  if (wide) {
    out += "PK\x06\x06" + little(44, 8) + little(0, 12) + little(members.size(), 8) + little(members.size(), 8) +
           little(directory.size(), 8) + little(begin, 8) + "PK\x06\x07" + little(0, 4) + little(end, 8) + little(1, 4);
  }
  return out + "PK\x05\x06" + little(0, 4) + little(members.size(), 2) + little(members.size(), 2) +
         little(directory.size(), 4) + narrow(begin) + little(0, 2);
}

// torch.save() of a value whose tensors are `tensors`, by the keys of entries().
inline std::string archive(const std::string& value, const NamedTensors& tensors, bool wide = false) {
  std::vector<Member> members = {{"net/data.pkl", whole(value)}, {"net/byteorder", "little"}};
  for (size_t i = 0; i < tensors.size(); ++i)
    members.push_back({fmt::format("net/data/{}", i), raw(tensors[i].second)});
  members.push_back({"net/version", "3\n"});
  return zip(members, wide);
}

// The same before PyTorch 1.6.
inline std::string legacy(const std::string& value, const NamedTensors& tensors) {
  std::string keys = "](", data;
  for (size_t i = 0; i < tensors.size(); ++i) {
    keys += text(std::to_string(i));
    data += little(static_cast<uint64_t>(tensors[i].second.numel()), 8) + raw(tensors[i].second);
  }
  return whole(std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12)) + whole("M\xe9\x03") +
         whole(plain({{"protocol_version", "M\xe9\x03"}, {"little_endian", "\x88"}})) + whole(value) +
         whole(keys + "e") + data;
}

}  // namespace microtome::pickled
