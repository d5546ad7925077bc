// SPDX-License-Identifier: Apache-2.0
// The one exception of the library: what failed, on which thing, and what to do about it.
#pragma once
#include <stdexcept>
#include <string>

namespace microtome {

enum class ErrorKind {
  kUsage,        // The request makes no sense: a wrong option, an impossible combination.
  kNotFound,     // A file, layer, unit or label that is not there.
  kUnsupported,  // Well-formed, but beyond what this build can run.
  kCorrupt,      // A file that breaks its format.
  kIo,           // The operating system refused.
  kInternal,     // A defect of microtome.
  kCancelled,    // The user stopped the work; what was finished is kept.
};

// what() is one line: "WHERE: WHAT; REMEDY", parts that are empty left out.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string where, std::string what, std::string remedy = {});

  ErrorKind kind() const noexcept { return kind_; }
  // 2 for wrong usage, 130 for cancelled work, 1 for everything else.
  int exit_code() const noexcept;

 private:
  ErrorKind kind_;
};

}  // namespace microtome
