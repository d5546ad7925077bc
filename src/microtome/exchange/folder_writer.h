// SPDX-License-Identifier: Apache-2.0
// Files of one folder, written whole as they come, and their paths.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/file.h"

namespace microtome {

class FolderWriter {
 public:
  explicit FolderWriter(std::string folder) : folder_(std::move(folder)) {}
  void write(const std::string& name, const std::string& bytes) {
    paths_.push_back(folder_ + "/" + name);
    write_file(paths_.back(), bytes);
  }
  std::vector<std::string> take_paths() { return std::move(paths_); }
  // Of dissections. Throws Error(kUsage) when there were none, so that nothing was written.
  std::vector<std::string> take_some_paths() {
    if (!paths_.empty()) return take_paths();
    throw Error(ErrorKind::kUsage, "the atlas", "holds no dissection, so there is nothing to write",
                "run: microtome dissect");
  }

 private:
  std::string folder_;
  std::vector<std::string> paths_;
};

}  // namespace microtome
