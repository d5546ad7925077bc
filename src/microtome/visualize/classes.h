// SPDX-License-Identifier: Apache-2.0
// The classes that a network tells apart, for objectives that are made for one of them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/visualize/objective_kind.h"

namespace microtome {

struct ClassSettings {
  int64_t unit = -1;
  std::string label;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "unit", .help = "Number of the class, from 0"}, s.unit);
    field({.name = "class", .help = "Name of the class, or one of its comma-separated synonyms, instead of its number"},
          s.label);
  }
};

// The output, or what the softmax that makes it reads.
const Layer& logits(const Network& network);

// The class of this name, or with this among its comma-separated synonyms; letter case is free, "_" is a blank, and
// WordNet's "n02123045" may stand before a name or alone.
std::optional<int64_t> class_named(const std::string& name, const std::vector<std::string>& classes);

// The class that a call gives by number, or by name as class_named() reads it. Throws Error(kUsage), Error(kNotFound)
// with the nearest name.
int64_t read_class(const Call& call, const Network& network);

// The canonical text of a kind's call for a class.
std::string class_text(std::string_view kind, int64_t unit);

}  // namespace microtome
