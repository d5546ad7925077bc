// SPDX-License-Identifier: Apache-2.0
// Files that one process at a time writes.
#pragma once
#include <string>

namespace microtome {

// Opens a file for writing, making it where it is missing, and locks it (flock) for as long as the descriptor is open:
// the operating system frees it when the process dies in whatever way. What another holds is waited for, or not: then
// -1 with errno EWOULDBLOCK. Any other failure is -1 with its errno; a link is one. Any thread.
int open_locked(const std::string& path, bool wait);

}  // namespace microtome
