// SPDX-License-Identifier: Apache-2.0
// microtome concepts: is a concept set sound, what is in it, how does it look, and several as one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/rng.h"
#include "microtome/base/text_table.h"
#include "microtome/base/workers.h"
#include "microtome/cli/command.h"
#include "microtome/concepts/merge.h"
#include "microtome/concepts/open.h"
#include "microtome/concepts/validation.h"
#include "microtome/dissect/findings.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/image/resize.h"

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

struct ShowOptions {
  std::string folder, out, concept_name;
  std::vector<std::string> images;
  int count = 9;
  uint64_t seed = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    folder_field(s.folder, field);
    field({.name = "images",
           .help = "Images by their file in the set; some at random when left out",
           .role = Role::kSubject,
           .positional = true},
          s.images);
    field({.name = "concept", .help = "Only images that hold this concept, and only its outline"}, s.concept_name);
    field({.name = "count", .help = "Images to draw when none are named", .min = 1, .max = 400}, s.count);
    field({.name = "out", .help = "PNG to write", .role = Role::kOut}, s.out);
    field({.name = "seed", .help = "Start of the random choice"}, s.seed);
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

// One that cannot be read may: drawing it says what is wrong.
bool may_hold(const ConceptSet& set, int64_t image, int label) {
  try {
    const ImageLabels labels = set.labels(image);
    return std::count(labels.whole_image.begin(), labels.whole_image.end(), label) > 0 ||
           std::any_of(labels.planes.begin(), labels.planes.end(), [&](const LabelMap& plane) {
             return std::count(plane.labels.begin(), plane.labels.end(), label) > 0;
           });
  } catch (const Error&) {
    return true;
  }
}

// Images to show: those named, or some that hold the concept, or any.
std::vector<int64_t> chosen_images(const ConceptSet& set, const ShowOptions& options, int label) {
  std::vector<int64_t> order(static_cast<size_t>(set.size())), out;
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  for (const std::string& name : options.images) {
    const auto found =
        std::find_if(order.begin(), order.end(), [&](int64_t i) { return set.image_info(i).file == name; });
    if (found == order.end()) throw Error(ErrorKind::kNotFound, name, "the concept set has no such image");
    out.push_back(*found);
  }
  if (!out.empty()) return out;
  Rng rng(options.seed, "concepts show");
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<size_t>(rng.below(static_cast<int64_t>(i)))]);
  for (const int64_t image : order) {
    if (static_cast<int>(out.size()) == options.count) break;
    throw_if_stopped();
    if (label == 0 || may_hold(set, image, label)) out.push_back(image);
  }
  if (out.empty()) throw Error(ErrorKind::kNotFound, options.folder, "no image holds " + options.concept_name);
  return out;
}

// Label to the share of the grid that it covers; 1 for labels of the whole image.
std::map<int, double> shares_of(const ImageLabels& labels) {
  std::map<int, double> shares;
  const double pixel = 1.0 / (static_cast<double>(labels.width) * labels.height);
  for (const LabelMap& plane : labels.planes) {
    for (const uint16_t label : plane.labels) {
      if (label != 0) shares[label] += pixel;
    }
  }
  for (const int label : labels.whole_image) shares[label] = 1;
  return shares;
}

// Without a chosen label all are drawn but colours, which would cover the rest.
Image tile_of(const ConceptSet& set, int64_t image, const ImageLabels& labels, int only) {
  const ConceptIndex& index = set.index();
  const auto drawn = [&](uint16_t label) {
    if (only > 0 || label == 0) return label == only;
    return index.categories().at(static_cast<size_t>(index.concept_of(label).category)) != "color";
  };
  Image tile = set.image(image);
  for (LabelMap plane : labels.planes) {
    std::replace_if(
        plane.labels.begin(), plane.labels.end(), [&](uint16_t label) { return !drawn(label); }, uint16_t{0});
    tile = draw_labels(tile, plane);
  }
  return tile;
}

void show(const ShowOptions& options, const Session& session) {
  const auto set = open_concept_set(options.folder);
  const int only = options.concept_name.empty() ? 0 : set->index().find(options.concept_name).value_or(-1);
  if (only < 0)
    throw Error(ErrorKind::kNotFound, options.concept_name, "the set has no concept of this name",
                "list them with: microtome concepts stats " + options.folder);
  std::vector<Image> tiles;
  Json rows = Json::array();
  TextTable table;
  table.add_column("image", TextTable::Align::kLeft, true);
  for (const char* heading : {"concept", "category", "colour"}) table.add_column(heading, TextTable::Align::kLeft);
  table.add_column("share", TextTable::Align::kRight);
  const auto reporter = session.reporter();
  const std::vector<int64_t> chosen = chosen_images(*set, options, only);
  for (const int64_t image : chosen) {
    ImageLabels labels;
    try {
      labels = set->labels(image);
      tiles.push_back(tile_of(*set, image, labels, only));
    } catch (const Error& error) {
      reporter->warn(error.what());
      continue;
    }
    std::string file = set->image_info(image).file;
    for (const auto& [label, share] : shares_of(labels)) {
      const auto colour = label_colour(label);
      const std::string hex = fmt::format("#{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2]);
      const Concept& item = set->index().concept_of(label);
      const std::string& category = set->index().categories().at(static_cast<size_t>(item.category));
      rows.push_back({{"image", set->image_info(image).file},
                      {"concept", item.name},
                      {"category", category},
                      {"colour", hex},
                      {"share", share}});
      table.add_row({std::exchange(file, ""), set->index().display_name(label), category, hex,
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
  expect_none_left_out(chosen.size() - tiles.size(), std::ssize(chosen), options.folder);
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

void define(CLI::App& app, Session& session) {
  app.require_subcommand(1);
  define_form<CheckOptions, check>(
      *app.add_subcommand("check", "Name every problem of a concept set with file and row"), session, true);
  define_form<StatsOptions, stats>(
      *app.add_subcommand("stats", "How often each concept occurs, and the largest IoU that this permits"), session,
      true);
  define_form<ShowOptions, show>(
      *app.add_subcommand("show", "Draw images with their labels, and list what covers how much"), session, true);
  define_form<MergeOptions, merge>(*app.add_subcommand("merge", "Write one or several sets as one in Broden's layout"),
                                   session, true);
}

}  // namespace

extern const Command concepts_command;
const Command concepts_command{"concepts", "Check concept sets, count and show what is in them, make one of several",
                               define};

}  // namespace microtome::commands
