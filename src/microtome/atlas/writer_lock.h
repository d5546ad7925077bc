// SPDX-License-Identifier: Apache-2.0
// The lock that makes one process the writer of a file for as long as it has it open.
#pragma once
#include <string>

namespace microtome {

// Locks PATH.lock beside the file (flock), so that the operating system frees it when the process dies in whatever way;
// a lock file that a killed process left behind locks nothing. The file itself is not used: closing a second descriptor
// of it would drop SQLite's own locks (POSIX). Removes the lock file when destroyed.
class WriterLock {
 public:
  // Throws Error(kIo) when somebody else holds the lock, or the lock file cannot be made.
  explicit WriterLock(const std::string& path);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  std::string lock_path_;
  int descriptor_;
};

}  // namespace microtome
