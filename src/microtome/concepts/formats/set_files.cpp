// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/set_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "microtome/base/file.h"
#include "microtome/base/path.h"
#include "microtome/base/plain_text.h"

namespace microtome::concept_formats {

namespace fs = std::filesystem;

namespace {

// Sorted; none when there is no such folder. Nothing of a set may vanish because a folder cannot be read.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  if (!is_folder(folder.string())) return entries;
  std::error_code failed;
  for (auto at = fs::directory_iterator(folder, failed); !failed && at != fs::directory_iterator();
       at.increment(failed)) {
    entries.push_back(at->path());
  }
  if (failed) throw Error(ErrorKind::kIo, folder.string(), "the folder cannot be read: " + failed.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// `below`: of the folder whose entries are added, from `root`. `above`: the folders on the way there, without links.
void add_files_below(const fs::path& root, const fs::path& below, std::vector<fs::path>& above,
                     std::vector<std::string>& files) {
  std::error_code failed;
  const fs::path here = fs::canonical(root / below, failed);
  if (!failed && std::find(above.begin(), above.end(), here) != above.end()) {
    throw Error(ErrorKind::kUnsupported, (root / below).string(), "this link leads back to a folder above it",
                "take it away");
  }
  above.push_back(here);
  for (const fs::path& entry : entries_of(root / below)) {
    const fs::path name = below / entry.filename();
    if (entry.filename().string().starts_with(".")) continue;
    if (fs::is_directory(entry, failed)) {
      add_files_below(root, name, above, files);
    } else {
      files.push_back(name.generic_string());
    }
  }
  above.pop_back();
}

}  // namespace

bool stays_below(std::string_view name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute() || name.find('\\') != std::string_view::npos ||
      name.find('\0') != std::string_view::npos) {
    return false;
  }
  return std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

std::vector<std::string> sorted_names(const std::string& folder, std::string_view begin, std::string_view end) {
  std::vector<std::string> names;
  for (const fs::path& entry : entries_of(folder)) {
    const std::string name = entry.filename().string();
    if (name.size() >= begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end)) {
      names.push_back(name);
    }
  }
  return names;
}

std::string place_of(const std::string& path, const std::string& named_by) {
  return named_by.empty() ? path : fmt::format("{} ({})", path, named_by);
}

std::string complaint_of(const Error& error, const std::string& place) {
  const std::string text = error.what(), begin = as_utf8(place) + ": ";
  return text.starts_with(begin) ? text.substr(begin.size()) : text;
}

std::string read_listed(const std::string& path, const std::string& named_by) {
  try {
    return read_file(path);
  } catch (const Error& error) {
    const bool missing = error.kind() == ErrorKind::kNotFound;
    throw Error(error.kind(), place_of(path, named_by),
                missing ? "there is no such file" : "the file cannot be read (" + complaint_of(error, path) + ")");
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
  std::vector<fs::path> above;
  add_files_below(folder, {}, above, files);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace microtome::concept_formats
