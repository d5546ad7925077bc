// SPDX-License-Identifier: Apache-2.0
// For the tests: MATLAB's level 5 files.
#pragma once
#include <zlib.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace microtome::concept_formats {

using Mask = std::vector<int>;  // Row-major, a number a pixel.

template <class T>
inline std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

// MATLAB's level 5 files, written by the format's own description.
namespace mat {

inline std::string element(uint32_t type, const std::string& data) {
  const auto size = static_cast<uint32_t>(data.size());
  if (size >= 1 && size <= 4) return bytes_of<uint32_t>({size << 16 | type}) + data + std::string(4 - size, '\0');
  return bytes_of<uint32_t>({type, size}) + data + std::string((8 - size % 8) % 8, '\0');
}

inline std::string array(uint32_t kind, const std::string& name, const std::vector<int32_t>& dims,
                         const std::string& content) {
  const std::string sides(reinterpret_cast<const char*>(dims.data()), dims.size() * 4);
  return element(14, element(6, bytes_of<uint32_t>({kind, 0})) + element(5, sides) + element(1, name) + content);
}

// Column-major numbers of a row-major mask.
template <class T>
inline std::string columns(const Mask& mask, int width, int height) {
  std::string data;
  for (int x = 0; x < width; ++x) {
    for (int y = 0; y < height; ++y) data += bytes_of<T>({static_cast<T>(mask[static_cast<size_t>(y * width + x)])});
  }
  return data;
}

inline std::string logical(const Mask& mask, int width, int height) {
  return array(9 | 0x200, "", {height, width}, element(2, columns<uint8_t>(mask, width, height)));
}
inline std::string words(const std::string& text, const std::string& name = "") {
  std::string wide;
  for (const char c : text) wide += bytes_of<uint16_t>({static_cast<uint16_t>(c)});
  return array(4, name, {1, static_cast<int32_t>(text.size())}, element(4, wide));
}
inline std::string number(double value, const std::string& name = "") {
  return array(6, name, {1, 1}, element(9, bytes_of<double>({value})));
}
inline std::string nothing() { return array(6, "", {0, 0}, element(9, "")); }

// `elements` are the fields one after the other, element by element.
inline std::string structs(const std::vector<std::string>& fields, const std::vector<std::string>& elements,
                           const std::string& name = "") {
  std::string names, content;
  for (const std::string& field : fields) names += field + std::string(32 - field.size(), '\0');
  for (const std::string& item : elements) content += item;
  const auto count = static_cast<int32_t>(elements.size() / fields.size());
  return array(2, name, {1, count}, element(5, bytes_of<int32_t>({32})) + element(1, names) + content);
}

inline std::string packed(const std::string& variable) {
  uLongf size = compressBound(variable.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(variable.data()),
           variable.size());
  out.resize(size);
  return bytes_of<uint32_t>({15, static_cast<uint32_t>(size)}) + out;
}

inline std::string file(const std::string& variables) {
  std::string head = "MATLAB 5.0 MAT-file, Platform: GLNXA64";
  head.resize(124, ' ');
  return head + bytes_of<uint16_t>({0x0100}) + "IM" + variables;
}

}  // namespace mat

}  // namespace microtome::concept_formats
