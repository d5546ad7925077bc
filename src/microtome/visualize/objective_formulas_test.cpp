// SPDX-License-Identifier: Apache-2.0
// Every formula against loops that follow it letter by letter.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/executor.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::classifier;
using testing::context;
using testing::noise;
using testing::view_of;

// Four axes of numbers, for loops.
struct Block {
  explicit Block(const at::Tensor& tensor)
      : values(tensor.to(at::kDouble).contiguous()),
        n(values.size(0)),
        c(values.size(1)),
        h(values.size(2)),
        w(values.size(3)) {}
  double operator()(int64_t i, int64_t k, int64_t y, int64_t x) const {
    return values.data_ptr<double>()[((i * c + k) * h + y) * w + x];
  }
  template <class Visit>
  void each(Visit&& visit) const {
    for (int64_t i = 0; i < n; ++i)
      for (int64_t k = 0; k < c; ++k)
        for (int64_t y = 0; y < h; ++y)
          for (int64_t x = 0; x < w; ++x) visit(i, k, y, x);
  }
  at::Tensor values;
  int64_t n, c, h, w;
};

class Formulas : public ::testing::Test {
 protected:
  double score(const std::string& text) { return score(text, map_); }
  double score(const std::string& text, const at::Tensor& map) {
    View view = view_of({{"conv1", map}, {"fc", fc_}});
    view.set_picture(picture_, alpha_);
    return parse_objective(text, context(network_)).score(view).item<double>();
  }
  std::string with_image(const std::string& kind) const { return kind + "image=" + files_.image_file() + ")"; }
  // The activations of the picture file.
  at::Tensor wanted() const {
    const at::Tensor input = to_input(load_image(files_.image_file()), {}, 3, 12, 12);
    return make_executor(network_, {"conv1"})->run(input)[0].to(at::kDouble);
  }
  // Gram matrix entry of picture i.
  static double gram(const Block& a, int64_t i, int64_t j, int64_t k) {
    double sum = 0;
    for (int64_t y = 0; y < a.h; ++y)
      for (int64_t x = 0; x < a.w; ++x) sum += a(i, j, y, x) * a(i, k, y, x);
    return sum;
  }

  testing::ObjectiveFiles files_;
  Network network_ = classifier();
  at::Tensor map_ = noise({6, 5, 12, 12}, 21).to(at::kDouble), fc_ = noise({6, 4}, 22).to(at::kDouble);
  at::Tensor picture_ = noise({2, 3, 9, 8}, 23).to(at::kDouble).sigmoid();
  at::Tensor alpha_ = noise({2, 1, 9, 8}, 24).to(at::kDouble).sigmoid();
  Block a_{map_}, x_{picture_};
};

TEST_F(Formulas, Layer) {
  double sum = 0;
  a_.each([&](int64_t i, int64_t k, int64_t y, int64_t x) { sum += a_(i, k, y, x) * a_(i, k, y, x); });
  EXPECT_NEAR(score("layer(conv1)"), sum / static_cast<double>(map_.numel()), 1e-12);
}

TEST_F(Formulas, PatchAndChannels) {
  double rectangle = 0, middle = 0, weighted = 0;
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t y = 5; y < 9; ++y)
      for (int64_t x = 2; x < 4; ++x) rectangle += a_(i, 3, y, x) / 8 / 6;
    for (int64_t y = 4; y < 7; ++y)
      for (int64_t x = 4; x < 7; ++x) middle += a_(i, 3, y, x) / 9 / 6;
    for (int64_t y = 0; y < 12; ++y)
      for (int64_t x = 0; x < 12; ++x) weighted += (a_(i, 3, y, x) - 0.5 * a_(i, 1, y, x)) / 144 / 6;
  }
  EXPECT_NEAR(score("patch(conv1:3,x=2,y=5,w=2,h=4)"), rectangle, 1e-12);
  EXPECT_NEAR(score("patch(conv1:3)"), middle, 1e-12);
  EXPECT_NEAR(score("channels(conv1,weights=3:1/1:-0.5)"), weighted, 1e-12);
  EXPECT_THROW(score("patch(conv1:3,x=11)"), Error);
  EXPECT_THROW(score("patch(conv1:3,h=13)"), Error);
  EXPECT_THROW(score("patch(fc:3)"), Error);
  for (const std::string wrong : {"3:1/3:2", "3", "3:0", "5:1", "-1:1", "3:x", "3:1/", "3:inf", ""}) {
    EXPECT_THROW(score("channels(conv1,weights=" + wrong + ")"), Error) << wrong;
  }
}

