// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/picture_remarks.h"

#include <fmt/format.h>

namespace microtome::concept_formats {

void PictureRemarks::add(const std::string& file, const std::string& remark) {
  const std::lock_guard lock(mutex_);
  remarks_[remark.substr(0, remark.find(" ("))].emplace(file, remark);
}

std::vector<std::string> PictureRemarks::lines() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [kind, files] : remarks_) {
    const auto& [file, remark] = *files.begin();
    const size_t others = files.size() - 1;
    const std::string more =
        others == 0 ? "" : fmt::format(" and {} other {}", others, others == 1 ? "picture" : "pictures");
    out.push_back(fmt::format("{}{}: {}", file, more, remark));
  }
  return out;
}

}  // namespace microtome::concept_formats
