// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/npy.h"

#include <fmt/format.h>

#include <cstring>

#include "microtome/base/error.h"

namespace microtome {
namespace {

std::string header(std::string_view type, const std::vector<int64_t>& shape) {
  std::string dims;
  for (const int64_t side : shape) dims += fmt::format("{},", side);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, dims);
  constexpr size_t kPrefix = 10;  // magic, version, header length
  while ((kPrefix + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(text.size() & 0xFF);
  out += static_cast<char>(text.size() >> 8);
  return out + text;
}

template <class T>
std::string bytes_of(std::string_view type, std::span<const T> values, const std::vector<int64_t>& shape) {
  std::string out = header(type, shape);
  out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return out;
}

template <class T>
std::vector<float> convert(std::string_view data, size_t count) {
  std::vector<float> out(count);
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
    out[i] = static_cast<float>(value);
  }
  return out;
}

}  // namespace

std::string npy_bytes(std::span<const float> values, const std::vector<int64_t>& shape) {
  return bytes_of("<f4", values, shape);
}
std::string npy_bytes(std::span<const int64_t> values, const std::vector<int64_t>& shape) {
  return bytes_of("<i8", values, shape);
}
std::string npy_bytes(std::span<const uint8_t> values, const std::vector<int64_t>& shape) {
  return bytes_of("|u1", values, shape);
}

NpyFloats parse_npy(std::string_view bytes, const std::string& where) {
  const auto fail = [&](std::string_view what) { return Error(ErrorKind::kCorrupt, where, std::string(what)); };
  if (bytes.size() < 12 || bytes.substr(0, 6) != std::string_view("\x93NUMPY", 6)) throw fail("not an .npy file");
  const bool wide = bytes[6] >= 2;
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(bytes[i])); };
  const size_t begin = wide ? 12 : 10;
  const size_t length = wide ? byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24 : byte(8) | byte(9) << 8;
  if (length > bytes.size() - begin) throw fail("the header ends early");
  const std::string_view text = bytes.substr(begin, length);
  if (text.find("'fortran_order': False") == std::string_view::npos)
    throw fail("Fortran order is not read; save it in C order");
  const size_t open = text.find("'shape': (");
  const size_t close = open == std::string_view::npos ? open : text.find(')', open);
  if (close == std::string_view::npos) throw fail("the header has no shape");
  NpyFloats out;
  uint64_t count = 1, number = 0;
  bool digits = false;
  for (size_t i = open + 10; i <= close; ++i) {
    if (text[i] >= '0' && text[i] <= '9') {
      number = number * 10 + static_cast<uint64_t>(text[i] - '0');
      if (number > bytes.size()) throw fail("the shape is larger than the file");
      digits = true;
    } else if (digits) {
      out.shape.push_back(static_cast<int64_t>(number));
      count *= number;
      if (count > bytes.size()) throw fail("the shape is larger than the file");
      number = 0;
      digits = false;
    }
  }
  const std::string_view data = bytes.substr(begin + length);
  const auto has = [&](std::string_view type) { return text.find(type) != std::string_view::npos; };
  const auto need = [&](size_t size) {
    if (data.size() != count * size) throw fail("the data's size differs from the shape");
  };
  if (has("'<f4'")) {
    need(4), out.values = convert<float>(data, count);
  } else if (has("'<f8'")) {
    need(8), out.values = convert<double>(data, count);
  } else if (has("'<i8'")) {
    need(8), out.values = convert<int64_t>(data, count);
  } else if (has("'|u1'")) {
    need(1), out.values = convert<uint8_t>(data, count);
  } else {
    throw fail("the element type is not float32, float64, int64 or uint8");
  }
  return out;
}

}  // namespace microtome
