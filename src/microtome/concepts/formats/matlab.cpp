// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/matlab.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "microtome/base/error.h"

namespace microtome::concept_formats {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied from little-endian files");

// Types of data elements, and classes of arrays ("MAT-File Format", MathWorks, tables 1-1 and 1-3).
enum Type {
  kInt8 = 1,
  kUInt8,
  kInt16,
  kUInt16,
  kInt32,
  kUInt32,
  kSingle,
  kDouble = 9,
  kInt64 = 12,
  kUInt64,
  kMatrix,
  kCompressed,
  kUtf8,
  kUtf16,
  kUtf32
};
enum Class { kCellClass = 1, kStructClass, kObjectClass, kCharClass, kSparseClass, kDoubleClass, kUInt64Class = 15 };

constexpr size_t kHeaderBytes = 128;
constexpr int kDeepestArray = 16;
constexpr uint32_t kComplexFlag = 0x800;

size_t bytes_of(int type) {
  switch (type) {
    case kInt8:
    case kUInt8:
    case kUtf8:
      return 1;
    case kInt16:
    case kUInt16:
    case kUtf16:
      return 2;
    case kInt32:
    case kUInt32:
    case kSingle:
    case kUtf32:
      return 4;
    case kDouble:
    case kInt64:
    case kUInt64:
      return 8;
    default:
      return 0;
  }
}

template <class T>
T read_as(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

double number_as(int type, std::string_view raw, size_t i) {
  const size_t at = i * bytes_of(type);
  switch (type) {
    case kInt8:
      return read_as<int8_t>(raw, at);
    case kUInt8:
    case kUtf8:
      return read_as<uint8_t>(raw, at);
    case kInt16:
      return read_as<int16_t>(raw, at);
    case kUInt16:
    case kUtf16:
      return read_as<uint16_t>(raw, at);
    case kInt32:
      return read_as<int32_t>(raw, at);
    case kUInt32:
    case kUtf32:
      return read_as<uint32_t>(raw, at);
    case kSingle:
      return read_as<float>(raw, at);
    case kInt64:
      return static_cast<double>(read_as<int64_t>(raw, at));
    case kUInt64:
      return static_cast<double>(read_as<uint64_t>(raw, at));
    default:
      return read_as<double>(raw, at);
  }
}

class MatlabParser {
 public:
  MatlabParser(std::string_view bytes, const std::string& where, size_t most_bytes)
      : bytes_(bytes), where_(where), budget_(most_bytes) {}

  std::vector<MatlabArray> parse() {
    check_header();
    std::vector<MatlabArray> variables;
    size_t at = kHeaderBytes;
    while (at < bytes_.size()) {
      const Element element = next(bytes_, at, bytes_.size());
      if (element.type == kMatrix) {
        variables.push_back(array(bytes_, element, 0));
      } else if (element.type == kCompressed) {
        const std::string inflated = inflate_all(bytes_.substr(element.begin, element.size), element.begin);
        base_ = element.begin;
        size_t inside = 0;
        const Element inner = next(inflated, inside, inflated.size());
        if (inner.type != kMatrix) fail(0, "what is compressed is no array");
        variables.push_back(array(inflated, inner, 0));
        base_ = 0;
      } else {
        fail(element.begin, fmt::format("an element of type {} where a variable was expected", element.type));
      }
    }
    return variables;
  }

 private:
  struct Element {
    int type = 0;
    size_t begin = 0, size = 0;
  };

  [[noreturn]] void fail(size_t at, const std::string& what) const {
    const std::string place =
        base_ > 0 ? fmt::format("byte {} of what is compressed at byte {}", at, base_) : fmt::format("byte {}", at);
    throw Error(ErrorKind::kCorrupt, where_, fmt::format("damaged MATLAB file at {}: {}", place, what));
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::kUnsupported, where_, what, "save it from MATLAB with: save -v7");
  }

  void check_header() const {
    if (bytes_.starts_with("MATLAB 7.3")) refuse("a MATLAB 7.3 file, which is HDF5 inside");
    if (bytes_.size() < kHeaderBytes) fail(bytes_.size(), "the file ends inside its header");
    const std::string_view order = bytes_.substr(126, 2);
    if (order == "MI") refuse("a big-endian MATLAB file");
    if (order != "IM" || read_as<uint16_t>(bytes_, 124) != 0x0100) {
      throw Error(ErrorKind::kCorrupt, where_, "this is no MATLAB file of level 5");
    }
  }

  // The element at `at`, which moves behind it.
  Element next(std::string_view data, size_t& at, size_t end) const {
    if (end - at < 8) fail(at, "a tag is cut off");
    const auto word = read_as<uint32_t>(data, at);
    Element out;
    if (word >> 16 != 0) {  // Up to four bytes inside of the tag.
      out = {static_cast<int>(word & 0xffff), at + 4, word >> 16};
      if (out.size > 4) fail(at, "a small element has more than four bytes");
      at += 8;
      return out;
    }
    out = {static_cast<int>(word), at + 8, read_as<uint32_t>(data, at + 4)};
    if (out.size > end - out.begin)
      fail(at, fmt::format("an element of {} bytes where {} are left", out.size, end - out.begin));
    const size_t padding = out.type == kCompressed ? 0 : (8 - out.size % 8) % 8;
    at = std::min(out.begin + out.size + padding, end);  // Some writers leave out the last padding.
    return out;
  }

  Element next_of(std::string_view data, size_t& at, size_t end, std::initializer_list<int> types,
                  const char* what) const {
    const size_t begin = at;
    const Element out = next(data, at, end);
    if (std::find(types.begin(), types.end(), out.type) == types.end()) {
      fail(begin, fmt::format("an element of type {} in place of the {}", out.type, what));
    }
    return out;
  }

  void spend(size_t bytes) {
    if (bytes > budget_) refuse("the file unpacks to more than it may");
    budget_ -= bytes;
  }

  std::string inflate_all(std::string_view packed, size_t at) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string out;
    int state = Z_OK;
    size_t filled = 0;
    while (state == Z_OK && filled <= budget_) {
      out.resize(std::max<size_t>(size_t{1} << 16, 2 * filled));
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      stream.avail_out = static_cast<uInt>(std::min<size_t>(out.size() - filled, size_t{1} << 30));
      state = inflate(&stream, Z_NO_FLUSH);
      filled = stream.total_out;
    }
    inflateEnd(&stream);
    if (state != Z_STREAM_END && filled <= budget_) fail(at, "the compressed data are damaged or cut off");
    spend(filled);
    out.resize(filled);
    return out;
  }

