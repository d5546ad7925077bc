// SPDX-License-Identifier: Apache-2.0
// What does a network lose without some of its units?
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/open.h"
#include "microtome/explain/ablation.h"
#include "microtome/network/eye.h"
#include "microtome/study/atlas_of.h"
#include "microtome/study/labelled_classes.h"
#include "microtome/study/question.h"
#include "microtome/study/set_images.h"
#include "microtome/study/source.h"
#include "microtome/study/units.h"

namespace microtome::questions {
namespace {

struct AblateRequest : ThreadArguments {
  NetworkArguments network;
  std::string layer, units, atlas, label, set;
  std::string to = "zero";
  bool each = false;
  int64_t random = 20;
  int64_t images = 0;
  uint64_t seed = 0;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "layer", .help = "Layer by name or alias", .role = Role::kSubject, .required = true}, s.layer);
    field({.name = "units", .help = "Units that are taken out: 0-15,40", .role = Role::kSubject}, s.units);
    field({.name = "concept",
           .help = "Instead of units: those that the atlas labels so; with units: images with and without it apart"},
          s.label);
    field({.name = "atlas", .help = "A dissection of the layer, for `concept`", .role = Role::kAtlas}, s.atlas);
    field({.name = "on", .help = "Concept set whose images are shown", .role = Role::kConcepts, .required = true},
          s.set);
    field({.name = "to",
           .help = "What the units are set to: zero, their mean over the set, or high (insertion: the level that one "
                   "image in a hundred exceeds)",
           .choices = "zero|mean|high"},
          s.to);
    field({.name = "each", .help = "Besides, the units one by one"}, s.each);
    field({.name = "random", .help = "Groups of as many other units, for comparison", .min = 0, .max = 10000},
          s.random);
    field({.name = "images", .help = "So many images of the set, evenly spread; 0 = all", .min = 0, .max = 1e9},
          s.images);
    NetworkArguments::input_fields(s.network, field);
    field({.name = "seed", .help = "Start of all random numbers"}, s.seed);
    ThreadArguments::fields(s, field);
  }
};

// What one image says: the class that counts as true, whether it shows the concept, and by intervention (first: none)
// the logit of that class and whether it is the likeliest.
struct AblatedImage {
  int64_t truth = -1;
  bool labelled = false, shows = false;
  std::vector<double> logits;
  std::vector<char> right;
};

// Mean over images, by intervention.
struct AblationMeans {
  int64_t images = 0;
  std::vector<double> accuracy, logit;

  explicit AblationMeans(size_t interventions) : accuracy(interventions), logit(interventions) {}
  void add(const AblatedImage& image) {
    ++images;
    for (size_t i = 0; i < logit.size(); ++i) {
      logit[i] += image.logits[i];
      accuracy[i] += image.right[i];
    }
  }
  double mean_accuracy(size_t i) const { return accuracy[i] / static_cast<double>(images); }
  double mean_logit(size_t i) const { return logit[i] / static_cast<double>(images); }
};

std::vector<int64_t> units_of_concept(const AblateRequest& request, const Network& network, const Layer& layer,
                                      const ConceptSet& set, int label) {
  if (request.atlas.empty()) {
    throw Error(ErrorKind::kUsage, "concept", "which units stand for it is not known",
                "give the `atlas` of a dissection, or `units`");
  }
  const Atlas atlas = open_atlas_of(network, request.atlas);
  require_dissection(atlas, request.atlas, layer.name);
  const auto concepts = atlas.concepts();
  const std::string name = set.index().display_name(label);  // another set may number it otherwise
  std::vector<int64_t> units;
  for (const UnitDissection& unit : atlas.units(layer.name, Detail::kBrief)) {
    const bool meant = unit.sign == Sign::kPositive && concepts && unit.best.label > 0 &&
                       concepts->display_names.at(static_cast<size_t>(unit.best.label)) == name;
    if (meant && verdict(unit) == Verdict::kDetector) units.push_back(unit.unit);
  }
  if (units.empty()) {
    throw Error(ErrorKind::kNotFound, request.label,
                fmt::format("no unit of \"{}\" detects it, says {}", layer.name, request.atlas),
                fmt::format("microtome show {} lists what they detect", request.atlas));
  }
  return units;
}

