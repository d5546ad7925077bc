// SPDX-License-Identifier: Apache-2.0
// Where measured spectra and colours were written.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string measure_text(const Json& answer, const Json& request, int) {
  const auto images = answer["images"].get<int64_t>();
  std::string out;
  if (const auto file = request.value("spectrum", ""); !file.empty())
    out += fmt::format("wrote {}: magnitudes of {} pictures\n", file, images);
  if (const auto file = request.value("colours", ""); !file.empty())
    out += fmt::format("wrote {}: colours of {} pictures\n", file, images);
  return out;
}

}  // namespace

extern const Face measure_face;
const Face measure_face{"measure", measure_text};

}  // namespace microtome::faces
