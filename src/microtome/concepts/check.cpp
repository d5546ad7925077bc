// SPDX-License-Identifier: Apache-2.0
// check_concepts(): reads a whole set and names what is wrong with it.
#include <algorithm>

#include "microtome/base/json.h"
#include "microtome/base/plain_text.h"
#include "microtome/concepts/check_layout.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/validation.h"

namespace microtome {
namespace {

std::string severity_name(Severity severity) { return severity == Severity::kError ? "error" : "warning"; }

}  // namespace

int64_t ConceptCheck::count(Severity severity) const {
  return std::count_if(problems.begin(), problems.end(), [&](const auto& item) { return item.severity == severity; });
}

std::map<std::string, int64_t> ConceptCheck::by_kind() const {
  std::map<std::string, int64_t> out;
  for (const ConceptProblem& problem : problems) ++out[problem.kind];
  return out;
}

ConceptCheck check_concepts(const std::string& spec, int threads, Reporter& reporter) {
  const LayoutFolder found = find_layout(spec);
  if (found.format->check != nullptr) return found.format->check(found.folder, threads, reporter);
  return check_layout(*found.format, found.folder, threads, reporter);
}

Json to_json(const ConceptCheck& check) {
  Json problems = Json::array();
  for (const ConceptProblem& problem : check.problems) {
    problems.push_back({{"severity", severity_name(problem.severity)},
                        {"kind", problem.kind},
                        {"file", as_utf8(problem.file)},
                        {"line", problem.line},
                        {"what", as_utf8(problem.what)}});
  }
  return {{"layout", check.layout},
          {"images", check.images},
          {"masks", check.masks},
          {"errors", check.count(Severity::kError)},
          {"warnings", check.count(Severity::kWarning)},
          {"kinds", check.by_kind()},
          {"problems", std::move(problems)}};
}

}  // namespace microtome
