// SPDX-License-Identifier: Apache-2.0
// Whether something is there. What the operating system does not let us see is an error, not an absence.
#pragma once
#include <string>

namespace microtome {

// A file, a folder or anything else; links are followed. Throws Error(kIo) that names the folder on the way that may
// not be entered.
bool is_there(const std::string& path);
// The same, and it is a folder.
bool is_folder(const std::string& path);

}  // namespace microtome
