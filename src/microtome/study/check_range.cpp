// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/check_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "microtome/base/workers.h"
#include "microtome/network/classify.h"

namespace microtome {
namespace {

constexpr int64_t kProbedImages = 24;

// Mean probability of the likeliest class over a few real images.
double mean_confidence(const Network& network, const Preprocessing& preprocessing, const std::vector<Image>& images,
                       int threads) {
  const Classifier classifier(network, preprocessing);
  std::vector<double> sure(images.size());
  parallel_for(threads, static_cast<int64_t>(images.size()), [&](int, int64_t index) {
    const size_t slot = static_cast<size_t>(index);
    sure[slot] = likeliest(classifier.probabilities(images[slot]), 1).front().probability;
  });
  return std::accumulate(sure.begin(), sure.end(), 0.0) / static_cast<double>(images.size());
}

}  // namespace

void check_range(const Source& source, const ConceptSet& concepts, int threads, Reporter& reporter) {
  const Layer* output = source.network.find_output_layer();
  const bool classifier =
      output != nullptr && output->units >= 10 && output->shape.size() == 1 && source.network.channels() == 3;
  if (!classifier || source.network.facts().has_preprocessing) return;
  std::vector<Image> images;
  for (int64_t i = 0; i < std::min(kProbedImages, concepts.size()); ++i) {
    try {
      images.push_back(concepts.image(i));
    } catch (const std::exception&) {
      // Named by the survey, which reads all images.
    }
  }
  if (images.empty()) return;
  const double chosen = mean_confidence(source.network, source.preprocessing, images, threads);
  for (const char* preset : {"caffe-bgr", "torchvision", "tf", "raw"}) {
    Preprocessing other = parse_preprocessing(
        {.preset = preset, .mean = {}, .deviation = {}, .range = {}, .order = {}, .resize_short = 0}, {});
    other.side = source.preprocessing.side;
    if (other.bgr == source.preprocessing.bgr && other.high == source.preprocessing.high &&
        other.low == source.preprocessing.low && other.mean == source.preprocessing.mean) {
      continue;
    }
    const double confidence = mean_confidence(source.network, other, images, threads);
    if (confidence > 1.5 * chosen && confidence > chosen + 0.15) {
      reporter.warn(fmt::format(
          "the input range looks wrong: on {} real images the network is {:.0f} % sure with the range in use "
          "and {:.0f} % with `preprocess` {}",
          images.size(), 100 * chosen, 100 * confidence, preset));
    }
  }
}

}  // namespace microtome
