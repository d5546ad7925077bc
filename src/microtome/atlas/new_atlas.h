// SPDX-License-Identifier: Apache-2.0
// An atlas that is written in one go.
#pragma once
#include <functional>
#include <string>

#include "microtome/atlas/atlas.h"

namespace microtome {

// The atlas appears at `path` when write(atlas) has returned, whole; until then it is PATH.part, which is removed when
// write() throws, and taken up anew where a killed process left it. Throws Error(kUsage) when there is something at
// `path` already, Error(kIo) when another process is writing it.
void write_new_atlas(const std::string& path, const std::function<void(Atlas&)>& write);

}  // namespace microtome
