// SPDX-License-Identifier: Apache-2.0
// What is wrong with a concept set, and where.
#pragma once
#include <functional>
#include <string>

namespace microtome {

enum class Severity {
  kWarning,  // The set can be read and dissected as it is; something about it is odd or untrue.
  kError,    // An image, a mask or a table cannot be used, or would be counted wrongly.
};

struct ConceptProblem {
  Severity severity = Severity::kError;
  std::string kind;  // A few words that group problems: "missing file", "stale frequency", ...
  std::string file;  // Relative to the set's folder.
  int line = 0;  // In a csv file, from 1; for pictures and masks the line of index.csv that names them. 0: the file.
  std::string what;     // One sentence without the place.
  bool thrown = false;  // The reader throws it too, because it leaves nothing to go on with.
};

using ProblemSink = std::function<void(ConceptProblem problem)>;

// The sink of those who only read: an error is thrown as Error(kCorrupt/kNotFound) with file and line, a warning is
// passed over.
ProblemSink throw_first_error(const std::string& folder);

}  // namespace microtome
