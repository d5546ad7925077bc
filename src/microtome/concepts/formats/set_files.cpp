// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/set_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "microtome/base/file.h"

namespace microtome::concept_formats {

namespace fs = std::filesystem;

bool stays_below(std::string_view name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute() || name.find('\\') != std::string_view::npos ||
      name.find('\0') != std::string_view::npos) {
    return false;
  }
  return std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

bool has_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::vector<std::string> sorted_names(const std::string& folder, std::string_view begin, std::string_view end) {
  std::vector<std::string> names;
  std::error_code failed;
  for (auto at = fs::directory_iterator(folder, failed); !failed && at != fs::directory_iterator();
       at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (name.size() >= begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end)) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string place_of(const std::string& path, const std::string& named_by) {
  return named_by.empty() ? path : fmt::format("{} ({})", path, named_by);
}

std::string complaint_of(const Error& error, const std::string& place) {
  const std::string text = error.what();
  return text.starts_with(place + ": ") ? text.substr(place.size() + 2) : text;
}

std::string read_listed(const std::string& path, const std::string& named_by) {
  try {
    return read_file(path);
  } catch (const Error& error) {
    const bool missing = error.kind() == ErrorKind::kNotFound;
    throw Error(error.kind(), place_of(path, named_by), missing ? "there is no such file" : "the file cannot be read");
  }
}

bool is_picture(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(name.substr(dot));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

std::string without_extension(const std::string& file) {
  const size_t dot = file.rfind('.'), slash = file.rfind('/');
  const bool has = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return has ? file.substr(0, dot) : file;
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  for (auto at = fs::recursive_directory_iterator(folder, failed); !failed && at != fs::recursive_directory_iterator();
       at.increment(failed)) {
    const bool hidden = at->path().filename().string().starts_with(".");
    if (hidden && at->is_directory()) at.disable_recursion_pending();
    if (!hidden && !at->is_directory()) files.push_back(at->path().lexically_relative(folder).generic_string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace microtome::concept_formats
