// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/formats/broden_counts.h"
#include "microtome/concepts/formats/broden_writer.h"
#include "microtome/concepts/open.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;
using Sets = std::vector<std::unique_ptr<ConceptSet>>;

// The name of a set's folder, different for each set.
std::vector<std::string> folder_names(const std::vector<std::string>& sets) {
  std::vector<std::string> out;
  for (const std::string& spec : sets) {
    const fs::path path = fs::path(spec.substr(spec.rfind(':') + 1)).lexically_normal();
    std::string name = (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
    std::replace(name.begin(), name.end(), ';', '_');
    if (name.empty() || name == "." || name == "..") name = "set";
    std::string unique = name;
    for (int n = 2; std::find(out.begin(), out.end(), unique) != out.end(); ++n) unique = fmt::format("{}-{}", name, n);
    out.push_back(unique);
  }
  return out;
}

// How often each label of a set occurs. Images that fail are passed over here and reported when they are written.
std::vector<SourceLabel> count_labels(const ConceptSet& set, int number, int threads, Task& task) {
  std::vector<std::vector<LabelPixels>> images(static_cast<size_t>(set.size()));
  parallel_for(threads, set.size(), [&](int, int64_t image) {
    throw_if_stopped();
    try {
      const ImageLabels labels = set.labels(image);
      images[static_cast<size_t>(image)] =
          count_cell(0, labels.planes, labels.whole_image, int64_t{labels.width} * labels.height);
    } catch (const Error&) {
    }
    task.advance();
  });
  BrodenCounts counts;
  for (size_t i = 0; i < images.size(); ++i) {
    const ConceptImage& info = set.image_info(static_cast<int64_t>(i));
    counts.add(images[i], int64_t{info.label_width} * info.label_height);
  }
  std::vector<SourceLabel> out;
  for (int label = 1; label <= set.index().max_label(); ++label) {
    const Concept& item = set.index().concept_of(label);
    if (item.category < 0) continue;
    const LabelTotals totals = counts.of(0, label);
    std::vector<std::string> names{item.name};
    names.insert(names.end(), item.synonyms.begin(), item.synonyms.end());
    out.push_back({number, label, item.category, std::move(names), totals.images, totals.coverage});
  }
  return out;
}

LabelMap scaled(const LabelMap& from, int width, int height) {
  LabelMap out(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      out.at(x, y) = from.at((2 * x + 1) * from.width / (2 * width), (2 * y + 1) * from.height / (2 * height));
    }
  }
  return out;
}

// Where a label of a set goes.
struct Target {
  uint16_t label = 0;
  int category = -1;
};

class Merger {
 public:
  Merger(const MergeRequest& request, int threads, Reporter& reporter)
      : request_(request), threads_(threads), reporter_(reporter) {
    if (request.sets.empty()) throw Error(ErrorKind::kUsage, "sets", "name at least one");
    if (request.size < 0 || request.size > 16384) throw Error(ErrorKind::kUsage, "size", "it must be 0 to 16384");
    std::error_code ignored;
    if (fs::exists(request.out, ignored) && !fs::is_empty(request.out, ignored)) {
      throw Error(ErrorKind::kUsage, request.out, "the folder is not empty", "name a new one");
    }
    for (const std::string& spec : request.sets) sets_.push_back(open_concept_set(spec));
    names_ = folder_names(request.sets);
  }

  MergeReport run() {
    count();
    plan();
    write();
    return std::move(report_);
  }

 private:
  int64_t all_images() const {
    int64_t total = 0;
    for (const auto& set : sets_) total += set->size();
    return total;
  }

  void count() {
    Task task(reporter_, "counting labels", all_images(), "images");
    for (size_t i = 0; i < sets_.size(); ++i) {
      const auto labels = count_labels(*sets_[i], static_cast<int>(i), threads_, task);
      report_.labels.insert(report_.labels.end(), labels.begin(), labels.end());
    }
  }

  void plan() {
    report_.unified = unify_labels(report_.labels, request_.rules);
    const UnifiedLabels& unified = report_.unified;
    if (unified.names.empty()) {
      throw Error(ErrorKind::kUsage, request_.out, "no label is frequent enough for the merged set",
                  "lower `min-images` and `min-coverage`");
    }
    if (unified.names.size() > 65535) {
      throw Error(ErrorKind::kUnsupported, request_.out,
                  fmt::format("{} labels, and a mask can tell 65535", unified.names.size()));
    }
    for (const auto& set : sets_) {
      for (const std::string& name : set->index().categories()) {
        if (std::find(categories_.begin(), categories_.end(), name) == categories_.end()) categories_.push_back(name);
      }
      targets_.emplace_back(static_cast<size_t>(set->index().max_label()) + 1);
    }
    for (size_t i = 0; i < report_.labels.size(); ++i) {
      const SourceLabel& from = report_.labels[i];
      const int concept_index = unified.concept_of[i];
      if (concept_index < 0) continue;
      const std::string& category =
          sets_[static_cast<size_t>(from.set)]->index().categories()[static_cast<size_t>(from.category)];
      const auto column = std::find(categories_.begin(), categories_.end(), category) - categories_.begin();
      targets_[static_cast<size_t>(from.set)][static_cast<size_t>(from.label)] = {
          static_cast<uint16_t>(concept_index + 1), static_cast<int>(column)};
    }
  }