// The label of the concept in the set; 0 when none is asked for.
int label_asked(const AblateRequest& request, const ConceptSet& set) {
  if (request.label.empty()) return 0;
  const auto label = set.index().find(request.label);
  if (label) return *label;
  throw Error(ErrorKind::kNotFound, request.label, fmt::format("is no concept of {}", request.set),
              fmt::format("microtome concepts stats {} lists them", request.set));
}

// All interventions on one layer, and what they are set to.
class Interventions {
 public:
  Interventions(const AblateRequest& request, const Source& source, std::vector<int64_t> units)
      : eye_(source.network, source.preprocessing, {source.network.layer(request.layer).name}),
        behind_(source.network, request.layer, {logits(source.network).name}),
        units_(std::move(units)),
        levels_(static_cast<size_t>(behind_.layer().units), 0.0f) {
    groups_.push_back(units_);
    if (request.each) {
      for (const int64_t unit : units_) groups_.push_back({unit});
    }
    ones_ = groups_.size() - 1;
    for (auto& group : random_groups(behind_.layer().units, units_, units_.size(), request.random, request.seed)) {
      groups_.push_back(std::move(group));
    }
  }

  const Layer& layer() const { return behind_.layer(); }
  const std::vector<int64_t>& units() const { return units_; }
  size_t count() const { return groups_.size() + 1; }
  // Of the interventions, counted from 1 (0: nothing is changed): the units together, each, random groups.
  size_t first_random() const { return 2 + ones_; }

  at::Tensor input(const Image& image) const { return eye_.input(image); }
  at::Tensor seen(const Image& image) const { return behind_.look(input(image)).value; }
  void set_levels(std::vector<float> levels) { levels_ = std::move(levels); }

  // The logits under each intervention, [classes].
  std::vector<at::Tensor> answers(const Image& image) const {
    const Moment moment = behind_.look(input(image));
    std::vector<at::Tensor> all = {behind_.run(moment, moment.value)[0].flatten()};
    for (const std::vector<int64_t>& group : groups_) {
      throw_if_stopped();
      all.push_back(behind_.run(moment, with_channels(moment.value, group, levels_))[0].flatten());
    }
    return all;
  }

 private:
  const Eye eye_;
  const Behind behind_;
  const std::vector<int64_t> units_;
  std::vector<std::vector<int64_t>> groups_;
  size_t ones_ = 0;
  std::vector<float> levels_;
};

AblatedImage looked_at(const Interventions& interventions, const SetImage& image, const std::vector<int64_t>& classes,
                       int label) {
  const std::vector<at::Tensor> answers = interventions.answers(image.pixels);
  AblatedImage found;
  const auto truth = class_of_image(image.labels, classes);
  found.labelled = truth.has_value();
  found.truth = truth.value_or(answers[0].argmax().item<int64_t>());
  found.shows = label > 0 && shows_label(image.labels, label);
  for (const at::Tensor& answer : answers) {
    found.logits.push_back(answer[found.truth].item<double>());
    found.right.push_back(answer.argmax().item<int64_t>() == found.truth);
  }
  return found;
}

Json mean_and_sd(const std::vector<double>& values) {
  if (values.empty()) return nullptr;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double spread = values.size() > 1 ? std::sqrt(squares / static_cast<double>(values.size() - 1)) : 0;
  return {{"mean", mean}, {"sd", spread}};
}

// {"images","before","after","random","logit":{"before","after","random"}} of some images.
Json effect(const AblationMeans& means, size_t first_random) {
  if (means.images == 0) return {{"images", 0}};
  std::vector<double> accuracies, values;
  for (size_t i = first_random; i < means.accuracy.size(); ++i) {
    accuracies.push_back(means.mean_accuracy(i));
    values.push_back(means.mean_logit(i));
  }
  return {
      {"images", means.images},
      {"before", means.mean_accuracy(0)},
      {"after", means.mean_accuracy(1)},
      {"random", mean_and_sd(accuracies)},
      {"logit", {{"before", means.mean_logit(0)}, {"after", means.mean_logit(1)}, {"random", mean_and_sd(values)}}}};
}

