// SPDX-License-Identifier: Apache-2.0
// microtome concepts: is a concept set sound, what is in it, how does it look, and several as one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/command.h"
#include "microtome/concepts/merge.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/validation.h"
#include "microtome/dissect/findings.h"
#include "microtome/exchange/labelled_images.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"

namespace microtome::commands {
namespace {

constexpr const char* kFolderHelp =
    "Folder in any known layout; LAYOUT:FOLDER where it has several, colours:FOLDER adds colours";

template <class Text, class Visitor>
void folder_field(Text& folder, Visitor&& field) {
  field({.name = "folder", .help = kFolderHelp, .role = Role::kConcepts, .positional = true, .required = true}, folder);
}

struct CheckOptions {
  std::string folder;
  int most = 50;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    folder_field(s.folder, field);
    field({.name = "most", .help = "Problems to print; 0 = all", .min = 0, .max = 1000000}, s.most);
  }
};

struct StatsOptions {
  std::string folder;
  double tail = kPublishedTail;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    folder_field(s.folder, field);
    field({.name = "tail", .help = "Share of a unit's activations above its threshold", .min = 1e-6, .max = 0.5},
          s.tail);
  }
};

struct DrawOptions {
  std::string folder, out;
  LabelledImagesRequest request;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    folder_field(s.folder, field);
    LabelledImagesRequest::fields(s.request, field);
    field({.name = "out", .help = "PNG to write", .role = Role::kOut}, s.out);
  }
};

struct MergeOptions {
  MergeRequest merge;
  std::vector<std::string> apart;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "folders", .help = kFolderHelp, .role = Role::kConcepts, .positional = true, .required = true},
          s.merge.sets);
    field({.name = "out", .help = "New folder", .role = Role::kOut, .required = true}, s.merge.out);
    field({.name = "size", .help = "Side of the pictures, masks have half of it; 0 = as they are"}, s.merge.size);
    field({.name = "min-images", .help = "Concepts in fewer images are dropped", .min = 0}, s.merge.rules.min_images);
    field({.name = "min-coverage", .help = "Concepts that cover less, in whole images, are dropped", .min = 0},
          s.merge.rules.min_coverage);
    field({.name = "apart",
           .help = "Names that are not to be one concept though one is a synonym of the other: car/machine"},
          s.apart);
  }
};

std::string problem_line(const ConceptProblem& problem) {
  const std::string place = problem.line > 0 ? fmt::format("{}:{}", problem.file, problem.line) : problem.file;
  return fmt::format("{} {}: {}", problem.severity == Severity::kError ? "error  " : "warning", place, problem.what);
}

void check(const CheckOptions& options, const Session& session) {
  const auto reporter = session.reporter();
  const ConceptCheck result = check_concepts(options.folder, session.thread_count(), *reporter);
  if (session.json) {
    print_json(to_json(result));
  } else {
    const size_t all = result.problems.size(), most = static_cast<size_t>(options.most);
    const size_t shown = most == 0 ? all : std::min(all, most);
    for (size_t i = 0; i < shown; ++i) print(problem_line(result.problems[i]));
    if (shown < all) print(fmt::format("... and {} more; --most 0 shows all", all - shown));
    for (const auto& [kind, count] : result.by_kind()) print(fmt::format("{:>7}  {}", count, kind));
    print(fmt::format("{} images, {} masks: {} errors, {} warnings", result.images, result.masks,
                      result.count(Severity::kError), result.count(Severity::kWarning)));
  }
  if (!result.sound()) {
    throw Error(ErrorKind::kCorrupt, options.folder, fmt::format("{} errors", result.count(Severity::kError)));
  }
}

// Each was warned of when it was met.
void expect_none_left_out(size_t skipped, int64_t images, const std::string& folder) {
  if (skipped == 0) return;
  throw Error(ErrorKind::kCorrupt, folder,
              fmt::format("{} of {} images could not be read and were left out", skipped, images));
}

