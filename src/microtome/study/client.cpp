// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/client.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "microtome/base/error_parts.h"
#include "microtome/base/json.h"
#include "microtome/base/path.h"
#include "microtome/study/engine.h"

namespace microtome {

struct Client::Door {
  decltype(&microtome_version) version = nullptr;
  decltype(&microtome_catalogue) catalogue = nullptr;
  decltype(&microtome_ask) ask = nullptr;
  decltype(&microtome_stop) stop = nullptr;
  decltype(&microtome_free) release = nullptr;
};

namespace {

namespace fs = std::filesystem;

std::atomic<decltype(&microtome_stop)> stop_engine{nullptr};

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
}

// The folder of what holds this function: the program, or a library that it uses.
fs::path own_folder() {
  Dl_info info{};
  const bool known = ::dladdr(reinterpret_cast<const void*>(&own_folder), &info) != 0 && info.dli_fname != nullptr;
  std::error_code failed;
  const fs::path file = known && fs::path(info.dli_fname).is_absolute() ? fs::path(info.dli_fname)
                                                                        : fs::read_symlink("/proc/self/exe", failed);
  return fs::weakly_canonical(file, failed).parent_path();
}

std::string library_file() {
  constexpr const char* kName = "libmicrotome_engine.so";
  const fs::path folder = own_folder();
  for (const fs::path& place : {folder, folder / "microtome", folder / ".." / "lib" / "microtome"}) {
    if (is_there((place / kName).string())) return (place / kName).string();
  }
  throw Error(ErrorKind::kIo, kName, "not found beside the binary or in ../lib/microtome", "build or install again");
}

// The reporter's methods as the door's functions.
MicrotomeReporter functions_of(Reporter& reporter) {
  MicrotomeReporter out{};
  out.context = &reporter;
  out.start = [](void* to, const char* task, int64_t total, const char* unit, int64_t done) {
    static_cast<Reporter*>(to)->start(task, total, unit, done);
  };
  out.advance = [](void* to, int64_t steps) { static_cast<Reporter*>(to)->advance(steps); };
  out.finish = [](void* to) { static_cast<Reporter*>(to)->finish(); };
  out.say = [](void* to, int level, const char* text) {
    Reporter& said = *static_cast<Reporter*>(to);
    if (level == MICROTOME_DETAIL)
      said.detail(text);
    else if (level == MICROTOME_NOTE)
      said.note(text);
    else
      said.warn(text);
  };
  return out;
}

std::string text_of(const Json& request) {
  try {
    return request.dump();
  } catch (const Json::type_error&) {
    throw Error(ErrorKind::kUsage, "microtome", "an argument is no UTF-8 text",
                "give the file a name that is, or a link to it");
  }
}

// libtorch and OpenBLAS do not survive less, or wait for more for ever.
void expect_address_space() {
  constexpr rlim_t kLeast = rlim_t{3} << 29;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= kLeast) return;
  throw Error(ErrorKind::kUnsupported, "microtome",
              fmt::format("memory is limited to {} MB, the engine needs {}", limit.rlim_cur >> 20, kLeast >> 20),
              "raise the limit: ulimit -v unlimited");
}

}  // namespace

Client::Door Client::open(const std::string& file) {
  // Read by OpenMP and OpenBLAS when they are loaded: parallelism is over images and pictures, and threads that spin at
  // barriers would only steal from it.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  ::setenv("OMP_NUM_THREADS", "1", 0);
  ::setenv("OPENBLAS_NUM_THREADS", "1", 0);
  expect_address_space();
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error(ErrorKind::kIo, "libmicrotome_engine.so", ::dlerror(), "build or install again");
  Door door;
  find(library, "microtome_version", door.version);
  find(library, "microtome_catalogue", door.catalogue);
  find(library, "microtome_ask", door.ask);
  find(library, "microtome_stop", door.stop);
  find(library, "microtome_free", door.release);
  const int version = door.version == nullptr ? 0 : door.version();
  if (version != MICROTOME_DOOR_VERSION) {
    throw Error(
        ErrorKind::kIo, file,
        fmt::format("has version {} of the engine's door, this program needs {}", version, MICROTOME_DOOR_VERSION),
        "install program and engine from one release");
  }
  stop_engine = door.stop;
  return door;
}

const Client& Client::instance() {
  static const Door door = open(library_file());
  static const Client client(door);
  return client;
}

Json Client::ask(const std::string& question, const Json& request, Reporter& reporter) const {
  const MicrotomeReporter functions = functions_of(reporter);
  MicrotomeText out{};
  const int failed = door_.ask(question.c_str(), text_of(request).c_str(), &functions, &out);
  Json document;
  if (out.text != nullptr) document = Json::parse(out.text);
  door_.release(&out);
  if (failed == 0) return document;
  if (!document.is_object()) throw std::bad_alloc();
  throw Error(error_kind_named(document.at("kind").get<std::string>()), document.at("where").get<std::string>(),
              document.at("what").get<std::string>(), document.at("remedy").get<std::string>());
}

Json Client::catalogue() const { return Json::parse(door_.catalogue()); }

void Client::stop() noexcept {
  if (const auto stop = stop_engine.load()) stop();
}

}  // namespace microtome
