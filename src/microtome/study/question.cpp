// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/nearest.h"
#include "microtome/study/question.h"

namespace microtome::questions {

const QuestionKind& named(std::string_view name) {
  std::vector<std::string> known;
  for (const QuestionKind* kind : kinds()) {
    if (kind->name == name) return *kind;
    known.emplace_back(kind->name);
  }
  throw Error(ErrorKind::kUsage, "question", fmt::format("there is no \"{}\"", name),
              fmt::format("nearest: \"{}\"", nearest_name(name, known)));
}

}  // namespace microtome::questions
