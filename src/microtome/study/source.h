// SPDX-License-Identifier: Apache-2.0
// A network as a user names it: file, preprocessing, class names.
#pragma once
#include <string>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/network/network.h"
#include "microtome/study/arguments.h"

namespace microtome {

struct Source {
  Network network;
  Preprocessing preprocessing;  // side is filled in
  bool stated;                  // stored in the file or asked for, not assumed
  std::vector<std::string> classes;
};

// Throws Error as load_network and parse_preprocessing do, and kUsage when the side asked for differs from the one that
// the file fixes.
Source open_source(const NetworkArguments& request, int resize_short = 0);

// Warns when the input range is assumed, neither stored in the file nor asked for.
void warn_of_assumed_range(const Source& source, Reporter& reporter);

}  // namespace microtome
