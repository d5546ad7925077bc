// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/safetensors_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json_text.h"
#include "microtome/network/formats/tensor_over.h"

namespace microtome {
namespace {

using Json = nlohmann::ordered_json;  // what is written keeps its order
using Header = nlohmann::json;        // what is read: looking for a name in the other is linear in their number

constexpr uint64_t kLargestHeader = 100 << 20;  // as the format's own reader
constexpr size_t kLengthBytes = 8;
constexpr size_t kAlignment = 8;
constexpr std::string_view kMetadata = "__metadata__";

struct Dtype {
  std::string_view name;
  at::ScalarType type;
};

constexpr Dtype kDtypes[] = {{"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"F64", at::kDouble},
                             {"I64", at::kLong},  {"I32", at::kInt},  {"I16", at::kShort},     {"I8", at::kChar},
                             {"U8", at::kByte},   {"BOOL", at::kBool}};

[[noreturn]] void refuse_header(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, where, what, "get the file anew, it is damaged or cut short");
}

struct Place {
  std::string name;
  at::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes of the data part
};

Place parse_place(const std::string& name, const Header& entry, const std::string& where) {
  Place place{.name = name, .type = at::kFloat, .shape = {}};
  std::string dtype;
  std::vector<uint64_t> offsets;
  try {
    entry.at("dtype").get_to(dtype);
    for (const Header& size : entry.at("shape")) {
      if (!size.is_number_unsigned())
        refuse_header(where, fmt::format("tensor \"{}\" has a size that is no count", name));
      place.shape.push_back(static_cast<int64_t>(size.get<uint64_t>()));
    }
    for (const Header& offset : entry.at("data_offsets")) {
      if (!offset.is_number_unsigned())
        refuse_header(where, fmt::format("tensor \"{}\" has a place that is no count", name));
      offsets.push_back(offset.get<uint64_t>());
    }
  } catch (const nlohmann::json::exception&) {
    refuse_header(where, fmt::format("the header's entry of tensor \"{}\" lacks dtype, shape or data_offsets", name));
  }
  const auto* known =
      std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](const Dtype& d) { return d.name == dtype; });
  if (known == std::end(kDtypes)) {
    throw Error(ErrorKind::kUnsupported, where, fmt::format("tensor \"{}\" has elements of type {}", name, dtype),
                "store it as F32");
  }
  if (offsets.size() != 2) refuse_header(where, fmt::format("tensor \"{}\" has no begin and end", name));
  place.type = known->type;
  place.begin = offsets[0];
  place.end = offsets[1];
  return place;
}

void check_place(const Place& place, uint64_t data_bytes, const std::string& where) {
  uint64_t bytes = at::elementSize(place.type);
  for (const int64_t size : place.shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) {
      refuse_header(where, fmt::format("tensor \"{}\" has an impossible shape", place.name));
    }
  }
  if (place.begin > place.end || place.end > data_bytes) {
    refuse_header(where, fmt::format("tensor \"{}\" lies at bytes {} to {} of {}", place.name, place.begin, place.end,
                                     data_bytes));
  }
  if (place.end - place.begin != bytes) {
    refuse_header(where, fmt::format("tensor \"{}\" has {} bytes where its shape needs {}", place.name,
                                     place.end - place.begin, bytes));
  }
}

// Sorts by place and refuses overlaps.
void order_places(std::vector<Place>& places, const std::string& where) {
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t reached = 0;
  for (const Place& place : places) {
    if (place.begin < reached && place.begin != place.end) {
      refuse_header(where, fmt::format("tensor \"{}\" overlaps the one before it", place.name));
    }
    reached = std::max(reached, place.end);
  }
}

uint64_t header_length(std::string_view bytes) {
  uint64_t length = 0;
  for (size_t i = kLengthBytes; i-- > 0;) length = length << 8 | static_cast<uint8_t>(bytes[i]);
  return length;
}

Header parse_header(std::string_view text, const std::string& where) {
  auto header = parse_json<Header>(text, where);
  if (header.is_object()) return header;
  refuse_header(where, "its header is not a JSON object");
}

}  // namespace

bool looks_like_safetensors(std::string_view bytes) {
  return bytes.size() > kLengthBytes && bytes[kLengthBytes] == '{' && header_length(bytes) <= kLargestHeader;
}

SafetensorsFile parse_safetensors(std::shared_ptr<const std::string> bytes, const std::string& where) {
  if (bytes->size() < kLengthBytes)
    refuse_header(where, fmt::format("has {} bytes, too few for a safetensors file", bytes->size()));
  const uint64_t length = header_length(*bytes);
  if (length > kLargestHeader || length > bytes->size() - kLengthBytes) {
    refuse_header(where, fmt::format("its header should have {} bytes, the file has {}", length, bytes->size()));
  }
  const uint64_t data_begin = kLengthBytes + length;
  const Header header = parse_header(std::string_view(*bytes).substr(kLengthBytes, length), where);

  SafetensorsFile content;
  std::vector<Place> places;
  for (const auto& [name, entry] : header.items()) {
    if (name != kMetadata) {
      places.push_back(parse_place(name, entry, where));
      check_place(places.back(), bytes->size() - data_begin, where);
      continue;
    }
    if (!entry.is_object()) refuse_header(where, "its metadata is not a table of texts");
    for (const auto& [key, text] : entry.items()) {
      if (!text.is_string()) refuse_header(where, fmt::format("its metadata \"{}\" is not text", key));
      content.metadata[key] = text.get<std::string>();
    }
  }
  order_places(places, where);
  const SharedBytes data = SharedBytes{bytes, *bytes}.part(data_begin, std::string::npos);
  for (const Place& place : places) {
    const SharedBytes part = data.part(place.begin, place.end - place.begin);
    content.tensors.emplace_back(place.name, tensor_over(part, place.type, place.shape));
  }
  return content;
}

std::string safetensors_bytes(const SafetensorsFile& content, const std::string& where) {
  Json header = Json::object();
  if (!content.metadata.empty()) header[std::string(kMetadata)] = content.metadata;
  // The format allows no gaps; wide elements first keeps every tensor aligned.
  auto tensors = content.tensors;
  std::stable_sort(tensors.begin(), tensors.end(),
                   [](const auto& a, const auto& b) { return a.second.element_size() > b.second.element_size(); });
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const auto* dtype = std::find_if(std::begin(kDtypes), std::end(kDtypes),
                                     [&, t = tensor](const Dtype& d) { return d.type == t.scalar_type(); });
    if (dtype == std::end(kDtypes) || name == kMetadata || header.contains(name)) {
      throw Error(ErrorKind::kUnsupported, where,
                  fmt::format("tensor \"{}\" cannot be stored: its type or its name does not fit the format", name));
    }
    const at::Tensor dense = tensor.cpu().contiguous();
    const size_t begin = data.size();
    data.append(static_cast<const char*>(dense.data_ptr()), dense.nbytes());
    header[name] = {{"dtype", dtype->name}, {"shape", dense.sizes().vec()}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorKind::kUnsupported, where, "a name in the network is not UTF-8 text", "rename it");
  }
  // Spaces up to a multiple of 8, as the format's own writer does, so that the data is aligned in the file.
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  std::string out(kLengthBytes, '\0');
  for (size_t i = 0; i < kLengthBytes; ++i) out[i] = static_cast<char>(static_cast<uint64_t>(text.size()) >> (8 * i));
  return out + text + data;
}

}  // namespace microtome
