// SPDX-License-Identifier: Apache-2.0
// The likeliest classes of each picture.
#include <fmt/format.h>

#include "microtome/base/json.h"
#include "microtome/base/plain_text.h"
#include "microtome/cli/question_command.h"

namespace microtome::faces {
namespace {

std::string classify_text(const Json& answer, const Json&, int) {
  std::string out;
  for (const Json& image : answer["images"]) {
    out += one_line(image["file"].get<std::string>()) + "\n";
    for (const Json& guess : image["top"]) {
      const bool by_position = guess.contains("share");
      out += fmt::format("  {:5.1f} %{}  {:>5}  {}\n", 100 * guess[by_position ? "share" : "probability"].get<double>(),
                         by_position ? " of the picture" : "", guess["index"].get<int64_t>(),
                         guess["label"].is_null() ? "" : one_line(guess["label"].get<std::string>()));
    }
  }
  return out;
}

std::string classify_fault(const Json& answer) {
  for (const Json& image : answer["images"]) {
    if (image.contains("error")) return "some images could not be classified";
  }
  return {};
}

}  // namespace

extern const Face classify_face;
const Face classify_face{"classify", classify_text, classify_fault};

}  // namespace microtome::faces
