// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/quality.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "microtome/network/ops/operator.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int kLeastSide = 16;

using Features = std::vector<std::vector<float>>;

// Ranks from 1, rising with the values; equal values share the mean of theirs.
template <class Number>
std::vector<double> ranks(std::span<const Number> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) { return values[a] != values[b] ? values[a] < values[b] : a < b; });
  std::vector<double> out(values.size());
  for (size_t begin = 0, end; begin < order.size(); begin = end) {
    for (end = begin + 1; end < order.size() && values[order[end]] == values[order[begin]];) ++end;
    for (size_t i = begin; i < end; ++i) out[order[i]] = (static_cast<double>(begin + end) + 1) / 2;
  }
  return out;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : kNone;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

// Power by whole cycles a picture of the shorter side: [radius] from 1 to side / 2.
std::vector<double> radial_power(const at::Tensor& brightness) {
  const int64_t height = brightness.size(0), width = brightness.size(1), side = std::min(height, width);
  const at::Tensor power = at::fft_fft2(brightness - brightness.mean()).abs().square().contiguous();
  const double* value = power.data_ptr<double>();
  std::vector<double> sum(static_cast<size_t>(side / 2) + 1, 0), count(sum.size(), 0);
  for (int64_t row = 0; row < height; ++row) {
    const double fy = static_cast<double>(std::min(row, height - row)) / static_cast<double>(height);
    for (int64_t column = 0; column < width; ++column, ++value) {
      const double fx = static_cast<double>(std::min(column, width - column)) / static_cast<double>(width);
      const auto radius = static_cast<size_t>(std::lround(std::hypot(fx, fy) * static_cast<double>(side)));
      if (radius >= sum.size()) continue;
      sum[radius] += *value;
      ++count[radius];
    }
  }
  for (size_t i = 1; i < sum.size(); ++i) sum[i] /= std::max(count[i], 1.0);
  return sum;
}

}  // namespace

double spectrum_slope(const Image& image) {
  if (std::min(image.width, image.height) < kLeastSide) return kNone;
  at::Tensor brightness = at::zeros({image.height, image.width}, at::kDouble);
  double* out = brightness.data_ptr<double>();
  const int colours = image.channels >= 3 ? 3 : 1;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x, ++out) {
      for (int c = 0; c < colours; ++c) *out += image.at(x, y)[c] / (255.0 * colours);
    }
  }
  const std::vector<double> power = radial_power(brightness);
  std::vector<double> x, y;
  for (size_t radius = 1; radius < power.size(); ++radius) {
    if (power[radius] <= 0) continue;
    x.push_back(std::log(static_cast<double>(radius)));
    y.push_back(std::log(power[radius]));
  }
  if (x.size() + 1 < power.size()) return kNone;
  const auto n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  double xy = 0, xx = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * y[i];
    xx += (x[i] - mean_x) * (x[i] - mean_x);
  }
  return xy / xx;
}

double rank_correlation(std::span<const float> a, std::span<const float> b) { return correlation(ranks(a), ranks(b)); }
double rank_correlation(std::span<const double> a, std::span<const double> b) {
  return correlation(ranks(a), ranks(b));
}

double rank_of(std::span<const float> values, size_t unit) {
  return static_cast<double>(values.size()) + 1 - ranks(values)[unit];
}

Onlooker::Onlooker(const Network& network, const Preprocessing& preprocessing, std::vector<std::string> layers)
    : eye_(network, preprocessing, std::move(layers)) {}

std::vector<std::vector<float>> Onlooker::look(const Image& image) const {
  std::vector<std::vector<float>> out;
  for (const at::Tensor& tap : eye_.look(image)) {
    const at::Tensor means = tap.dim() > 2 ? tap.flatten(2).mean(2) : tap;
    const at::Tensor row = means.to(at::kFloat).reshape(-1).contiguous();
    out.emplace_back(row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
  }
  return out;
}

std::vector<std::string> path_to(const Network& network, const std::string& layer, size_t most) {
  const Layer& end = network.layer(layer);
  const Graph pruned = pruned_graph(network.graph(), std::span(&end.value, 1));
  std::vector<std::string> names;
  for (const Node& node : pruned.nodes) {
    const bool rectified = require_operator(node).rectifies;
    const std::string& name = pruned.values[static_cast<size_t>(node.outputs[0])].name;
    const auto found = std::ranges::find(network.layers(), name, &Layer::name);
    if (rectified && found != network.layers().end() && name != end.name) names.push_back(name);
  }
  names.push_back(end.name);
  std::vector<std::string> chosen;
  const size_t count = std::min(most, names.size());
  for (size_t i = 1; i <= count; ++i) chosen.push_back(names[i * names.size() / count - 1]);
  return chosen;
}

PathSimilarity path_similarity(const Features& picture, std::span<const Features> others) {
  PathSimilarity out;
  double sum = 0;
  int defined = 0;
  for (size_t layer = 0; layer < picture.size(); ++layer) {
    double layer_sum = 0;
    int count = 0;
    for (const Features& other : others) {
      const double value = rank_correlation(picture[layer], other[layer]);
      if (std::isnan(value)) continue;
      layer_sum += value;
      ++count;
    }
    out.by_layer.push_back(count > 0 ? layer_sum / count : kNone);
    if (count > 0) sum += out.by_layer.back(), ++defined;
  }
  out.mean = defined > 0 ? sum / defined : kNone;
  return out;
}

double likeness(const Features& picture, std::span<const Features> own, std::span<const Features> strangers) {
  if (own.empty() || strangers.empty()) return kNone;
  std::vector<double> far;
  for (const Features& stranger : strangers) far.push_back(cosine(picture.back(), stranger.back()));
  double wins = 0;
  for (const Features& mine : own) {
    const double near = cosine(picture.back(), mine.back());
    for (const double other : far) wins += near > other ? 1 : near == other ? 0.5 : 0;
  }
  return wins / static_cast<double>(own.size() * strangers.size());
}

double diversity_of(std::span<const at::Tensor> maps) {
  if (maps.size() < 2) return kNone;
  std::vector<at::Tensor> grams;
  for (const at::Tensor& map : maps) {
    const at::Tensor flat = map.flatten(1).to(at::kDouble);
    const at::Tensor gram = at::mm(flat, flat.t());
    grams.push_back(gram / gram.norm().clamp_min(1e-10));
  }
  double sum = 0;
  int pairs = 0;
  for (size_t i = 0; i < grams.size(); ++i) {
    for (size_t j = 0; j < i; ++j, ++pairs) sum += (grams[i] * grams[j]).sum().item<double>();
  }
  return 1 - sum / pairs;
}

}  // namespace microtome
