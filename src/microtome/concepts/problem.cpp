// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/problem.h"

#include <fmt/format.h>

#include "microtome/base/error.h"

namespace microtome {

ProblemSink throw_first_error(const std::string& folder) {
  return [folder](const ConceptProblem& problem) {
    if (problem.severity != Severity::kError || problem.thrown) return;
    const std::string place = fmt::format("{}/{}", folder, problem.file);
    throw Error(problem.kind == "missing file" ? ErrorKind::kNotFound : ErrorKind::kCorrupt,
                problem.line > 0 ? fmt::format("{}:{}", place, problem.line) : place, problem.what,
                "list every problem of the set with: microtome concepts check " + folder);
  };
}

}  // namespace microtome
