// SPDX-License-Identifier: Apache-2.0
// A field of a struct, declared once: a struct with defaults and one static function that visits its fields.
//
//   struct JitterSettings {
//     int64_t pixels = 8;
//     template <class Self, class Visitor>
//     static void fields(Self& s, Visitor&& field) {
//       field({.name = "pixels", .help = "Largest shift", .min = 0, .max = 512}, s.pixels);
//     }
//   };
//
// A struct that is made of others visits theirs in its own function. What is asked (settings, questions) and what is
// found (findings) are declared alike; the command line, --help, `microtome list`, JSON, provenance, SQL columns, csv,
// the front end's types and the tests' comparisons are visitors of that function.
#pragma once
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <vector>

namespace microtome {

// What a field is to those that fill it in or write it down.
enum class Role : uint8_t {
  kSetting,   // Moves numbers: provenance by value.
  kSpeed,     // Moves no number: threads, batch, memory.
  kSubject,   // Which layers, units, images: says what is made, moves no number of any one of them.
  kFile,      // A file that is read: provenance by content.
  kNetwork,   // A network's file.
  kConcepts,  // A concept set's folder.
  kAtlas,     // An atlas that is read.
  kOut,       // A file or folder that is written.
};

struct Field {
  std::string_view name;  // As users write it: lower case, words joined by "-" (settings) or "_" (findings).
  std::string_view help;  // One line; the unit of the value if it has one.
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  Role role = Role::kSetting;
  bool positional = false;  // On a command line a word of its own, in the order of declaration.
  bool required = false;
  std::string_view choices = {};  // "a|b|c": the values of a text; empty: any.
};

// Of a list its items' type, else the type itself.
template <class T>
struct ItemOf {
  using type = T;
};
template <class T>
struct ItemOf<std::vector<T>> {
  using type = T;
};

// What users call a field's type.
template <class T>
constexpr std::string_view type_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "flag";
  else if constexpr (std::is_integral_v<T>)
    return "integer";
  else if constexpr (std::is_floating_point_v<T>)
    return "number";
  else if constexpr (std::is_constructible_v<std::string_view, T>)
    return "text";
  else
    return "list";
}

}  // namespace microtome
