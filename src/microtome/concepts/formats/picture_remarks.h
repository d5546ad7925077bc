// SPDX-License-Identifier: Apache-2.0
// What had to be passed over in the pictures of a set while they were read.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace microtome::concept_formats {

// Thread-safe. Remarks of one kind, those alike up to " (", are one line.
class PictureRemarks {
 public:
  void add(const std::string& file, const std::string& remark);
  // "FILE and 3 other pictures: REMARK", by kind; FILE is the first by name. A picture read twice counts once.
  std::vector<std::string> lines() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::string>> remarks_;  // By kind and file.
};

}  // namespace microtome::concept_formats
