// SPDX-License-Identifier: Apache-2.0
// Files on disk and their names, as the readers of layouts need them. Errors name the file and what named it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/error.h"

namespace microtome::concept_formats {

// Whether a relative name stays below the folder that it is joined to.
bool stays_below(std::string_view name);
// Names of the entries of a folder (files or folders) that begin and end so, sorted; empty when there is no folder.
// Throws Error(kIo) when it cannot be read.
std::vector<std::string> sorted_names(const std::string& folder, std::string_view begin, std::string_view end);

// A file's content; "PATH (NAMED_BY)" in errors.
std::string read_listed(const std::string& path, const std::string& named_by);
// Without `named_by` just the path.
std::string place_of(const std::string& path, const std::string& named_by);

// What the error says behind its place.
std::string complaint_of(const Error& error, const std::string& place);

// .jpg, .jpeg or .png in any case.
bool is_picture(std::string_view name);
// "a/b.jpg" -> "a/b".
std::string without_extension(const std::string& file);
// Relative paths of the files below a folder, sorted; names that begin with a dot are passed over, links are followed.
// Throws Error(kIo) naming a folder that cannot be read, Error(kUnsupported) on a link to a folder above itself.
std::vector<std::string> files_below(const std::string& folder);

}  // namespace microtome::concept_formats
