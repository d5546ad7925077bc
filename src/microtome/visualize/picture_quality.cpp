// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/picture_quality.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "microtome/visualize/quality.h"

namespace microtome {
namespace {

constexpr int kHeldOut = 16;

at::Tensor tap_of(const Trunk& trunk, const std::string& layer, const at::Tensor& input) {
  const auto place = std::ranges::find(trunk.layers(), layer) - trunk.layers().begin();
  return trunk.executor().run(input)[static_cast<size_t>(place)];
}

// One way of showing the pictures: their draws, and the background behind holes.
struct Showing {
  std::vector<Draw> draws;
  Rng background;
};

class Measurement {
 public:
  Measurement(std::span<Picture> pictures, const Ascent& ascent, const Trunk& trunk)
      : pictures_(pictures), ascent_(ascent), trunk_(trunk), stage_(ascent.stages.back()) {
    std::vector<at::Tensor> values;
    for (const Picture& picture : pictures) values.push_back(stored_values(picture));
    colours_ = at::cat(values);
    if (colours_.size(1) == 4 && pictures.front().values.empty()) {  // the fourth is opacity
      alpha_ = colours_.narrow(1, 3, 1);
      colours_ = colours_.narrow(1, 0, stage_.canvas.channels);
    }
  }

  void run() {
    keep_maxima(showing({}));
    std::vector<double> sums(pictures_.size(), 0);
    double score_sum = 0;
    const int rounds = ascent_.transforms.empty() ? 1 : kHeldOut;
    for (int i = 0; i < rounds; ++i) {
      const Showing held_out = showing(static_cast<uint64_t>(i));
      const std::vector<double> moved = activations(held_out);
      for (size_t k = 0; k < sums.size(); ++k) sums[k] += moved[k];
      score_sum += score(held_out);
    }
    for (size_t k = 0; k < sums.size(); ++k) {
      Picture& picture = pictures_[k];
      picture.activation = sums[k] / rounds;
      picture.score = score_sum / rounds;
      picture.dead = picture.activation == 0 && picture.plain_activation == 0;
    }
  }

 private:
  Showing showing(std::optional<uint64_t> draw) const {
    const uint64_t seed = ascent_.settings.seed;
    std::vector<Draw> draws;
    for (const uint64_t key : ascent_.keys) {
      const auto moved = [&](uint64_t i) {
        return ascent_.transforms.draw(Rng(seed, "held-out", key, i), stage_.canvas.height, stage_.canvas.width);
      };
      draws.push_back(draw ? moved(*draw) : Draw{});
    }
    return {std::move(draws), Rng(seed, "held-out background", ascent_.keys[0], draw.value_or(~uint64_t{0}))};
  }

  at::Tensor input(const Showing& how, Aperture aperture) const {
    return network_input(colours_, alpha_, how.draws, aperture, ascent_.preprocessing, how.background);
  }

  // Of each unit on each picture [N,C], in the target's sign: the maximum over positions.
  at::Tensor maxima(const Showing& how, const UnitRef& target) const {
    const Aperture& part = stage_.prefix->aperture();
    const at::Tensor all = input(how, {.height = part.height, .width = part.width});
    const at::Tensor map = tap_of(trunk_, target.layer, all) * factor(target.of.sign);
    return map.reshape({map.size(0), map.size(1), -1}).amax(2).to(at::kFloat).contiguous();
  }

  void keep_maxima(const Showing& how) {
    const std::optional<UnitRef>& target = ascent_.objective.target;
    const at::Tensor all = target ? maxima(how, *target) : at::Tensor();
    for (size_t k = 0; k < pictures_.size(); ++k) {
      Picture& picture = pictures_[k];
      picture.plain_activation = picture.rank = std::numeric_limits<double>::quiet_NaN();
      picture.spectrum_slope = picture.values.empty() ? spectrum_slope(picture.image) : picture.rank;
      if (!target) continue;
      const auto unit = static_cast<size_t>(target->of.unit);
      const float* row = all.data_ptr<float>() + static_cast<int64_t>(k) * all.size(1);
      picture.maxima.assign(row, row + all.size(1));
      picture.plain_activation = picture.maxima[unit];
      // All units that are silent would share a rank.
      if (picture.plain_activation != 0) picture.rank = rank_of(picture.maxima, unit);
    }
  }

  // The target's maximum on each picture; NaN without a target.
  std::vector<double> activations(const Showing& how) const {
    const std::optional<UnitRef>& target = ascent_.objective.target;
    if (!target) return std::vector<double>(pictures_.size(), std::numeric_limits<double>::quiet_NaN());
    const at::Tensor all = maxima(how, *target);
    std::vector<double> out;
    for (int64_t i = 0; i < all.size(0); ++i) out.push_back(all[i][target->of.unit].item<double>());
    return out;
  }

  double score(const Showing& how) const {
    std::vector<at::Tensor> taps;
    if (!ascent_.objective.reads.layers.empty()) {
      taps = stage_.prefix->executor().run(input(how, stage_.prefix->aperture()));
    }
    View view = stage_.prefix->view(taps);
    view.set_picture(colours_, alpha_);
    return ascent_.objective.score(view).item<double>();
  }

  std::span<Picture> pictures_;
  const Ascent& ascent_;
  const Trunk& trunk_;
  const Stage& stage_;
  at::Tensor colours_, alpha_;
};

}  // namespace

void measure_quality(std::span<Picture> pictures, const Ascent& ascent, const Trunk& trunk) {
  const at::NoGradGuard no_gradients;
  Measurement(pictures, ascent, trunk).run();
}

double measure_diversity(std::span<const Image> pictures, const Trunk& trunk, const std::string& layer,
                         const Preprocessing& preprocessing, const Canvas& input) {
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> maps;
  for (const Image& picture : pictures) {
    const at::Tensor values = from_image(picture);
    const Draw unmoved;
    const Aperture all{.height = input.height, .width = input.width};
    const at::Tensor colours = values.narrow(1, 0, input.channels);
    const at::Tensor map =
        tap_of(trunk, layer, network_input(colours, {}, std::span(&unmoved, 1), all, preprocessing, Rng(0)));
    maps.push_back(map.reshape({map.size(1), -1, 1}));
  }
  return diversity_of(maps);
}

}  // namespace microtome
