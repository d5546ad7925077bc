// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program (LD_PRELOAD), lets the calls that change files below a folder fail: for tests of what the
// program makes of it. In the environment:
//   FAIL_BELOW   the folder; calls for other files are not touched and not counted
//   FAIL_AT      number of the call that fails, from 1; 0 fails none
//   FAIL_WITH    "full": from there on each call that needs room fails with ENOSPC
//                "broken": this one call fails with EIO, whatever it is
//                "killed": the process ends there, as by kill -9
//   FAIL_COUNT   file that is told the number of calls when the program ends
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

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
  if (with == "killed") ::kill(::getpid(), SIGKILL);
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
  return fails(file, true) ? -1 : call(file, bytes, count);
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
  static const auto call = real(&::pwrite, "pwrite");
  return fails(file, true) ? -1 : call(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) {
  static const auto call = real(&::pwrite64, "pwrite64");
  return fails(file, true) ? -1 : call(file, bytes, count, at);
}
int fsync(int file) {
  static const auto call = real(&::fsync, "fsync");
  return fails(file, true) ? -1 : call(file);
}
int fdatasync(int file) {
  static const auto call = real(&::fdatasync, "fdatasync");
  return fails(file, true) ? -1 : call(file);
}
int ftruncate(int file, off_t size) noexcept {
  static const auto call = real(&::ftruncate, "ftruncate");
  return fails(file, false) ? -1 : call(file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  static const auto call = real(&::ftruncate64, "ftruncate64");
  return fails(file, false) ? -1 : call(file, size);
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
