// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/dissect_arguments.h"

#include <fmt/format.h>

#include <string>

#include "microtome/network/baseline.h"

namespace microtome {

std::string_view baselines_help() {
  static const std::string help = fmt::format(
      "Dissect in the same pass what each layer is to be held against, separated by commas: {}", baseline_names());
  return help;
}

std::string_view baseline_choices() {
  static const std::string choices = [] {
    std::string all;
    for (const BaselineKind* kind : baselines::kinds()) all += (all.empty() ? "" : "|") + std::string(kind->name);
    return all;
  }();
  return choices;
}

}  // namespace microtome
