// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/writer_lock.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/locked_file.h"

namespace microtome {

// One atlas, one lock, by whatever name it is reached.
WriterLock::WriterLock(const std::string& path)
    : lock_path_(std::filesystem::weakly_canonical(std::filesystem::absolute(path)).string() + ".lock"),
      descriptor_(open_locked(lock_path_, false)) {
  if (descriptor_ >= 0) return;
  if (errno == EWOULDBLOCK) {
    throw Error(ErrorKind::kIo, path, "is being written by another process", "wait for its end or name another file");
  }
  throw Error(ErrorKind::kIo, path, std::string("cannot be written: ") + std::strerror(errno),
              "see that its folder exists and is yours to write");
}

WriterLock::~WriterLock() {
  ::unlink(lock_path_.c_str());  // While still locked, so that nobody else's lock is removed.
  ::close(descriptor_);
}

}  // namespace microtome
