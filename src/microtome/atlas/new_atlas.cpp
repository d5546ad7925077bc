// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/new_atlas.h"

#include <filesystem>

#include "microtome/atlas/writer_lock.h"
#include "microtome/base/error.h"
#include "microtome/base/path.h"

namespace microtome {

namespace fs = std::filesystem;

void write_new_atlas(const std::string& path, const std::function<void(Atlas&)>& write) {
  if (is_there(path)) throw Error(ErrorKind::kUsage, path, "is there already", "name a new file");
  const std::string draft = path + ".part";
  std::error_code code;
  const auto clear = [&] {
    for (const char* end : {"", "-journal"}) fs::remove(draft + end, code);
  };
  if (fs::exists(draft, code)) {
    const WriterLock nobody_else(draft);
    clear();
  }
  try {
    {
      Atlas atlas = Atlas::open(draft, Atlas::Mode::kCreateOrWrite);
      write(atlas);
    }
    fs::rename(draft, path);
  } catch (const fs::filesystem_error& error) {
    clear();
    throw Error(ErrorKind::kIo, path, "cannot be put in place: " + error.code().message());
  } catch (...) {
    clear();
    throw;
  }
}

}  // namespace microtome
