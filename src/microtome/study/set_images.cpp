// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/set_images.h"

#include <algorithm>
#include <atomic>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"

namespace microtome {

std::vector<int64_t> spread_images(const ConceptSet& set, int64_t wanted) {
  const int64_t count = wanted > 0 ? std::min(wanted, set.size()) : set.size();
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < count; ++i) chosen.push_back(i * set.size() / count);
  return chosen;
}

int64_t for_images(const ConceptSet& set, const std::vector<int64_t>& images, WithLabels labels, int threads,
                   const std::string& what, Reporter& reporter,
                   const std::function<void(const SetImage& image)>& look) {
  std::atomic<int64_t> unreadable{0};
  Task progress(reporter, what, std::ssize(images), "images");
  parallel_for(threads, std::ssize(images), [&](int, int64_t index) {
    throw_if_stopped();
    SetImage image{static_cast<size_t>(index), {}, {}};
    bool read = false;
    try {
      image.pixels = set.image(images[image.place]);
      if (labels == WithLabels::kYes) image.labels = set.labels(images[image.place]);
      read = true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInternal) throw;
      reporter.warn(error.what());
      ++unreadable;
    }
    if (read) look(image);
    progress.advance();
  });
  return unreadable;
}

}  // namespace microtome
