// SPDX-License-Identifier: Apache-2.0
// Are a layer's own axes special? Detectors of rotated copies of it.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/dissect/detectors.h"
#include "microtome/image/chart.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/make_atlas.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

constexpr int kPicturesCompared = 8;

struct RotateRequest : ThreadArguments {
  NetworkArguments network;
  std::string layer, concepts;
  std::vector<double> alphas = {0, 0.2, 0.4, 0.6, 0.8, 1};
  int64_t seeds = 5;
  std::string out = "rotation.atlas";
  std::string command;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "layer", .help = "Layer to turn, by name or alias", .role = Role::kSubject, .required = true},
          s.layer);
    field({.name = "concepts", .help = "Concept set", .role = Role::kConcepts, .required = true}, s.concepts);
    field({.name = "alphas",
           .help = "How far towards a random basis: 0 = not at all, 1 = all the way",
           .min = 0,
           .max = 1},
          s.alphas);
    field({.name = "seeds", .help = "Random rotations for each", .min = 1, .max = 1000}, s.seeds);
    field({.name = "out", .help = "Atlas to write; a table and a chart stand beside it", .role = Role::kOut}, s.out);
    NetworkArguments::input_fields(s.network, field);
    ThreadArguments::fields(s, field);
  }

  // Without turning there is one layer, whatever the seed.
  int64_t seeds_at(double alpha) const { return alpha == 0 ? 1 : seeds; }
};

struct Point {
  double alpha = 0;
  std::vector<DetectorCount> counts;  // of each seed

  double mean(int DetectorCount::*member) const {
    double sum = 0;
    for (const DetectorCount& count : counts) sum += count.*member;
    return sum / static_cast<double>(counts.size());
  }
  double deviation(int DetectorCount::*member) const {
    double squares = 0;
    for (const DetectorCount& count : counts) squares += std::pow(count.*member - mean(member), 2);
    return counts.size() > 1 ? std::sqrt(squares / static_cast<double>(counts.size() - 1)) : 0;
  }
};

// All rotations in one pass over the images.
DissectRequest dissection_of(const RotateRequest& request) {
  DissectRequest study;
  study.network = request.network;
  study.layers = {request.layer};
  study.concepts = request.concepts;
  study.out = request.out;
  study.threads = request.threads;
  study.command = request.command;
  study.dissection.permutations = 0;
  study.dissection.bootstrap = 0;
  study.bases.clear();
  for (const double alpha : request.alphas) {
    for (int64_t seed = 1; seed <= request.seeds_at(alpha); ++seed) {
      study.bases.push_back(alpha == 0 ? "identity" : fmt::format("random:{:g}:{}", alpha, seed));
    }
  }
  return study;
}

std::vector<Point> count_all(const RotateRequest& request, const std::string& layer) {
  const Atlas atlas = Atlas::open(request.out, Atlas::Mode::kRead);
  const auto categories = static_cast<int>(atlas.concepts().value().categories.size());
  std::vector<Point> points;
  for (const double alpha : request.alphas) {
    Point point{alpha, {}};
    for (int64_t seed = 1; seed <= request.seeds_at(alpha); ++seed) {
      const std::string name = alpha == 0 ? layer : fmt::format("{}~random{:g}.{}", layer, alpha, seed);
      point.counts.push_back(count_detectors(atlas.units(name, Detail::kBrief), categories));
    }
    points.push_back(std::move(point));
  }
  return points;
}

std::string csv_of(const std::vector<Point>& points) {
  std::string csv = "alpha,seed,detectors,unique,unique_by_category\n";
  for (const Point& point : points) {
    for (size_t seed = 0; seed < point.counts.size(); ++seed) {
      const DetectorCount& count = point.counts[seed];
      csv += fmt::format("{:g},{},{},{},{}\n", point.alpha, seed + 1, count.detectors, count.unique,
                         count.unique_by_category);
    }
  }
  return csv;
}

std::string chart_of(const std::vector<Point>& points, const std::string& layer) {
  ChartSeries unique{"unique detectors", {}}, all{"detectors", {}};
  for (const Point& point : points) {
    unique.points.push_back({point.alpha, point.mean(&DetectorCount::unique), point.deviation(&DetectorCount::unique)});
    all.points.push_back(
        {point.alpha, point.mean(&DetectorCount::detectors), point.deviation(&DetectorCount::detectors)});
  }
  return line_chart(fmt::format("{} turned towards a random basis", layer), "share of the rotation", "units",
                    {unique, all});
}

Json json_of(const Point& point) {
  return {{"alpha", point.alpha},
          {"seeds", point.counts.size()},
          {"detectors", point.mean(&DetectorCount::detectors)},
          {"unique", point.mean(&DetectorCount::unique)},
          {"unique_deviation", point.deviation(&DetectorCount::unique)},
          {"unique_by_category", point.mean(&DetectorCount::unique_by_category)}};
}

// {"layer","files","points":[{"alpha","seeds","detectors","unique","unique_deviation","unique_by_category"}],
//  "logit_change" of a rotation folded into what reads the layer, or why there is none: "not_compared"}
Json rotate(const RotateRequest& request, const Bench& bench) {
  make_atlas(dissection_of(request), bench.reporter);
  Source source = open_source(request.network);
  const std::string layer = derive_layer(source, request.layer, "identity", nullptr, request.threads, bench.reporter);
  const std::vector<Point> points = count_all(request, layer);
  const std::filesystem::path out = request.out;
  const std::string stem = (out.parent_path() / out.stem()).string();
  write_file(stem + ".csv", csv_of(points));
  write_file(stem + ".svg", chart_of(points, layer));
  Json answer = {{"layer", layer}, {"files", {request.out, stem + ".csv", stem + ".svg"}}};
  for (const Point& point : points) answer["points"].push_back(json_of(point));
  try {
    answer["logit_change"] = rotation_error(source.network, layer, 1, kPicturesCompared);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsupported) throw;
    answer["not_compared"] = error.what();
  }
  return answer;
}

}  // namespace

extern const QuestionKind rotate_question;
const QuestionKind rotate_question = make_question<RotateRequest, rotate>(
    "rotate", "Turn a layer's axes and count detectors: are its units special?", R"(
A rotation of the channels changes nothing that the network computes, if what reads them turns them back. So if
units were no more meaningful than other directions, rotated copies of a layer would have as many detectors.
All rotations are dissected in one pass over the images.
Example:
  microtome rotate net.onnx --layer conv5/relu --concepts broden1_224
)");

}  // namespace microtome::questions
