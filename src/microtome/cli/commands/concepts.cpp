// SPDX-License-Identifier: Apache-2.0
// microtome concepts: is a concept set sound, what is in it, how does it look, and several as one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

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

struct Options {
  std::string folder;
  double tail = kPublishedTail;
  int most = 50;
  // show
  std::string out, concept_name;
  std::vector<std::string> images;
  int count = 9;
  uint64_t seed = 0;
  // merge
  MergeRequest merge;
  std::vector<std::string> apart;
};

constexpr const char* kFolderHelp =
    "Folder in any known layout; LAYOUT:FOLDER where it has several, colours:FOLDER adds colours";

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

// Images to show: those named, or some that hold the concept, or any.
std::vector<int64_t> chosen_images(const ConceptSet& set, const Options& options, int label) {
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
    const ImageLabels labels = label > 0 ? set.labels(image) : ImageLabels{};
    bool holds = label == 0 || std::count(labels.whole_image.begin(), labels.whole_image.end(), label) > 0;
    for (const LabelMap& plane : labels.planes) {
      holds = holds || std::count(plane.labels.begin(), plane.labels.end(), label) > 0;
    }
    if (holds) out.push_back(image);
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

void show(const Options& options, const Session& session) {
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
  for (const int64_t image : chosen_images(*set, options, only)) {
    const ImageLabels labels = set->labels(image);
    tiles.push_back(tile_of(*set, image, labels, only));
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
  if (!options.out.empty()) write_file(options.out, encode_png(contact_sheet(tiles, columns, 224)));
  if (session.json) return print_json(rows);
  print(table.render(terminal_width()));
}

void merge(const Options& options, const Session& session) {
  MergeRequest request = options.merge;
  for (const std::string& pair : options.apart) {
    const size_t at = pair.find('/');
    if (at == std::string::npos)
      throw Error(ErrorKind::kUsage, "--apart " + pair, "two names with a slash between them are expected");
    request.rules.apart.emplace_back(pair.substr(0, at), pair.substr(at + 1));
  }
  const MergeReport report = merge_concepts(request, session.thread_count(), *session.reporter());
  if (session.json) return print_json(to_json(report));
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
}

void define_show(CLI::App& app, const std::shared_ptr<Options>& options, Session& session) {
  CLI::App* showing = app.add_subcommand("show", "Draw images with their labels, and list what covers how much");
  showing->add_option("folder", options->folder, kFolderHelp)->required();
  showing->add_option("images", options->images, "Images by their file in the set; some at random when left out");
  showing->add_option("--concept", options->concept_name, "Only images that hold this concept, and only its outline");
  showing->add_option("--count", options->count, "Images to draw when none are named")
      ->check(CLI::Range(1, 400))
      ->capture_default_str();
  showing->add_option("--out", options->out, "PNG to write");
  showing->add_option("--seed", options->seed, "Start of the random choice")->capture_default_str();
  add_common(*showing, session, true);
  showing->callback([options, &session] { show(*options, session); });
}

void define_merge(CLI::App& app, const std::shared_ptr<Options>& options, Session& session) {
  CLI::App* merging = app.add_subcommand("merge", "Write one or several sets as one in Broden's layout");
  MergeRequest& request = options->merge;
  merging->add_option("folders", request.sets, kFolderHelp)->required();
  merging->add_option("--out", request.out, "New folder")->required();
  merging->add_option("--size", request.size, "Side of the pictures, masks have half of it; 0 = as they are")
      ->capture_default_str();
  merging->add_option("--min-images", request.rules.min_images, "Concepts in fewer images are dropped")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  merging
      ->add_option("--min-coverage", request.rules.min_coverage,
                   "Concepts that cover less, in whole images, are dropped")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  merging->add_option("--apart", options->apart,
                      "Names that are not to be one concept though one is a synonym of the other: car/machine");
  add_common(*merging, session, true);
  merging->callback([options, &session] { merge(*options, session); });
}

void define(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  CLI::App* checking = app.add_subcommand("check", "Name every problem of a concept set with file and row");
  checking->add_option("folder", options->folder, kFolderHelp)->required();
  checking->add_option("--most", options->most, "Problems to print; 0 = all")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  add_common(*checking, session, true);
  checking->callback([options, &session] { check(*options, session); });
  CLI::App* counting =
      app.add_subcommand("stats", "How often each concept occurs, and the largest IoU that this permits");
  counting->add_option("folder", options->folder, kFolderHelp)->required();
  counting->add_option("--tail", options->tail, "Share of a unit's activations above its threshold")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  add_common(*counting, session, true);
  counting->callback([options, &session] { stats(*options, session); });
  define_show(app, options, session);
  define_merge(app, options, session);
}

}  // namespace

extern const Command concepts_command;
const Command concepts_command{"concepts", "Check concept sets, count and show what is in them, make one of several",
                               define};

}  // namespace microtome::commands
