// SPDX-License-Identifier: Apache-2.0
// Things that are not ours, named: files of another kind than was expected, exceptions of other libraries.
#pragma once
#include <exception>
#include <string>
#include <string_view>

#include "microtome/base/error.h"

namespace microtome {

// What a file is whose reader does not know it: "a Git LFS pointer, not the file that it stands for", "an HTML page",
// "a ZIP archive", ...; empty when that cannot be told from its first bytes.
std::string_view mistaken_for(std::string_view bytes);
// What to do about it; empty when nothing is known.
std::string_view remedy_of(std::string_view bytes);

// Any exception as an Error: itself, out of memory, what the operating system refused, else a defect.
Error error_of(const std::exception& thrown);

}  // namespace microtome
