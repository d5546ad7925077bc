// SPDX-License-Identifier: Apache-2.0
// What every target shares: an Error is an answer, whatever else escapes is a finding.
#pragma once
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "microtome/base/error.h"
#include "microtome/base/file.h"

namespace microtome::fuzz {

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Runs the work; an Error that calls itself a defect is a finding, too. What libFuzzer wants returned.
inline int answered(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) std::abort();
  }
  return 0;
}

// A folder in memory, where there is such, that goes away when the program ends.
class Folder {
 public:
  Folder()
      : path_((std::filesystem::exists("/dev/shm") ? "/dev/shm/" : "/tmp/") + ("fuzz" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name = {}) const { return path_ + (name.empty() ? "" : "/" + name); }
  void write(const std::string& name, std::string_view bytes) const { write_file(path(name), bytes); }

 private:
  std::string path_;
};

}  // namespace microtome::fuzz