TEST_F(Formulas, Probability) {
  const Network bare =
      testing::Chain({1, 3, 4, 4}).flatten("flat").gemm("out", noise({4, 48}, 3), noise({4}, 4)).network();
  double expected = 0;
  for (int64_t i = 0; i < 6; ++i) {
    double sum = 0;
    for (int64_t k = 0; k < 4; ++k) sum += std::exp(fc_[i][k].item<double>());
    expected += std::exp(fc_[i][2].item<double>()) / sum / 6;
  }
  EXPECT_NEAR(score("probability(crane)"), expected, 1e-12);
  const auto objective = parse_objective("probability(unit=2)", context(bare));
  EXPECT_NEAR(objective.score(view_of({{"out", fc_}})).item<double>(), expected, 1e-12);
  EXPECT_EQ(objective.target->layer, "out");
  EXPECT_THROW(parse_objective("probability(crane)", context(bare)), Error);
}

TEST_F(Formulas, DirectionAtAPosition) {
  for (const double power : {0., 2.}) {
    double expected = 0;
    for (int64_t i = 0; i < 6; ++i) {
      double dot = 0, square = 0, norm = 0;
      for (int64_t k = 0; k < 5; ++k) {
        const double v = files_.vector()[static_cast<size_t>(k)];
        dot += a_(i, k, 6, 2) * v;
        square += a_(i, k, 6, 2) * a_(i, k, 6, 2);
        norm += v * v;
      }
      const double cosine = dot / (std::sqrt(square) + 1e-4) / (std::sqrt(norm) + 1e-4);
      expected += dot * std::pow(std::max(0.1, cosine), power) / 6;
    }
    const std::string rest = ",power=" + std::to_string(power) + ",vector=" + files_.vector_file() + ")";
    EXPECT_NEAR(score("direction(conv1,x=2" + rest), expected, 1e-9) << power;  // y: the centre
    EXPECT_NEAR(score("direction(conv1,x=2,y=6" + rest), expected, 1e-9) << power;
  }
}

TEST_F(Formulas, Interpolate) {
  double expected = 0;
  for (int64_t i = 0; i < 6; ++i) {
    const double w = static_cast<double>(i) / 5;
    expected += ((1 - w) * map_[i][2].mean().item<double>() + w * fc_[i][3].item<double>()) / 6;
  }
  EXPECT_NEAR(score("interpolate(from=conv1:2,to=fc:3)"), expected, 1e-12);
  for (const std::string wrong : {"conv1", "conv1:", "conv1:5", "conv1:x", "conv7:1", ":1", "conv1:1x"}) {
    EXPECT_THROW(score("interpolate(from=" + wrong + ",to=fc:3)"), Error) << wrong;
  }
  EXPECT_THROW(score("interpolate(to=fc:3)"), Error);
}

TEST_F(Formulas, Diversity) {
  double expected = 0;
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 6; ++j) {
      if (i == j) continue;
      double dot = 0, first = 0, second = 0;
      for (int64_t k = 0; k < 5; ++k) {
        for (int64_t l = 0; l < 5; ++l) {
          const double g = gram(a_, i, k, l), h = gram(a_, j, k, l);
          dot += g * h, first += g * g, second += h * h;
        }
      }
      expected += dot / std::sqrt(std::max(first, 1e-10)) / std::sqrt(std::max(second, 1e-10)) / 6;
    }
  }
  EXPECT_NEAR(score("diversity(conv1)"), expected, 1e-10);
  EXPECT_EQ(score("diversity(conv1)", at::zeros_like(map_)), 0);
}