  MatlabArray array(std::string_view data, const Element& element, int depth) {
    if (depth > kDeepestArray) fail(element.begin, "arrays are nested too deep");
    MatlabArray out;
    out.dims = {0, 0};
    if (element.size == 0) return out;  // An empty matrix inside of a cell or struct.
    size_t at = element.begin;
    const size_t end = element.begin + element.size;
    const Element flags = next_of(data, at, end, {kUInt32}, "array flags");
    if (flags.size != 8) fail(flags.begin, "the array flags are not 8 bytes");
    const auto bits = read_as<uint32_t>(data, flags.begin);
    const int kind = static_cast<int>(bits & 0xff);
    read_dims(data, at, end, out);
    const Element name = next_of(data, at, end, {kInt8, kUInt8, kUtf8}, "name");
    out.name = data.substr(name.begin, name.size);
    if (kind == kCellClass) {
      out.kind = MatlabArray::Kind::kCell;
      read_items(data, at, end, out, static_cast<uint64_t>(out.count), depth);
    } else if (kind == kStructClass) {
      read_struct(data, at, end, out, depth);
    } else if (kind == kCharClass) {
      read_text(data, at, end, out);
    } else if (kind >= kDoubleClass && kind <= kUInt64Class) {
      read_numbers(data, at, end, out, (bits & kComplexFlag) != 0);
    } else {
      refuse(fmt::format("\"{}\" is an array of class {} (sparse, an object or a function)", out.name, kind));
    }
    return out;
  }

  void read_dims(std::string_view data, size_t& at, size_t end, MatlabArray& out) const {
    const Element dims = next_of(data, at, end, {kInt32}, "dimensions");
    if (dims.size < 8 || dims.size % 4 != 0 || dims.size > 32) fail(dims.begin, "an array must have 2 to 8 dimensions");
    out.dims.clear();
    out.count = 1;
    for (size_t i = 0; i < dims.size / 4; ++i) {
      const auto side = read_as<int32_t>(data, dims.begin + 4 * i);
      if (side < 0) fail(dims.begin, "a dimension is negative");
      out.dims.push_back(side);
      if (side > 0 && out.count > (int64_t{1} << 40) / side) fail(dims.begin, "the dimensions are too large");
      out.count *= side;
    }
  }

