// SPDX-License-Identifier: Apache-2.0
// How much memory does the survey of a Broden-sized set take? 63,305 images of 512 units through one survey, against
// the figure that is printed before a run. Usage: bench_memory [images [side...]]
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "microtome/base/rng.h"
#include "microtome/dissect/survey.h"

namespace microtome {
namespace {

constexpr int kUnits = 512;
constexpr int64_t kChunk = 32;

double resident_megabytes() {
  long pages = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Rectified smooth maps with log-normal peaks, as many as a few hundred images; an image takes a window of them and a
// gain of its own, so that no two images agree.
std::vector<float> draw_maps(int side, int count) {
  std::vector<float> maps;
  Rng rng(1, "maps");
  for (int map = 0; map < count; ++map) {
    double x[3], y[3], peak[3];
    for (int blob = 0; blob < 3; ++blob) {
      x[blob] = rng.uniform(0, side), y[blob] = rng.uniform(0, side);
      peak[blob] = rng.chance(0.5) ? std::exp(0.7 * rng.normal()) : 0;
    }
    constexpr double kSize = 4;
    for (int cell = 0; cell < side * side; ++cell) {
      double value = 0.3 * rng.normal() - 0.4;
      for (int blob = 0; blob < 3; ++blob) {
        const double dx = cell % side - x[blob], dy = cell / side - y[blob];
        value += peak[blob] * std::exp(-(dx * dx + dy * dy) / kSize);
      }
      maps.push_back(static_cast<float>(std::max(0.0, value)));
    }
  }
  return maps;
}

void simulate(int64_t images, int side) {
  const int cells = side * side;
  const std::vector<float> maps = draw_maps(side, 40 * kUnits);
  std::vector<float> buffer(static_cast<size_t>(kChunk) * kUnits * static_cast<size_t>(cells));
  malloc_trim(0);
  const double before = resident_megabytes();
  const SurveyLayer layer{"layer", kUnits, side, side, images, {}, {}};
  Survey survey(layer, {});
  double peak = 0;
  for (int64_t begin = 0; begin < images; begin += kChunk) {
    std::vector<SurveyImage> chunk;
    for (int64_t image = begin; image < std::min(images, begin + kChunk); ++image) {
      Rng rng(3, "image", static_cast<uint64_t>(image));
      const float* from = &maps[static_cast<size_t>(rng.below(39 * kUnits) * cells)];
      const auto gain = static_cast<float>(std::exp(0.3 * rng.normal()));
      float* to = &buffer[static_cast<size_t>((image - begin) * kUnits * cells)];
      std::transform(from, from + kUnits * cells, to, [gain](float value) { return gain * value; });
      chunk.push_back({image, to});
    }
    survey.add(chunk, 2);
    if (begin / kChunk % 16 == 0) peak = std::max(peak, resident_megabytes() - before);
  }
  peak = std::max(peak, resident_megabytes() - before);
  const SurveyBytes stated = survey_bytes(layer, {});
  fmt::print(
      "{} images, {} units of {}x{}: peak {:.0f} MB, printed before the run: about {}, at most {} MB; saved {:.0f} MB; "
      "all "
      "activations {:.0f} MB\n",
      images, kUnits, side, side, peak, stated.usual >> 20, stated.most >> 20,
      static_cast<double>(survey.save().size()) / (1 << 20),
      static_cast<double>(images) * kUnits * cells * sizeof(float) / (1 << 20));
  std::fflush(stdout);
}

}  // namespace
}  // namespace microtome

int main(int argc, char** argv) {
  const int64_t images = argc > 1 ? std::atoll(argv[1]) : 63305;
  if (argc <= 2) {
    for (const int side : {7, 14}) microtome::simulate(images, side);
  }
  for (int i = 2; i < argc; ++i) microtome::simulate(images, std::atoi(argv[i]));
  return 0;
}