void stats(const StatsOptions& options, const Session& session) {
  const auto reporter = session.reporter();
  const auto set = open_concept_set(options.folder);
  const ConceptStatistics result = concept_statistics(*set, options.tail, session.thread_count(), *reporter);
  if (session.json) {
    print_json(to_json(result));
    return expect_none_left_out(result.skipped.size(), set->size(), options.folder);
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
  expect_none_left_out(result.skipped.size(), set->size(), options.folder);
}

void show_concepts(const DrawOptions& options, const Session& session) {
  const auto set = open_concept_set(options.folder);
  std::vector<Image> tiles;
  Json rows = Json::array();
  TextTable table;
  table.add_column("image", TextTable::Align::kLeft, true);
  for (const char* heading : {"concept", "category", "colour"}) table.add_column(heading, TextTable::Align::kLeft);
  table.add_column("share", TextTable::Align::kRight);
  const auto reporter = session.reporter();
  const std::vector<DrawnImage> images = labelled_images(*set, options.request);
  for (const DrawnImage& image : images) {
    if (!image.fault.empty()) {
      reporter->warn(image.fault);
      continue;
    }
    tiles.push_back(image.drawing);
    std::string heading = image.file;
    for (const auto& [label, share] : image.shares) {
      const auto colour = label_colour(label);
      const std::string hex = fmt::format("#{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2]);
      const Concept& item = set->index().concept_of(label);
      const std::string& category = set->index().categories().at(static_cast<size_t>(item.category));
      rows.push_back(
          {{"image", image.file}, {"concept", item.name}, {"category", category}, {"colour", hex}, {"share", share}});
      table.add_row({std::exchange(heading, ""), set->index().display_name(label), category, hex,
                     fmt::format("{:.1f} %", 100 * share)});
    }
  }
  const int columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(tiles.size())))));
  if (!options.out.empty() && !tiles.empty()) {
    write_file(options.out, encode_png(contact_sheet(tiles, columns, 224)));
  }
  for (const std::string& remark : set->remarks()) reporter->warn(remark);
  if (session.json)
    print_json(rows);
  else
    print(table.render(terminal_width()));
  expect_none_left_out(images.size() - tiles.size(), std::ssize(images), options.folder);
}

void merge(const MergeOptions& options, const Session& session) {
  MergeRequest request = options.merge;
  for (const std::string& pair : options.apart) {
    const size_t at = pair.find('/');
    if (at == std::string::npos)
      throw Error(ErrorKind::kUsage, "apart", fmt::format("\"{}\" is not two names with a slash between them", pair));
    request.rules.apart.emplace_back(pair.substr(0, at), pair.substr(at + 1));
  }
  const MergeReport report = merge_concepts(request, session.thread_count(), *session.reporter());
  const auto all = static_cast<int64_t>(report.skipped.size()) + report.images + report.unlabelled;
  if (session.json) {
    print_json(to_json(report));
    return expect_none_left_out(report.skipped.size(), all, request.out);
  }
  for (size_t i = 0; i < report.unified.names.size(); ++i) {
    const std::vector<int>& members = report.unified.members[i];
    const bool renamed = std::any_of(members.begin(), members.end(), [&](int member) {
      return report.labels[static_cast<size_t>(member)].names.front() != report.unified.names[i];
    });
    if (!renamed) continue;
    std::string joined;
    for (const int member : members) {
      const SourceLabel& label = report.labels[static_cast<size_t>(member)];
      joined += fmt::format("{}{} of {}", joined.empty() ? "" : ", ", label.names.front(),
                            request.sets[static_cast<size_t>(label.set)]);
    }
    print(fmt::format("{}: {}", report.unified.names[i], joined));
  }
  const auto dropped = std::count(report.unified.concept_of.begin(), report.unified.concept_of.end(), -1);
  print(
      fmt::format("wrote {}: {} images, {} concepts from {} labels ({} too rare); left out {} images without a label "
                  "and {} that cannot be read",
                  request.out, report.images, report.unified.names.size(), report.labels.size(), dropped,
                  report.unlabelled, report.skipped.size()));
  expect_none_left_out(report.skipped.size(), all, request.out);
}

constexpr Command kParts[] = {
    make_command<CheckOptions, check>("check", "Name every problem of a concept set with file and row"),
    make_command<StatsOptions, stats>("stats", "How often each concept occurs, and the largest IoU that this permits"),
    make_command<DrawOptions, show_concepts>("show", "Draw images with their labels, and list what covers how much"),
    make_command<MergeOptions, merge>("merge", "Write one or several sets as one in Broden's layout"),
};

}  // namespace

extern const Command concepts_command;
const Command concepts_command{.name = "concepts",
                               .summary = "Check concept sets, count and show what is in them, make one of several",
                               .arguments = nullptr,
                               .run = nullptr,
                               .parts = kParts};

}  // namespace microtome::commands
