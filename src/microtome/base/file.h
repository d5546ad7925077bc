// SPDX-License-Identifier: Apache-2.0
// Whole files, read and written so that a reader never sees half of one.
#pragma once
#include <string>
#include <string_view>

namespace microtome {

// The content of a file. Throws Error(kNotFound) when it is not there, Error(kIo) when it cannot be read.
std::string read_file(const std::string& path);

// Writes beside the target and renames, so the target is either the old file or the whole new one.
// Creates missing folders. Throws Error(kIo).
void write_file(const std::string& path, std::string_view bytes);

}  // namespace microtome
