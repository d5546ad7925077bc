// SPDX-License-Identifier: Apache-2.0
// What can be asked. A question is one file in questions/ and its name in CMakeLists.txt: a request, whose fields() are
// the only source of command line, --help, JSON and provenance, and the function that answers it.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "microtome/base/arguments.h"
#include "microtome/base/reporter.h"
#include "microtome/base/workers.h"
#include "microtome/study/provenance.h"

namespace microtome {

// Where a question is answered.
struct Bench {
  Reporter& reporter;
  std::string command;  // what the user typed, for provenance
};

struct QuestionKind {
  std::string_view name;
  std::string_view summary;
  std::string_view footer;  // what else --help says, with an example
  Json (*arguments)();      // describe_arguments() of the request
  // Throws what parse_arguments() and the answering function throw.
  Json (*answer)(const Json& request, const Bench& bench);
  // What of a request moves the numbers of its answer (provenance.h).
  Json (*settings)(const Json& request);
};

namespace questions {
std::span<const QuestionKind* const> kinds();
// Throws Error(kUsage) with the nearest name.
const QuestionKind& named(std::string_view name);
}  // namespace questions

// The kind of a question that Answer(const Request&, const Bench&) answers. Threads and the command typed are filled
// in for those requests that have them.
template <class Request, Json (*Answer)(const Request&, const Bench&)>
constexpr QuestionKind make_question(std::string_view name, std::string_view summary, std::string_view footer) {
  return {name,
          summary,
          footer,
          [] { return describe_arguments<Request>(); },
          [](const Json& json, const Bench& bench) {
            auto request = parse_arguments<Request>(json);
            if constexpr (requires { request.threads; }) {
              if (request.threads == 0) request.threads = available_threads();
            }
            if constexpr (requires { request.command; }) request.command = bench.command;
            return Answer(request, bench);
          },
          [](const Json& json) { return settings_of(parse_arguments<Request>(json), {}); }};
}

}  // namespace microtome
