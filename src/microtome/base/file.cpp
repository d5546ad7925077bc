// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "microtome/base/error.h"
#include "microtome/base/locked_file.h"

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

namespace {

// What a file is written as until it is whole. It has one name, so that what a killed process left behind is taken up
// by the next one that writes there; the lock keeps two from writing into one.
class Draft {
 public:
  explicit Draft(const std::string& target)
      : target_(target), name_(target + ".part"), descriptor_(open_locked(name_, true)) {
    if (descriptor_ < 0) fail("cannot write: ");
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (!placed_) ::unlink(name_.c_str());
    ::close(descriptor_);
  }

  void write(std::string_view bytes) const {
    if (::ftruncate(descriptor_, 0) != 0) fail("cannot write: ");
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno != EINTR) fail("cannot write: ");
      if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
    }
  }

  void place() {
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail("cannot put the file in place: ");
    placed_ = true;
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw Error(ErrorKind::kIo, target_, std::string(what) + std::strerror(errno));
  }

  std::string target_, name_;
  int descriptor_;
  bool placed_ = false;
};

}  // namespace

void write_file(const std::string& path, std::string_view bytes) {
  const fs::path target(path);
  std::error_code code;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), code);
  if (code) throw Error(ErrorKind::kIo, target.parent_path().string(), "cannot create the folder: " + code.message());
  const fs::file_type is = fs::status(target, code).type();
  if (is == fs::file_type::directory) throw Error(ErrorKind::kIo, path, "is a folder, expected a file");
  if (is != fs::file_type::regular && is != fs::file_type::not_found && is != fs::file_type::none) {
    throw Error(ErrorKind::kIo, path, "is no file that could be replaced", "name another file");
  }
  Draft draft(path);
  draft.write(bytes);
  draft.place();
}

}  // namespace microtome