Json summary(const AblateRequest& request, const Interventions& interventions, const std::vector<AblatedImage>& images,
             const std::vector<std::string>& classes) {
  const size_t count = interventions.count(), random = interventions.first_random();
  AblationMeans all(count), with(count), without(count);
  std::map<int64_t, AblationMeans> by_class;
  int64_t labelled = 0;
  for (const AblatedImage& image : images) {
    if (image.logits.empty()) continue;
    all.add(image);
    (image.shows ? with : without).add(image);
    by_class.try_emplace(image.truth, count).first->second.add(image);
    labelled += image.labelled;
  }
  Json answer = effect(all, random);
  answer["layer"] = interventions.layer().name;
  answer["units"] = interventions.units();
  answer["to"] = request.to;
  answer["truth"] = labelled == all.images ? "labels" : labelled == 0 ? "own" : "mixed";
  if (!request.label.empty()) {
    answer["with"] = effect(with, random);
    answer["without"] = effect(without, random);
  }
  answer["classes"] = Json::array();
  for (const auto& [index, means] : by_class) {
    Json row = effect(means, random);
    const auto place = static_cast<size_t>(index);
    row["index"] = index;
    row["label"] = place < classes.size() ? Json(classes[place]) : Json(nullptr);
    answer["classes"].push_back(std::move(row));
  }
  if (request.each && all.images > 0) {
    answer["each"] = Json::array();
    for (size_t i = 0; i < interventions.units().size(); ++i) {
      answer["each"].push_back(
          {{"unit", interventions.units()[i]}, {"after", all.mean_accuracy(2 + i)}, {"logit", all.mean_logit(2 + i)}});
    }
  }
  return answer;
}

// {"before","after","random":{"mean","sd"},"logit":{…},"images","layer","units","to","truth","with","without",
// "classes":[{"index","label",…}],"each":[{"unit","after","logit"}],"unreadable"}: shares of images whose true class is
// the likeliest, and the mean logit of that class, before and after. The true class is that of the image's labels where
// one of them is a class of the network ("labels"), else what the whole network says ("own": before is 1).
Json ablate(const AblateRequest& request, const Bench& bench) {
  const Source source = open_source(request.network);
  const std::unique_ptr<ConceptSet> set = open_concept_set(request.set);
  const Layer& layer = source.network.layer(request.layer);
  const int label = label_asked(request, *set);
  if (request.units.empty() && label == 0) {
    throw Error(ErrorKind::kUsage, "units", "there are none to take out", "give `units`, or `concept` and `atlas`");
  }
  std::vector<int64_t> units = request.units.empty() ? units_of_concept(request, source.network, layer, *set, label)
                                                     : parse_units(request.units, layer.units, layer.name);
  warn_of_assumed_range(source, bench.reporter);
  Interventions interventions(request, source, std::move(units));
  const std::vector<int64_t> images = spread_images(*set, request.images);
  if (request.to != "zero") {
    ChannelLevels levels(images.size());
    for_images(*set, images, WithLabels::kNo, request.threads, "measuring levels", bench.reporter,
               [&](const SetImage& image) { levels.add(image.place, interventions.seen(image.pixels)); });
    interventions.set_levels(request.to == "mean" ? levels.means() : levels.high());
  }
  const std::vector<int64_t> classes = classes_of_labels(set->index(), source.classes);
  std::vector<AblatedImage> found(images.size());
  const int64_t unreadable =
      for_images(*set, images, WithLabels::kYes, request.threads, "ablating", bench.reporter,
                 [&](const SetImage& image) { found[image.place] = looked_at(interventions, image, classes, label); });
  if (unreadable == std::ssize(images)) throw Error(ErrorKind::kCorrupt, request.set, "no image can be read");
  Json answer = summary(request, interventions, found, source.classes);
  answer["unreadable"] = unreadable;
  if (label > 0 && answer["with"]["images"] == 0) {
    bench.reporter.warn(fmt::format("no image looked at shows \"{}\"", request.label));
  }
  return answer;
}

}  // namespace

extern const QuestionKind ablate_question;
const QuestionKind ablate_question =
    make_question<AblateRequest, ablate>("ablate", "Take units out of a network and see what it loses", R"(
The units are set to zero (or their mean, or high) at every position, all at once, and only what lies behind the layer
is computed again. The same is done with as many other units, drawn at random: what those do is no effect of these.
Examples:
  microtome ablate net.onnx --layer conv5 --units 3,17 --on scenes
  microtome ablate net.onnx --layer conv5 --concept snow --atlas net.atlas --on scenes --to mean --each
)");

}  // namespace microtome::questions
