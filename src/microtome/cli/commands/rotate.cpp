// SPDX-License-Identifier: Apache-2.0
// microtome rotate: are a layer's own axes special? Detectors of rotated copies of it.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/command.h"
#include "microtome/image/chart.h"

namespace microtome::commands {
namespace {

struct Options {
  StudyRequest study;
  std::vector<double> alphas = {0, 0.2, 0.4, 0.6, 0.8, 1};
  int seeds = 5;
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

std::string basis_of(double alpha, int seed) {
  return alpha == 0 ? std::string("identity") : fmt::format("random:{:g}:{}", alpha, seed);
}

// Without turning there is one layer, whatever the seed.
int seeds_at(double alpha, const Options& options) { return alpha == 0 ? 1 : options.seeds; }

std::vector<Point> count_all(const Options& options, const std::string& layer) {
  const Atlas atlas = Atlas::open(options.study.out, Atlas::Mode::kRead);
  const auto categories = static_cast<int>(atlas.concepts().value().categories.size());
  std::vector<Point> points;
  for (const double alpha : options.alphas) {
    Point point{alpha, {}};
    for (int seed = 1; seed <= seeds_at(alpha, options); ++seed) {
      const std::string name = alpha == 0 ? layer : fmt::format("{}~random{:g}.{}", layer, alpha, seed);
      point.counts.push_back(count_detectors(atlas.units(name, true), categories));
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

void report(const Options& options, const std::string& layer, const Session& session) {
  const std::vector<Point> points = count_all(options, layer);
  const std::filesystem::path out = options.study.out;
  const std::string stem = (out.parent_path() / out.stem()).string();
  write_file(stem + ".csv", csv_of(points));
  write_file(stem + ".svg", chart_of(points, layer));
  TextTable table;
  for (const char* heading : {"alpha", "seeds", "detectors", "unique", "+-", "unique by category"}) {
    table.add_column(heading, TextTable::Align::kRight);
  }
  for (const Point& point : points) {
    table.add_row({fmt::format("{:g}", point.alpha), fmt::format("{}", point.counts.size()),
                   fmt::format("{:.1f}", point.mean(&DetectorCount::detectors)),
                   fmt::format("{:.1f}", point.mean(&DetectorCount::unique)),
                   fmt::format("{:.1f}", point.deviation(&DetectorCount::unique)),
                   fmt::format("{:.1f}", point.mean(&DetectorCount::unique_by_category))});
  }
  print(table.render(terminal_width()));
  try {
    const double error = session.engine().rotation_error(options.study.network, layer);
    print(fmt::format("with the rotation folded into what reads the layer, logits change by at most {:.2g}", error));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsupported) throw;
    print(fmt::format("logits were not compared: {}", error.what()));
  }
  print(fmt::format("wrote {0}, {1}.csv and {1}.svg", options.study.out, stem));
}

void run(Options& options, Session& session) {
  options.study.visualize = false;
  options.study.dissection.permutations = 0;
  options.study.dissection.bootstrap = 0;
  options.study.threads = session.thread_count();
  options.study.command = session.typed;
  options.study.bases.clear();
  for (const double alpha : options.alphas) {
    for (int seed = 1; seed <= seeds_at(alpha, options); ++seed) options.study.bases.push_back(basis_of(alpha, seed));
  }
  const auto reporter = session.reporter();
  session.engine().study(options.study, *reporter);
  const Atlas atlas = Atlas::open(options.study.out, Atlas::Mode::kRead);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    if (layer.name.find("~random") == std::string::npos) report(options, layer.name, session);
  }
}

void define(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  options->study.layers.resize(1);
  options->study.out = "rotation.atlas";
  app.add_option("network", options->study.network.file, "ONNX or microtome safetensors file")->required();
  app.add_option("--layer", options->study.layers[0], "Layer to turn, by name or alias")->required();
  app.add_option("--concepts", options->study.concepts, "Concept set")->required();
  app.add_option("--alphas", options->alphas, "How far towards a random basis: 0 = not at all, 1 = all the way")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--seeds", options->seeds, "Random rotations for each")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--out", options->study.out, "Atlas to write; a table and a chart stand beside it")
      ->capture_default_str();
  bind(app, options->study.network);
  add_common(app, session, false);
  app.footer(
      "\nA rotation of the channels changes nothing that the network computes, if what reads them turns them back. So "
      "if\n"
      "units were no more meaningful than other directions, rotated copies of a layer would have as many detectors.\n"
      "All rotations are dissected in one pass over the images.\n"
      "Example:\n  microtome rotate net.onnx --layer conv5/relu --concepts broden1_224\n");
  app.callback([options, &session] { run(*options, session); });
}

}  // namespace

extern const Command rotate_command;
const Command rotate_command{"rotate", "Turn a layer's axes and count detectors: are its units special?", define};

}  // namespace microtome::commands
