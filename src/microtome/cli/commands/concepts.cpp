// SPDX-License-Identifier: Apache-2.0
// microtome concepts: is a concept set sound, and what is in it?
#include <fmt/format.h>

#include <memory>

#include "microtome/atlas/tables.h"
#include "microtome/base/error.h"
#include "microtome/cli/command.h"
#include "microtome/concepts/validation.h"
#include "microtome/dissect/result.h"

namespace microtome::commands {
namespace {

struct Options {
  std::string folder;
  double tail = kPublishedTail;
  int most = 50;
};

std::string problem_line(const ConceptProblem& problem) {
  const std::string place = problem.line > 0 ? fmt::format("{}:{}", problem.file, problem.line) : problem.file;
  return fmt::format("{} {}: {}", problem.severity == Severity::kError ? "error  " : "warning", place, problem.what);
}

void check(const Options& options, const Session& session) {
  const auto reporter = session.reporter();
  const ConceptCheck result = check_concepts(options.folder, session.thread_count(), *reporter);
  if (session.json) {
    print_json(to_json(result));
  } else {
    int shown = 0;
    for (const ConceptProblem& problem : result.problems) {
      if (options.most > 0 && ++shown > options.most) break;
      print(problem_line(problem));
    }
    if (options.most > 0 && static_cast<int>(result.problems.size()) > options.most) {
      print(
          fmt::format("... and {} more; --most 0 shows all", static_cast<int>(result.problems.size()) - options.most));
    }
    for (const auto& [kind, count] : result.by_kind()) print(fmt::format("{:>7}  {}", count, kind));
    print(fmt::format("{} images, {} masks: {} errors, {} warnings", result.images, result.masks,
                      result.count(Severity::kError), result.count(Severity::kWarning)));
  }
  if (!result.sound()) {
    throw Error(ErrorKind::kCorrupt, options.folder, fmt::format("{} errors", result.count(Severity::kError)));
  }
}

void stats(const Options& options, const Session& session) {
  const auto reporter = session.reporter();
  const auto set = open_concept_set(options.folder);
  const ConceptStatistics result = concept_statistics(*set, options.tail, session.thread_count(), *reporter);
  for (const std::string& problem : result.skipped) reporter->warn(problem);
  if (session.json) {
    print_json(to_json(result));
    return;
  }
  TextTable table;
  table.add_column("concept", TextTable::Align::kLeft, true);
  table.add_column("category", TextTable::Align::kLeft);
  for (const char* heading : {"label", "images", "pixels", "share in category", "IoU ceiling"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  for (const auto& item : result.concepts) {
    table.add_row({item.name, item.category, fmt::format("{}", item.label), fmt::format("{}", item.images),
                   fmt::format("{}", item.pixels), fmt::format("{:.3f} %", 100 * item.share_in_category),
                   fmt::format("{:.3f}", item.ceiling)});
  }
  print(table.render(terminal_width()));
}

void define(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  CLI::App* checking = app.add_subcommand("check", "Name every problem of a concept set with file and row");
  checking->add_option("folder", options->folder, "Folder in Broden's layout")->required();
  checking->add_option("--most", options->most, "Problems to print; 0 = all")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  add_common(*checking, session, true);
  checking->callback([options, &session] { check(*options, session); });
  CLI::App* counting =
      app.add_subcommand("stats", "How often each concept occurs, and the largest IoU that this permits");
  counting->add_option("folder", options->folder, "Folder in Broden's layout")->required();
  counting->add_option("--tail", options->tail, "Share of a unit's activations above its threshold")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  add_common(*counting, session, true);
  counting->callback([options, &session] { stats(*options, session); });
}

}  // namespace

extern const Command concepts_command;
const Command concepts_command{"concepts", "Check a concept set and count what is in it", define};

}  // namespace microtome::commands