  void read_items(std::string_view data, size_t& at, size_t end, MatlabArray& out, uint64_t items, int depth) {
    if (items > (end - at) / 8) fail(at, fmt::format("{} elements cannot be in {} bytes", items, end - at));
    spend(items * sizeof(MatlabArray));
    for (uint64_t i = 0; i < items; ++i) {
      out.items.push_back(array(data, next_of(data, at, end, {kMatrix}, "array's element"), depth + 1));
    }
  }

  void read_struct(std::string_view data, size_t& at, size_t end, MatlabArray& out, int depth) {
    out.kind = MatlabArray::Kind::kStruct;
    const Element width = next_of(data, at, end, {kInt32}, "length of field names");
    const int32_t step = width.size == 4 ? read_as<int32_t>(data, width.begin) : 0;
    const Element names = next_of(data, at, end, {kInt8, kUInt8}, "field names");
    if (step < 1 || names.size % static_cast<size_t>(step) != 0) fail(width.begin, "bad field names of a struct");
    for (size_t i = 0; i < names.size; i += static_cast<size_t>(step)) {
      const std::string_view padded = data.substr(names.begin + i, static_cast<size_t>(step));
      out.fields.emplace_back(padded.substr(0, padded.find('\0')));
    }
    const auto fields = static_cast<uint64_t>(out.fields.size());
    if (static_cast<uint64_t>(out.count) > data.size()) fail(at, "a struct has more elements than bytes");
    read_items(data, at, end, out, static_cast<uint64_t>(out.count) * fields, depth);
  }

  void read_text(std::string_view data, size_t& at, size_t end, MatlabArray& out) {
    out.kind = MatlabArray::Kind::kText;
    if (at == end && out.count == 0) return;
    const Element text = next_of(data, at, end, {kInt8, kUInt8, kUInt16, kUtf8, kUtf16}, "characters");
    spend(text.size);
    if (bytes_of(text.type) == 1) {
      out.text = data.substr(text.begin, text.size);
      return;
    }
    for (size_t i = 0; i + 2 <= text.size; i += 2) {
      const auto unit = read_as<uint16_t>(data, text.begin + i);
      out.text += unit < 128 ? static_cast<char>(unit) : '?';  // Names of classes are ASCII.
    }
  }

  void read_numbers(std::string_view data, size_t& at, size_t end, MatlabArray& out, bool complex) {
    if (complex) refuse(fmt::format("\"{}\" has complex numbers", out.name));
    const Element numbers = next_of(
        data, at, end, {kInt8, kUInt8, kInt16, kUInt16, kInt32, kUInt32, kSingle, kDouble, kInt64, kUInt64}, "numbers");
    if (numbers.size != static_cast<uint64_t>(out.count) * bytes_of(numbers.type)) {
      fail(numbers.begin, fmt::format("{} bytes of numbers for {} elements", numbers.size, out.count));
    }
    spend(numbers.size);
    out.stored_type = numbers.type;
    out.raw = data.substr(numbers.begin, numbers.size);
  }

  std::string_view bytes_;
  const std::string& where_;
  size_t budget_;
  size_t base_ = 0;  // Where the compressed element begins that is being read; 0 outside of one.
};

}  // namespace

double MatlabArray::number(int64_t i) const { return number_as(stored_type, raw, static_cast<size_t>(i)); }

const MatlabArray* MatlabArray::field(int64_t i, std::string_view field_name) const {
  const auto found = std::find(fields.begin(), fields.end(), field_name);
  if (found == fields.end() || i < 0 || i >= count) return nullptr;
  return &items[static_cast<size_t>(i) * fields.size() + static_cast<size_t>(found - fields.begin())];
}

std::vector<MatlabArray> parse_matlab(std::string_view bytes, const std::string& where, size_t most_bytes) {
  return MatlabParser(bytes, where, most_bytes).parse();
}

const MatlabArray& matlab_variable(const std::vector<MatlabArray>& variables, std::string_view name,
                                   const std::string& where) {
  for (const MatlabArray& variable : variables) {
    if (variable.name == name) return variable;
  }
  throw Error(ErrorKind::kCorrupt, where, fmt::format("there is no variable \"{}\" in the file", name));
}

}  // namespace microtome::concept_formats
