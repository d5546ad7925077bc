// SPDX-License-Identifier: Apache-2.0
// Everything that is read of a concept set.
#pragma once
#include "answered.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/validation.h"
#include "microtome/image/codec.h"

namespace microtome::fuzz {

inline int read_concepts(const std::string& spec) {
  answered([&] { check_concepts(spec, 1, *make_silent_reporter()); });
  return answered([&] {
    const auto set = open_concept_set(spec);
    for (int64_t i = 0; i < std::min<int64_t>(set->size(), 8); ++i) {
      answered([&] { set->image(i); });
      answered([&] { set->labels(i); });
    }
  });
}

}  // namespace microtome::fuzz
