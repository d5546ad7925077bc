// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/writer_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "microtome/base/error.h"

namespace microtome {
namespace {

// Between our open and our flock the former holder may have removed the file: then the lock is on a name nobody sees.
bool still_named(int descriptor, const std::string& path) {
  struct stat held {
  }, named{};
  return ::fstat(descriptor, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

}  // namespace

// One atlas, one lock, by whatever name it is reached.
WriterLock::WriterLock(const std::string& path)
    : lock_path_(std::filesystem::weakly_canonical(std::filesystem::absolute(path)).string() + ".lock") {
  for (;;) {
    descriptor_ = ::open(lock_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
      throw Error(ErrorKind::kIo, path, std::string("cannot be written: ") + std::strerror(errno),
                  "see that its folder exists and is yours to write");
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const bool held = errno == EWOULDBLOCK;
      const std::string reason = std::strerror(errno);
      ::close(descriptor_);
      if (held) {
        throw Error(ErrorKind::kIo, path, "is being written by another process",
                    "wait for its end or name another file");
      }
      throw Error(ErrorKind::kIo, path, "cannot be locked: " + reason);
    }
    if (still_named(descriptor_, lock_path_)) return;
    ::close(descriptor_);
  }
}

WriterLock::~WriterLock() {
  ::unlink(lock_path_.c_str());  // While still locked, so that nobody else's lock is removed.
  ::close(descriptor_);
}

}  // namespace microtome
