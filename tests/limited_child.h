// SPDX-License-Identifier: Apache-2.0
// Work on a hostile input in a process of its own, with 20 s and 2 GB.
#pragma once
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <string>

#include "microtome/base/error.h"

namespace microtome {

// Within the limits; does not return.
[[noreturn]] inline void work_within_limits(const std::function<void()>& work) {
  constexpr rlim_t kSeconds = 20, kBytes = rlim_t{2} << 30;
  const rlimit seconds = {kSeconds, kSeconds}, memory = {kBytes, kBytes};
  ::setrlimit(RLIMIT_CPU, &seconds);
  ::setrlimit(RLIMIT_DATA, &memory);
  ::alarm(20 * kSeconds);  // should it sleep
  try {
    work();
    ::_exit(0);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInternal) ::_exit(1);
    std::fprintf(stderr, "  %s\n", error.what());
    ::_exit(2);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "  %s\n", error.what());
    ::_exit(3);
  }
}

// "done" and "error" (an Error that is no defect) are as it should be, anything else is not.
inline std::string ending_of(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) work_within_limits(work);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return "could not be started";
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const bool slow = signal == SIGXCPU || signal == SIGKILL || signal == SIGALRM;
    return slow ? "over 20 s" : std::string("signal ") + strsignal(signal);
  }
  constexpr const char* kEndings[] = {"done", "error", "defect", "another exception"};
  return WEXITSTATUS(status) < 4 ? kEndings[WEXITSTATUS(status)] : "exit";
}

}  // namespace microtome