TEST_F(Formulas, Alignment) {
  for (const int64_t decay : {2, 5}) {
    double expected = 0;
    for (int64_t d = 1; d <= 4; ++d) {
      for (int64_t i = 0; i + d < 6; ++i) {
        const double mean = (map_[i] - map_[i + d]).square().mean().item<double>();
        expected -= mean / std::pow(static_cast<double>(decay), static_cast<double>(d));
      }
    }
    EXPECT_NEAR(score("alignment(conv1,decay=" + std::to_string(decay) + ")"), expected, 1e-10);
  }
}

TEST_F(Formulas, TensorAndCaricature) {
  const Block v(wanted());
  for (const double power : {0., 2.}) {
    double by_position = 0, whole = 0;
    for (int64_t i = 0; i < 6; ++i) {
      double all_dot = 0, all_a = 0, all_v = 0;
      for (int64_t y = 0; y < 12; ++y) {
        for (int64_t x = 0; x < 12; ++x) {
          double dot = 0, aa = 0, vv = 0;
          for (int64_t k = 0; k < 5; ++k) {
            dot += a_(i, k, y, x) * v(0, k, y, x);
            aa += a_(i, k, y, x) * a_(i, k, y, x);
            vv += v(0, k, y, x) * v(0, k, y, x);
          }
          const double cosine = dot / (std::sqrt(aa) + 1e-4) / (std::sqrt(vv) + 1e-4);
          by_position += dot * std::pow(std::max(0.1, cosine), power) / 144 / 6;
          all_dot += dot, all_a += aa, all_v += vv;
        }
      }
      const double cosine = all_dot / (std::sqrt(all_a) + 1e-6) / (std::sqrt(all_v) + 1e-6);
      whole += all_dot * std::pow(std::max(0.1, cosine), power) / 6;
    }
    const std::string rest = "(conv1,power=" + std::to_string(power) + ",";
    EXPECT_NEAR(score(with_image("tensor" + rest)), by_position, 1e-9) << power;
    EXPECT_NEAR(score(with_image("caricature" + rest)), whole, 1e-9 * (1 + std::abs(whole))) << power;
  }
}

TEST_F(Formulas, Inversion) {
  const at::Tensor v = wanted();
  EXPECT_NEAR(score(with_image("inversion(conv1,")),
              -(map_ - v).square().sum().item<double>() / v.square().sum().item<double>() / 6, 1e-12);
  EXPECT_EQ(score(with_image("inversion(conv1,"), v), 0);
  EXPECT_NEAR(score(with_image("inversion(conv1,"), at::zeros_like(v)), -1, 1e-12);
}

TEST_F(Formulas, Style) {
  const Block v(wanted());
  double expected = 0;
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t k = 0; k < 5; ++k)
      for (int64_t l = 0; l < 5; ++l) expected -= std::abs(gram(a_, i, k, l) - gram(v, 0, k, l)) / 144 / 25 / 6;
  }
  EXPECT_NEAR(score(with_image("style(conv1,")), expected, 1e-5);  // the stored Gram matrix is float
  EXPECT_NEAR(score(with_image("style(conv1,"), at::cat({wanted(), wanted()}, 2)), 0, 1e-5);  // of any size
}

// At another size the wanted map is scaled: halved by the triangle filter of width 4.
TEST_F(Formulas, MapsFollowThePicturesSize) {
  const Block v(wanted());
  const std::array<double, 4> filter = {0.125, 0.375, 0.375, 0.125};
  at::Tensor half = at::zeros({1, 5, 6, 6}, at::kDouble);
  half[0][2][3][1] = 1;  // the dot product reads the wanted map there
  double expected = 0;
  for (int64_t y = 0; y < 4; ++y)
    for (int64_t x = 0; x < 4; ++x) {
      expected += filter[static_cast<size_t>(y)] * filter[static_cast<size_t>(x)] * v(0, 2, 5 + y, 1 + x);
    }
  EXPECT_NEAR(score(with_image("tensor(conv1,"), half), expected / 36, 1e-6);
}

