// SPDX-License-Identifier: Apache-2.0
#include "microtome/cli/command.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/platform.h"
#include "microtome/base/workers.h"

namespace microtome::commands {
namespace {

namespace fs = std::filesystem;

std::atomic<const Engine*> loaded_engine{nullptr};

// The first Ctrl-C asks the work to stop at a safe point, the second ends the process.
void on_interrupt(int) {
  if (stop_requested()) _exit(130);
  request_stop();
  if (const Engine* engine = loaded_engine) engine->request_stop();
}

const Engine* load_engine() {
  // Read by OpenMP and OpenBLAS when they are loaded: parallelism is over images and pictures, and threads that spin at
  // barriers would only steal from it.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  ::setenv("OMP_NUM_THREADS", "1", 0);
  ::setenv("OPENBLAS_NUM_THREADS", "1", 0);
  const fs::path binary = program_folder();
  std::string reason;
  for (const fs::path& folder : {binary, binary / ".." / "lib" / "microtome"}) {
    const fs::path file = folder / "libmicrotome_engine.so";
    if (!fs::exists(file)) continue;
    void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      reason = ::dlerror();
      continue;
    }
    using Door = const Engine* (*)();
    const auto door = reinterpret_cast<Door>(::dlsym(library, "microtome_engine"));
    if (door != nullptr) return door();
    reason = file.string() + " has no engine inside";
  }
  throw Error(ErrorKind::kIo, "libmicrotome_engine.so",
              reason.empty() ? "not found beside the binary or in ../lib/microtome" : reason, "build or install again");
}

}  // namespace

int Session::thread_count() const { return threads > 0 ? threads : available_threads(); }

std::unique_ptr<Reporter> Session::reporter() const { return make_console_reporter(verbose); }

const Engine& Session::engine() const {
  if (loaded_engine == nullptr) loaded_engine = load_engine();
  return *loaded_engine;
}

void add_common(CLI::App& app, Session& session, bool facts) {
  ::signal(SIGINT, on_interrupt);
  ::signal(SIGTERM, on_interrupt);
  app.add_option("--threads", session.threads, "Threads to use; 0 = all available")->check(CLI::Range(0, 4096));
  app.add_flag("--verbose", session.verbose, "Say more");
  if (facts) app.add_flag("--json", session.json, "Print JSON");
}

int terminal_width() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40;
  return known ? size.ws_col : 120;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (text.empty() || text.back() != '\n') std::fputc('\n', stdout);
  if (std::fflush(stdout) == 0) return;
  if (errno == EPIPE) std::_Exit(0);  // The reader has seen enough, as `head` does.
  throw Error(ErrorKind::kIo, "standard output", "cannot write");
}

void print_json(const Json& document) { print(document.dump(2)); }

}  // namespace microtome::commands
