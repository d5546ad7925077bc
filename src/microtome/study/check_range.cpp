// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/check_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"
#include "microtome/image/resize.h"
#include "microtome/network/classify.h"

namespace microtome {
namespace {

constexpr int64_t kLeastImages = 12, kLeastClasses = 10;
constexpr double kToldApart = 0.6, kMuchMore = 0.1;
constexpr double kPart = 0.8;  // of an image's sides

// By image: the probability of each class. Empty where the network gives none, as when it overflows.
using Answers = std::vector<std::vector<float>>;

Answers answers_of(const Source& source, const Preprocessing& preprocessing, const std::vector<Image>& images,
                   int threads) {
  try {
    const Classifier classifier(source.network, preprocessing);
    Answers answers(images.size());
    parallel_for(threads, std::ssize(images), [&](int, int64_t index) {
      const auto slot = static_cast<size_t>(index);
      answers[slot] = classifier.probabilities(images[slot]);
    });
    return answers;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCancelled) throw;
    return {};
  }
}

std::vector<Image> middles(const std::vector<Image>& images) {
  std::vector<Image> out;
  for (const Image& image : images) {
    const int width = std::max(1, static_cast<int>(kPart * image.width));
    const int height = std::max(1, static_cast<int>(kPart * image.height));
    out.push_back(crop(image, (image.width - width) / 2, (image.height - height) / 2, width, height));
  }
  return out;
}

double entropy(const std::vector<double>& p) {
  double sum = 0;
  for (const double value : p) sum -= value > 0 ? value * std::log(value) : 0;
  return sum;
}

// 0: all images get one answer, or none is sure; 1: each gets one of its own.
double told_apart(const Answers& answers) {
  if (answers.empty()) return 0;
  const size_t classes = answers.front().size();
  std::vector<double> mean(classes);
  double own = 0;
  for (const std::vector<float>& p : answers) {
    own += entropy({p.begin(), p.end()}) / static_cast<double>(answers.size());
    for (size_t i = 0; i < classes; ++i) mean[i] += static_cast<double>(p[i]) / static_cast<double>(answers.size());
  }
  return (entropy(mean) - own) / std::log(static_cast<double>(std::min(classes, answers.size())));
}

// How often both name the same class, beyond how often two images would.
double agreement(const Answers& a, const Answers& b) {
  if (a.empty() || b.empty()) return 0;
  std::map<int64_t, double> of_a, of_b;
  const double share = 1 / static_cast<double>(a.size());
  double same = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const int64_t first = likeliest(a[i], 1).front().index, second = likeliest(b[i], 1).front().index;
    of_a[first] += share, of_b[second] += share;
    if (first == second) same += share;
  }
  for (const auto& [index, often] : of_a) same -= often * of_b[index];
  return same;
}

struct Candidate {
  std::string words;  // how it is asked for
  Preprocessing preprocessing;
};

std::vector<Candidate> candidates(const Preprocessing& in_use) {
  std::vector<Candidate> all;
  const auto add = [&](const std::string& words, const PreprocessingRequest& request) {
    Preprocessing other = parse_preprocessing(request, {});
    other.side = in_use.side;
    other.resize_short = in_use.resize_short;
    const bool same = other.bgr == in_use.bgr && other.high == in_use.high && other.low == in_use.low &&
                      other.mean == in_use.mean && other.deviation == in_use.deviation;
    if (!same) all.push_back({words, other});
  };
  for (const char* preset : {"caffe-bgr", "torchvision", "tf", "raw"}) {
    add(fmt::format("`preprocess` {}", preset),
        {.preset = preset, .mean = {}, .deviation = {}, .range = {}, .order = {}});
  }
  add("`range` 0,255", {.preset = "raw", .mean = {}, .deviation = {}, .range = "0,255", .order = {}});
  return all;
}

bool is_probed(const Source& source) {
  const Layer* output = source.network.find_output_layer();
  if (output == nullptr || source.network.facts().has_preprocessing || source.network.channels() != 3) return false;
  // One number a class, as [C] or [C,1,1].
  int64_t numbers = 1;
  for (const int64_t side : output->shape) numbers *= side;
  return output->units >= kLeastClasses && numbers == output->units;
}

}  // namespace

std::vector<Image> probed_images(const ConceptSet& concepts) {
  std::vector<Image> images;
  const int64_t count = std::min(kProbedImages, concepts.size());
  for (int64_t i = 0; i < count; ++i) {
    try {
      images.push_back(concepts.image(i * concepts.size() / count));
    } catch (const std::exception&) {
      // Named by the survey, which reads all images.
    }
  }
  return images;
}

void check_range(const Source& source, const std::vector<Image>& images, int threads, Reporter& reporter) {
  if (std::ssize(images) < kLeastImages || !is_probed(source)) return;
  const std::vector<Image> parts = middles(images);
  const Answers in_use = answers_of(source, source.preprocessing, images, threads);
  const double apart = told_apart(in_use);
  if (apart + kMuchMore > 1) return;
  double best = std::max(kToldApart, apart + kMuchMore);
  std::string words;
  std::optional<double> steady;
  for (const Candidate& other : candidates(source.preprocessing)) {
    const Answers answers = answers_of(source, other.preprocessing, images, threads);
    const double apart_there = told_apart(answers);
    if (apart_there < best) continue;
    if (!steady) steady = agreement(in_use, answers_of(source, source.preprocessing, parts, threads));
    if (agreement(answers, answers_of(source, other.preprocessing, parts, threads)) < *steady) continue;
    best = apart_there;
    words = other.words;
  }
  if (words.empty()) return;
  reporter.warn(fmt::format(
      "the input range looks wrong: of what could tell {} real images apart the network gives {:.0f} % with "
      "the range in use and {:.0f} % with {}",
      images.size(), 100 * apart, 100 * best, words));
}

}  // namespace microtome
