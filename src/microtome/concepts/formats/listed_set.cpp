// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/listed_set.h"

namespace microtome::concept_formats {

ImageLabels WholeImageSet::labels(int64_t image) const {
  const ConceptImage& info = row(image).info;
  expect_measured(image);
  ImageLabels out{info.label_width, info.label_height, {}, {}, false};
  const auto found = labels_.find(info.file);
  if (found != labels_.end()) out.whole_image = found->second;
  return out;
}

void report_what_is_thrown(const ProblemSink& report, const Error& error) {
  report({Severity::kError, error.kind() == ErrorKind::kNotFound ? "missing file" : "bad table", "", 0, error.what(),
          true});
}

}  // namespace microtome::concept_formats
