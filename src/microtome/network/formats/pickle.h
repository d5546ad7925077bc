// SPDX-License-Identifier: Apache-2.0
// Python's pickles, protocols 0 to 5, as a tree of what they would build. Nothing is built: a call that a pickle asks
// for is a value that says so, so that no file can run anything, whatever it names.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

using PickleIndex = uint32_t;  // into Pickle

enum class PickleKind : char {
  kNone,
  kBool,       // integer: 0 or 1
  kInt,        // integer
  kLong,       // more than 64 bits; text: little-endian bytes, two's complement
  kFloat,      // number
  kText,       // text
  kBytes,      // text
  kList,       // items; sets too
  kTuple,      // items
  kDict,       // items: key, value, key, value ...
  kGlobal,     // text: "collections.OrderedDict"
  kObject,     // items[0] called with items[1], or made as its instance; `entries` and `state` were given to it later
  kReference,  // items[0]: what the writer calls a persistent id
};

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  int64_t integer = 0;
  double number = 0;
  std::string_view text{};
  std::vector<PickleIndex> items{};
  std::vector<PickleIndex> entries{};  // of an object: key, value ... or elements
  PickleIndex state = 0;               // of an object; 0: none
};

// Refers to the bytes that it was read from.
class Pickle {
 public:
  // Reads up to the end mark of the first pickle in `bytes`. Time and memory are linear in the bytes, and bounded: at
  // most 2^24 operations and 2^22 values. Throws Error(kCorrupt), beginning with `where`, on what is no pickle or ends
  // early; Error(kUnsupported) on a pickle that is too large or refers to what is not in it.
  Pickle(std::string_view bytes, const std::string& where);

  Pickle(Pickle&&) = default;
  Pickle(const Pickle&) = delete;

  // An index that no value has gives None. A value may hold itself.
  const PickleValue& operator[](PickleIndex index) const { return values_[index < values_.size() ? index : 0]; }
  size_t size() const { return values_.size(); }
  const PickleValue& root() const { return (*this)[root_]; }
  PickleIndex root_index() const { return root_; }
  size_t bytes() const { return bytes_; }  // read, with the end mark

 private:
  friend class PickleReader;

  std::deque<PickleValue> values_;  // [0] is None
  std::deque<std::string> texts_;   // that do not stand in the bytes as they are
  PickleIndex root_ = 0;
  size_t bytes_ = 0;
};

}  // namespace microtome
