// SPDX-License-Identifier: Apache-2.0
// What each picture was called before and after.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string called(const Json& guess) {
  const Json& label = guess["label"];
  return fmt::format("{} ({:.0f} %)", label.is_string() ? label.get<std::string>() : guess["index"].dump(),
                     100 * guess["probability"].get<double>());
}

std::string attack_text(const Json& answer, const Json&, int width) {
  TextTable table;
  table.add_column("image", TextTable::Align::kLeft, true);
  table.add_column("seen as", TextTable::Align::kLeft, true);
  table.add_column("after", TextTable::Align::kLeft, true);
  table.add_column("distance", TextTable::Align::kRight);
  table.add_column("", TextTable::Align::kLeft);
  int64_t all = 0, succeeded = 0, by_noise = 0;
  for (const Json& image : answer["images"]) {
    if (image.contains("error")) continue;
    ++all;
    const bool success = image["success"];
    succeeded += success;
    by_noise += image["noise"].get<bool>();
    table.add_row({image["file"].get<std::string>(), called(image["from"]), called(image["to"]),
                   fmt::format("{:.4g}", image["distance"].get<double>()), success ? "" : "failed"});
  }
  std::string out = table.render(width);
  out += fmt::format("{} of {} succeed; random changes of the same size: {}\n", succeeded, all, by_noise);
  for (const Json& row : answer.value("sweep", Json::array())) {
    if (row["success"].is_null()) continue;
    out += fmt::format("eps {:.4f}: {:.0f} %\n", row["eps"].get<double>(), 100 * row["success"].get<double>());
  }
  return out;
}

std::string attack_fault(const Json& answer) {
  for (const Json& image : answer["images"]) {
    if (image.contains("error")) return "some images could not be read";
  }
  return {};
}

}  // namespace

extern const Face attack_face;
const Face attack_face{"attack", attack_text, attack_fault};

}  // namespace microtome::faces
