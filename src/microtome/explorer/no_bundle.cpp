// SPDX-License-Identifier: Apache-2.0
// Stands for the front end in a build without npm.
#include "microtome/explorer/bundle.h"

namespace microtome {

std::span<const BundleFile> bundle_files() { return {}; }

}  // namespace microtome
