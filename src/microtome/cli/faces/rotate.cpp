// SPDX-License-Identifier: Apache-2.0
// Detectors of rotated copies of a layer as a table.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string rotate_text(const Json& answer, const Json&, int width) {
  TextTable table;
  for (const char* heading : {"alpha", "seeds", "detectors", "unique", "+-", "unique by category"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  for (const Json& point : answer["points"]) {
    std::vector<std::string> cells = {fmt::format("{:g}", point["alpha"].get<double>()), point["seeds"].dump()};
    for (const char* key : {"detectors", "unique", "unique_deviation", "unique_by_category"}) {
      cells.push_back(fmt::format("{:.1f}", point[key].get<double>()));
    }
    table.add_row(std::move(cells));
  }
  const std::string compared =
      answer.contains("logit_change")
          ? fmt::format("with the rotation folded into what reads the layer, logits change by at most {:.2g}",
                        answer["logit_change"].get<double>())
          : fmt::format("logits were not compared: {}", answer["not_compared"].get<std::string>());
  const Json& files = answer["files"];
  return fmt::format("{}{}\nwrote {}, {} and {}\n", table.render(width), compared, files[0].get<std::string>(),
                     files[1].get<std::string>(), files[2].get<std::string>());
}

}  // namespace

extern const Face rotate_face;
const Face rotate_face{"rotate", rotate_text};

}  // namespace microtome::faces
