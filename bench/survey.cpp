// SPDX-License-Identifier: Apache-2.0
// What does a dissection cost beyond the network? Survey and tally of a layer as wide as GoogLeNet's 4e (832 units of
// 14x14) over a whole stream, rise of the bound included; milliseconds an image, to hold against a forward pass.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "microtome/base/rng.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"
#include "microtome/dissect/testing/dissected.h"

namespace microtome {
namespace {

constexpr int kUnits = 832, kSide = 14, kCells = kSide * kSide, kGrid = 112, kLabels = 200;
constexpr int64_t kImages = 4000, kChunk = 32;

// Rectified maps of one to three blobs on noise; an image is a window of consecutive maps at a random place.
std::vector<float> draw_maps(int count) {
  std::vector<float> maps;
  Rng rng(1, "maps");
  for (int map = 0; map < count; ++map) {
    double x[3], y[3], peak[3];
    for (int blob = 0; blob < 3; ++blob) {
      x[blob] = rng.uniform(0, kSide), y[blob] = rng.uniform(0, kSide);
      peak[blob] = rng.chance(0.5) ? std::exp(0.7 * rng.normal()) : 0;
    }
    for (int cell = 0; cell < kCells; ++cell) {
      double value = 0.4 * rng.normal() - 0.4;
      for (int blob = 0; blob < 3; ++blob) {
        const double dx = cell % kSide - x[blob], dy = cell / kSide - y[blob];
        value += peak[blob] * std::exp(-(dx * dx + dy * dy) / 4);
      }
      maps.push_back(static_cast<float>(std::max(0.0, value)));
    }
  }
  return maps;
}

// A plane of patches and one of parts of them, in memory: reading the files is not what is measured.
class PatchSet : public ConceptSet {
 public:
  PatchSet() : index_({"object", "part"}, vocabulary()) {
    Rng rng(2, "labels");
    for (int image = 0; image < 64; ++image) {
      ImageLabels holds{kGrid, kGrid, {LabelMap(kGrid, kGrid), LabelMap(kGrid, kGrid)}, {}, false};
      for (int patch = 0; patch < 24; ++patch) {
        const int x = static_cast<int>(rng.below(kGrid)), y = static_cast<int>(rng.below(kGrid));
        const int size = static_cast<int>(rng.between(4, 50));
        const auto label = static_cast<uint16_t>(rng.between(1, kLabels));
        for (int v = y; v < std::min(kGrid, y + size); ++v) {
          for (int u = x; u < std::min(kGrid, x + size); ++u) holds.planes[label % 2].at(u, v) = label;
        }
      }
      labels_.push_back(std::move(holds));
    }
  }
  const ConceptIndex& index() const override { return index_; }
  int64_t size() const override { return kImages; }
  const ConceptImage& image_info(int64_t) const override { return info_; }
  Image image(int64_t) const override { return {}; }
  ImageLabels labels(int64_t image) const override { return labels_[static_cast<size_t>(image) % labels_.size()]; }
  const std::string& hash() const override { return info_.file; }

 private:
  static std::vector<Concept> vocabulary() {
    std::vector<Concept> concepts(1);
    for (int label = 1; label <= kLabels; ++label) {
      concepts.push_back({label, std::to_string(label), label % 2, {label % 2}});
    }
    return concepts;
  }
  ConceptIndex index_;
  ConceptImage info_;
  std::vector<ImageLabels> labels_;
};

Survey empty_survey_of_layer(bool negative) {
  SurveySettings settings;
  settings.negative = negative;
  return {{"4e", kUnits, kSide, kSide, kImages, {}, {}}, settings};
}

void stream(const std::vector<float>& maps, int64_t first, int64_t last, int threads, Survey& survey) {
  const auto windows = static_cast<int64_t>(maps.size() / kCells) - kUnits;
  for (; first < last; first += kChunk) {
    std::vector<SurveyImage> chunk;
    for (int64_t image = first; image < std::min(last, first + kChunk); ++image) {
      Rng rng(3, "window", static_cast<uint64_t>(image));
      chunk.push_back({image, &maps[static_cast<size_t>(rng.below(windows)) * kCells]});
    }
    survey.add(chunk, threads);
  }
}

void report(benchmark::State& state, int64_t images) {
  state.counters["s/1000images"] = benchmark::Counter(static_cast<double>(images * state.iterations()) / 1000,
                                                      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void survey_whole(benchmark::State& state) {
  const std::vector<float> maps = draw_maps(20000);
  for (auto _ : state) {
    Survey survey = empty_survey_of_layer(state.range(0) == 2);
    stream(maps, 0, kImages, 1, survey);
  }
  report(state, kImages);
}
BENCHMARK(survey_whole)->ArgName("signs")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

// The last quarter of a stream: what an image costs once the bound is near the threshold.
void survey_warm(benchmark::State& state) {
  const std::vector<float> maps = draw_maps(20000);
  Survey begun = empty_survey_of_layer(false);
  stream(maps, 0, kImages * 3 / 4, 2, begun);
  const std::string saved = begun.save();
  for (auto _ : state) {
    state.PauseTiming();
    Survey survey = Survey::load(saved);
    state.ResumeTiming();
    stream(maps, kImages * 3 / 4, kImages, 1, survey);
  }
  report(state, kImages / 4);
}
BENCHMARK(survey_warm)->Unit(benchmark::kMillisecond);

void tally(benchmark::State& state) {
  const std::vector<float> maps = draw_maps(20000);
  std::vector<Survey> surveys;
  surveys.push_back(empty_survey_of_layer(false));
  stream(maps, 0, kImages, 2, surveys[0]);
  const PatchSet set;
  const auto reporter = make_silent_reporter();
  for (auto _ : state) benchmark::DoNotOptimize(finish(surveys, set, {}, 1, *reporter));
  report(state, kImages);
}
BENCHMARK(tally)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace microtome

BENCHMARK_MAIN();
