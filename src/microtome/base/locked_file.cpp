// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/locked_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

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

int open_locked(const std::string& path, bool wait) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) return -1;
    int failed = 0;
    do {
      failed = ::flock(descriptor, LOCK_EX | (wait ? 0 : LOCK_NB));
    } while (failed != 0 && errno == EINTR);
    if (failed == 0 && still_named(descriptor, path)) return descriptor;
    const int why = errno;
    ::close(descriptor);
    errno = why;
    if (failed != 0) return -1;
  }
}

}  // namespace microtome
