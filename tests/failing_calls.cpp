// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program (LD_PRELOAD), lets the calls that change files below a folder fail: for tests of what the
// program makes of it. In the environment:
//   FAIL_BELOW   the folder; calls for other files are not touched and not counted
//   FAIL_AT      number of the call that fails, from 1; 0 fails none
//   FAIL_WITH    "full": from there on each call that needs room fails with ENOSPC
//                "broken": this one call fails with EIO, whatever it is
//                "killed": the process ends there, as by kill -9
//                "lost": so it does, and what was written to a file since it was last synchronized is undone, all or in
//                part, as when the machine loses its power
//   FAIL_COUNT   file that is told the number of calls when the program ends
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

std::atomic<long> calls = 0;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

template <class Function>
Function* real(Function* /*of its type*/, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool concerns(const char* path) {
  const std::string_view folder = environment("FAIL_BELOW");
  return !folder.empty() && std::string_view(path).starts_with(folder);
}

bool concerns(int descriptor) {
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = 0;
  return concerns(path);
}

// What stood in a file before a change of it.
struct Before {
  off_t at, size;  // size: of the file
  size_t count;    // bytes that changed; there are fewer of them where the file grew
  std::string bytes;
};
struct Unsynchronized {
  int file = -1;  // a descriptor of its own, that stays when the program closes or renames
  std::vector<Before> changes;
};
std::mutex guard;
std::map<std::pair<dev_t, ino_t>, Unsynchronized> unsynchronized;

// To be called before `count` bytes at `at` change; at < 0: where the descriptor stands.
void remember(int file, off_t at, size_t count) {
  struct stat facts {};
  if (environment("FAIL_WITH") != "lost" || !concerns(file) || ::fstat(file, &facts) != 0) return;
  const std::lock_guard lock(guard);
  Unsynchronized& known = unsynchronized[{facts.st_dev, facts.st_ino}];
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  if (known.file < 0) known.file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, link.c_str(), O_RDWR | O_CLOEXEC));
  if (at < 0) at = ::lseek(file, 0, SEEK_CUR);
  std::string bytes(count, 0);
  const ssize_t length = ::pread(known.file, bytes.data(), count, at);
  bytes.resize(length > 0 ? static_cast<size_t>(length) : 0);
  known.changes.push_back({at, facts.st_size, count, bytes});
}

// What a file has behind `size`.
void remember_rest(int file, off_t size) {
  struct stat facts {};
  if (::fstat(file, &facts) == 0)
    remember(file, size, static_cast<size_t>(facts.st_size > size ? facts.st_size - size : 0));
}

void synchronized(int file) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return;
  const std::lock_guard lock(guard);
  unsynchronized[{facts.st_dev, facts.st_ino}].changes.clear();
}

// At calls of an even number all that is not synchronized is lost; at others each second change of a file, so that what
// was written later can be there and what was written before it not: then a lost piece of a file that grew holds zeros.
void lose(long number) {
  const std::lock_guard lock(guard);
  const bool all = number % 2 == 0;
  for (const auto& [key, known] : unsynchronized) {
    for (size_t i = known.changes.size(); i-- > 0;) {
      const Before& change = known.changes[i];
      if (!all && (static_cast<size_t>(number) / 2 + i) % 2 == 0) continue;
      std::string bytes = change.bytes;
      if (!all) bytes.resize(change.count);
      ::syscall(SYS_pwrite64, known.file, bytes.data(), bytes.size(), change.at);
      if (all) ::syscall(SYS_ftruncate, known.file, change.size);
    }
  }
}

// Whether a call fails; errno then says why.
template <class File>
bool fails(File file, bool needs_room) {
  const int before = errno;
  const bool concerned = concerns(file);
  errno = before;
  if (!concerned) return false;
  const long number = ++calls;
  const long at = std::atol(std::getenv("FAIL_AT") != nullptr ? std::getenv("FAIL_AT") : "0");
  const std::string_view with = environment("FAIL_WITH");
  if (at == 0 || number < at) return false;
  if (with == "full" && needs_room) return errno = ENOSPC, true;
  if (with == "broken" && number == at) return errno = EIO, true;
  if (with == "lost") lose(number);
  if (with == "killed" || with == "lost") ::kill(::getpid(), SIGKILL);
  return false;
}

struct AtEnd {
  ~AtEnd() {
    if (environment("FAIL_COUNT").empty()) return;
    std::FILE* file = std::fopen(std::getenv("FAIL_COUNT"), "w");
    std::fprintf(file, "%ld", calls.load());
    std::fclose(file);
  }
} at_end;

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t count) {
  static const auto call = real(&::write, "write");
  if (fails(file, true)) return -1;
  remember(file, -1, count);
  return call(file, bytes, count);
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
  static const auto call = real(&::pwrite, "pwrite");
  if (fails(file, true)) return -1;
  remember(file, at, count);
  return call(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) {
  static const auto call = real(&::pwrite64, "pwrite64");
  if (fails(file, true)) return -1;
  remember(file, at, count);
  return call(file, bytes, count, at);
}
int fsync(int file) {
  static const auto call = real(&::fsync, "fsync");
  if (fails(file, true)) return -1;
  const int outcome = call(file);
  if (outcome == 0) synchronized(file);
  return outcome;
}
int fdatasync(int file) {
  static const auto call = real(&::fdatasync, "fdatasync");
  if (fails(file, true)) return -1;
  const int outcome = call(file);
  if (outcome == 0) synchronized(file);
  return outcome;
}
int ftruncate(int file, off_t size) noexcept {
  static const auto call = real(&::ftruncate, "ftruncate");
  if (fails(file, false)) return -1;
  remember_rest(file, size);
  return call(file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  static const auto call = real(&::ftruncate64, "ftruncate64");
  if (fails(file, false)) return -1;
  remember_rest(file, size);
  return call(file, size);
}
int rename(const char* from, const char* to) noexcept {
  static const auto call = real(&::rename, "rename");
  return fails(to, false) ? -1 : call(from, to);
}
int unlink(const char* path) noexcept {
  static const auto call = real(&::unlink, "unlink");
  return fails(path, false) ? -1 : call(path);
}
int mkdir(const char* path, mode_t mode) noexcept {
  static const auto call = real(&::mkdir, "mkdir");
  return fails(path, true) ? -1 : call(path, mode);
}
int open(const char* path, int flags, ...) {
  static const auto call = real(&::open, "open");
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return (flags & O_CREAT) != 0 && fails(path, true) ? -1 : call(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  static const auto call = real(&::open64, "open64");
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return (flags & O_CREAT) != 0 && fails(path, true) ? -1 : call(path, flags, mode);
}

}  // extern "C"
