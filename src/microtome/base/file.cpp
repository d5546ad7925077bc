// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "microtome/base/error.h"

namespace microtome {
namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
  std::error_code code;
  if (fs::is_directory(path, code)) throw Error(ErrorKind::kIo, path, "is a folder, expected a file");
  std::ifstream file(path, std::ios::binary);
  if (!file && (errno == ENOENT || errno == ENOTDIR)) throw Error(ErrorKind::kNotFound, path, "no such file");
  if (!file && errno == EACCES) throw Error(ErrorKind::kIo, path, "permission denied");
  if (!file) throw Error(ErrorKind::kIo, path, std::string("cannot open: ") + std::strerror(errno));
  std::ostringstream content;
  content << file.rdbuf();
  if (file.bad()) throw Error(ErrorKind::kIo, path, "cannot read the file");
  return std::move(content).str();
}

void write_file(const std::string& path, std::string_view bytes) {
  const fs::path target(path);
  std::error_code code;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), code);
  if (code) throw Error(ErrorKind::kIo, target.parent_path().string(), "cannot create the folder: " + code.message());
  const std::string draft = path + ".part" + std::to_string(::getpid());
  {
    std::ofstream file(draft, std::ios::binary | std::ios::trunc);
    if (!file) throw Error(ErrorKind::kIo, path, std::string("cannot write: ") + std::strerror(errno));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.flush();
    if (!file) {
      file.close();
      fs::remove(draft, code);
      throw Error(ErrorKind::kIo, path, "cannot write: is the disk full?");
    }
  }
  fs::rename(draft, target, code);
  if (code) {
    const std::string reason = code.message();
    fs::remove(draft, code);
    throw Error(ErrorKind::kIo, path, "cannot put the file in place: " + reason);
  }
}

}  // namespace microtome
