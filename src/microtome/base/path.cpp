// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/path.h"

#include <algorithm>
#include <filesystem>

#include "microtome/base/error.h"

namespace microtome {
namespace {

std::filesystem::file_type type_of(const std::string& path) {
  std::error_code failed;
  const std::filesystem::file_type type = std::filesystem::status(path, failed).type();
  if (type != std::filesystem::file_type::none) return type;
  if (failed == std::errc::permission_denied) {
    std::filesystem::path folder = path;
    std::error_code denied = failed;
    while (denied == std::errc::permission_denied && folder.has_relative_path()) {
      folder = folder.parent_path();
      static_cast<void>(std::filesystem::status(folder.empty() ? "." : folder, denied));
    }
    throw Error(ErrorKind::kIo, folder.empty() ? "." : folder.string(),
                "the folder may not be entered: permission denied");
  }
  std::string reason = failed.message();
  std::transform(reason.begin(), reason.begin() + 1, reason.begin(), [](char c) { return c == 'P' ? 'p' : c; });
  throw Error(ErrorKind::kIo, path, reason);
}

}  // namespace

bool is_there(const std::string& path) { return type_of(path) != std::filesystem::file_type::not_found; }
bool is_folder(const std::string& path) { return type_of(path) == std::filesystem::file_type::directory; }

}  // namespace microtome