  std::vector<Concept> concepts() const {
    std::vector<Concept> out(1);
    for (size_t i = 0; i < report_.unified.names.size(); ++i) {
      Concept item{static_cast<int>(i) + 1, report_.unified.names[i], -1, {}};
      std::set<std::string> synonyms;
      for (const int member : report_.unified.members[i]) {
        const std::vector<std::string>& names = report_.labels[static_cast<size_t>(member)].names;
        synonyms.insert(names.begin(), names.end());
      }
      synonyms.erase(item.name);
      for (const std::string& name : synonyms) {
        if (name.find(';') == std::string::npos) item.synonyms.push_back(name);
      }
      out.push_back(std::move(item));
    }
    return out;
  }

  void write() {
    BrodenWriter writer(request_.out, categories_, concepts());
    Task task(reporter_, "writing " + request_.out, all_images(), "images");
    int64_t first = 0;
    std::vector<std::string> failures(static_cast<size_t>(all_images()));
    std::atomic<int64_t> written = 0, unlabelled = 0;
    for (size_t set = 0; set < sets_.size(); ++set) {
      parallel_for(threads_, sets_[set]->size(), [&](int, int64_t image) {
        throw_if_stopped();
        ++(write_image(writer, set, image, first + image, failures[static_cast<size_t>(first + image)]) ? written
                                                                                                        : unlabelled);
        task.advance();
      });
      first += sets_[set]->size();
    }
    for (std::string& failure : failures) {
      if (failure.empty()) continue;
      --unlabelled;
      reporter_.warn(failure);
      report_.skipped.push_back(std::move(failure));
    }
    report_.images = written, report_.unlabelled = unlabelled;
    writer.finish();
  }

  // Cells by category; empty when no label of the image is in the merged set.
  std::map<int, BrodenWriter::Cell> cells_of(const ImageLabels& labels, const std::vector<Target>& targets) const {
    std::map<int, BrodenWriter::Cell> cells;
    const int side = std::max(1, request_.size / 2);
    for (const LabelMap& whole : labels.planes) {
      const LabelMap plane = request_.size > 0 ? scaled(whole, side, side) : whole;
      std::map<int, LabelMap> parts;
      for (size_t i = 0; i < plane.labels.size(); ++i) {
        const Target& to = targets[plane.labels[i]];
        if (to.label == 0) continue;
        LabelMap& part = parts.try_emplace(to.category, plane.width, plane.height).first->second;
        part.labels[i] = to.label;
      }
      for (auto& [category, part] : parts) cells[category].planes.push_back(std::move(part));
    }
    for (const int label : labels.whole_image) {
      const Target& to = targets[static_cast<size_t>(label)];
      if (to.label == 0) continue;
      std::vector<int>& list = cells[to.category].whole_image;
      if (std::find(list.begin(), list.end(), to.label) == list.end()) list.push_back(to.label);
    }
    return cells;
  }

  std::string file_of(size_t set, const std::string& file) const {
    const std::string below = file.starts_with("images/") ? file.substr(7) : file;
    const bool png = below.ends_with(".png") || below.ends_with(".PNG");
    const std::string name = below.substr(0, below.rfind('.')) + (png ? ".png" : ".jpg");
    return sets_.size() > 1 ? names_[set] + "/" + name : name;
  }

  bool write_image(BrodenWriter& writer, size_t set, int64_t image, int64_t index, std::string& failure) const {
    const ConceptSet& from = *sets_[set];
    Image picture;
    std::map<int, BrodenWriter::Cell> cells;
    try {
      cells = cells_of(from.labels(image), targets_[set]);
      if (!cells.empty()) picture = from.image(image);
    } catch (const Error& error) {
      failure = error.what();
      return false;
    }
    if (cells.empty()) return false;
    if (request_.size > 0) picture = resize_bilinear(picture, request_.size, request_.size);
    const ConceptImage& info = from.image_info(image);
    writer.add(index, file_of(set, info.file), info.split, picture, cells);
    return true;
  }

  const MergeRequest& request_;
  int threads_;
  Reporter& reporter_;
  Sets sets_;
  std::vector<std::string> names_, categories_;
  std::vector<std::vector<Target>> targets_;  // By set, then label.
  MergeReport report_;
};

}  // namespace

MergeReport merge_concepts(const MergeRequest& request, int threads, Reporter& reporter) {
  return Merger(request, threads, reporter).run();
}

Json to_json(const MergeReport& report) {
  Json concepts = Json::array();
  for (size_t i = 0; i < report.unified.names.size(); ++i) {
    Json from = Json::array();
    for (const int member : report.unified.members[i]) {
      const SourceLabel& label = report.labels[static_cast<size_t>(member)];
      from.push_back(
          {{"set", label.set}, {"label", label.label}, {"name", label.names.front()}, {"images", label.images}});
    }
    concepts.push_back({{"label", i + 1}, {"name", report.unified.names[i]}, {"from", std::move(from)}});
  }
  Json dropped = Json::array();
  for (size_t i = 0; i < report.labels.size(); ++i) {
    const SourceLabel& label = report.labels[i];
    if (report.unified.concept_of[i] >= 0) continue;
    dropped.push_back({{"set", label.set},
                       {"label", label.label},
                       {"name", label.names.front()},
                       {"images", label.images},
                       {"coverage", label.coverage}});
  }
  return {{"images", report.images},
          {"unlabelled", report.unlabelled},
          {"skipped", report.skipped},
          {"concepts", std::move(concepts)},
          {"dropped", std::move(dropped)}};
}

}  // namespace microtome