TEST_F(Formulas, ImagesMustBeThere) {
  for (const std::string kind : {"tensor", "caricature", "inversion", "style"}) {
    EXPECT_THROW(score(kind + "(conv1)"), Error);
    EXPECT_THROW(score(kind + "(conv1,image=/nowhere.png)"), Error);
    EXPECT_THROW(score(kind + "(conv1,image=" + files_.vector_file() + ")"), Error);
  }
}

TEST_F(Formulas, DistancesOfPixels) {
  double l1 = 0, tv = 0;
  std::array<double, 2> squares{};
  x_.each([&](int64_t i, int64_t k, int64_t y, int64_t x) {
    const double value = x_(i, k, y, x);
    l1 += std::abs(value - 0.25);
    squares[static_cast<size_t>(i)] += (value - 0.25) * (value - 0.25);
    if (x + 1 < 8) tv += std::abs(x_(i, k, y, x + 1) - value);
    if (y + 1 < 9) tv += std::abs(x_(i, k, y + 1, x) - value);
  });
  EXPECT_NEAR(score("tv"), tv / 2, 1e-9);
  EXPECT_NEAR(score("l1(centre=0.25)"), l1 / 2, 1e-9);
  EXPECT_NEAR(score("l2(centre=0.25)"), (std::sqrt(squares[0] + 1e-6) + std::sqrt(squares[1] + 1e-6)) / 2, 1e-9);
  EXPECT_NEAR(score("alpha"), alpha_.mean().item<double>(), 1e-12);
}

// The blur of one pixel: the kernel's mean over the pixels that are there.
double blurred(const Block& block, int64_t i, int64_t k, int64_t y, int64_t x, int64_t reach) {
  double sum = 0, weights = 0;
  for (int64_t dy = -reach; dy <= reach; ++dy) {
    for (int64_t dx = -reach; dx <= reach; ++dx) {
      if (y + dy < 0 || y + dy >= block.h || x + dx < 0 || x + dx >= block.w) continue;
      const double weight = std::max(std::abs(dy), std::abs(dx)) == reach ? 0.5 : 1;
      sum += weight * block(i, k, y + dy, x + dx);
      weights += weight;
    }
  }
  return sum / weights;
}

TEST_F(Formulas, Blur) {
  double expected = 0;
  at::Tensor slope = at::zeros_like(picture_);
  x_.each([&](int64_t i, int64_t k, int64_t y, int64_t x) {
    const double difference = x_(i, k, y, x) - blurred(x_, i, k, y, x, 1);
    expected += 0.5 * difference * difference / 2;
    slope[i][k][y][x] = difference / 2;  // as if the blur did not depend on the picture
  });
  EXPECT_NEAR(score("blur"), expected, 1e-9);
  const at::Tensor leaf = picture_.clone().requires_grad_();
  View view;
  view.set_picture(leaf);
  const auto objective = parse_objective("blur", context(network_));
  const at::Tensor found = torch::autograd::grad({objective.score(view)}, {leaf})[0];
  EXPECT_LT((found - slope).abs().max().item<double>(), 1e-12);
}

TEST_F(Formulas, Boundary) {
  for (const int64_t width : {2, 4, 20}) {
    double expected = 0;
    x_.each([&](int64_t i, int64_t k, int64_t y, int64_t x) {
      if (std::min({x, y, x_.w - 1 - x, x_.h - 1 - y}) >= width) return;
      const double value = x_(i, k, y, x), difference = blurred(x_, i, k, y, x, 2) - value;
      expected += (difference * difference + 0.8 * (value - 0.5) * (value - 0.5)) / 2;
    });
    EXPECT_NEAR(score("boundary(width=" + std::to_string(width) + ")"), expected, 1e-9) << width;
  }
  EXPECT_EQ(score("boundary"), score("boundary(width=20)"));
}

TEST_F(Formulas, AlphaNeedsOpacity) {
  View view;
  view.set_picture(picture_);
  EXPECT_THROW(parse_objective("alpha", context(network_)).score(view), Error);
}

}  // namespace
}  // namespace microtome
