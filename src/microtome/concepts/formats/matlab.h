// SPDX-License-Identifier: Apache-2.0
// MATLAB's level 5 files (save -v6 and -v7, little-endian), as far as annotations use them: numeric, logical and char
// arrays, cell arrays and struct arrays; compressed elements included.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microtome::concept_formats {

// An array as the file stores it, column-major.
struct MatlabArray {
  enum class Kind { kNumeric, kText, kCell, kStruct };
  Kind kind = Kind::kNumeric;
  std::string name;           // Of a variable; empty inside of other arrays.
  std::vector<int64_t> dims;  // At least two.
  int64_t count = 0;          // Product of dims.

  std::string text;                 // kText: the characters in storage order; a row is a word.
  std::vector<MatlabArray> items;   // kCell: the elements. kStruct: element by element, its fields in order.
  std::vector<std::string> fields;  // kStruct.

  // kNumeric: element i as a double; integers up to 2^53 are exact.
  double number(int64_t i) const;
  // kStruct: a field of element i, or null when the struct has none of this name.
  const MatlabArray* field(int64_t i, std::string_view field_name) const;
  bool is_matrix(int64_t rows, int64_t columns) const {
    return kind == Kind::kNumeric && dims.size() == 2 && dims[0] == rows && dims[1] == columns;
  }

  int stored_type = 0;  // kNumeric: the file's own number of the type of `raw`.
  std::string raw;
};

// The variables of a file. Throws Error(kCorrupt) naming `where` and the byte on damaged files, Error(kUnsupported) on
// other levels, byte orders and kinds of arrays (sparse, objects, function handles), and when the file unpacks to more
// than `most_bytes`.
std::vector<MatlabArray> parse_matlab(std::string_view bytes, const std::string& where,
                                      size_t most_bytes = size_t{1} << 28);

// The variable of this name; Error(kCorrupt) when there is none.
const MatlabArray& matlab_variable(const std::vector<MatlabArray>& variables, std::string_view name,
                                   const std::string& where);

}  // namespace microtome::concept_formats
