// SPDX-License-Identifier: Apache-2.0
// Attacks where the strongest one is known.
#include "microtome/explain/attack.h"

#include "microtome/base/error.h"
#include "microtome/explain/explain_testing.h"
#include "microtome/explain/subject.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/ball.h"

namespace microtome {
namespace {

using testing::branched;
using testing::network_of;
using testing::normal;
using testing::some_pixels;

constexpr double kLevel = 1.0 / 255;

// Two classes, linear in the pixels: their difference has the gradient w.
Network linear(const at::Tensor& w) {
  GraphBuilder b;
  const ValueIndex in = b.input("input", {-1, w.size(0), w.size(1), w.size(2)});
  const at::Tensor row = w.reshape({1, -1});
  return network_of(b, {b.gemm("y", b.flatten("row", in), at::cat({row, at::zeros_like(row)}), {})});
}

AttackSettings by(const std::string& method, const std::string& norm = "linf", const std::string& eps = "8/255") {
  AttackSettings settings;
  settings.method = method;
  settings.norm = norm;
  settings.eps = eps;
  return settings;
}

// Far enough from black and white for every step.
Image inner_image(int64_t channels, int64_t side, uint64_t seed) {
  return to_image(0.3 + 0.4 * some_pixels(channels, side, seed));
}

TEST(Attack, FractionsAreNumbers) {
  EXPECT_EQ(parse_fraction("8/255", "eps"), 8.0 / 255);
  EXPECT_EQ(parse_fraction("0.03", "eps"), 0.03);
  for (const char* bad : {"", "8/", "/255", "8/0", "-1", "1e999", "nan", "8/255/2", "x", "0x8"}) {
    EXPECT_THROW(parse_fraction(bad, "eps"), Error) << bad;
  }
}

// The largest change of a linear function within the box is eps |w|_1.
TEST(Attack, OneStepIsExactOnALinearNetwork) {
  const at::Tensor w = normal({3, 9, 9}, 1);
  const Network network = linear(w);
  const Image image = inner_image(3, 9, 2);
  for (const char* method : {"fgsm", "bim", "pgd"}) {
    const AttackResult result = Attacker(network, {}, by(method), -1, "y:0 - y:1").attack(image);
    EXPECT_NEAR(result.after - result.before, 8 * kLevel * w.abs().sum().item<double>(), 1e-3) << method;
    EXPECT_NEAR(result.distance, 8 * kLevel, 1e-9);
    EXPECT_TRUE(result.success);
  }
}

// Within the sphere it is eps |w|_2; before the picture is rounded to 8 bits.
TEST(Attack, TheBallOfTheEuclideanNorm) {
  const at::Tensor w = normal({1, 3, 9, 9}, 3);
  const at::Tensor centre = 0.3 + 0.4 * some_pixels(3, 9, 4);
  const auto ball = make_ball(centre, {.norm = "l2", .eps = 0.5, .random = false});
  const uint64_t key = 0;
  std::vector<at::Tensor> x = ball->start(0, {&key, 1}, 1);
  ball->step_rule(0.4)->ascend(x, {{w}});
  ball->constrain(x);
  ball->step_rule(0.4)->ascend(x, {{w}});
  ball->constrain(x);
  EXPECT_NEAR(((x[0] - centre) * w).sum().item<double>(), 0.5 * w.norm().item<double>(), 1e-4);
  EXPECT_NEAR((x[0] - centre).norm().item<double>(), 0.5, 1e-5);
}

TEST(Attack, KeepsItsPlace) {
  const Network network = branched(true);
  for (const char* norm : {"linf", "l2"}) {
    for (const char* eps : {"0", "3/255", "0.021", "0.2"}) {
      for (uint64_t seed = 0; seed < 4; ++seed) {
        const Attacker attacker(network, {}, by("pgd", norm, eps));
        const Image image = to_image(some_pixels(3, 12, seed));
        const AttackResult result = attacker.attack(image);
        EXPECT_LE(result.distance, attacker.eps() + 1e-9) << norm << " " << eps;
        EXPECT_TRUE(result.original == image);
        EXPECT_TRUE(attacker.eps() > 0 || result.found == image);
        EXPECT_EQ(result.success, result.to.index != result.from.index);
      }
    }
  }
}

TEST(Attack, MoreStepsAndMoreRoomReachMore) {
  const Network network = branched(true);
  int better = 0, larger = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Image image = to_image(some_pixels(3, 12, 100 + seed));
    const double one = Attacker(network, {}, by("fgsm")).attack(image).after;
    const double many = Attacker(network, {}, by("pgd")).attack(image).after;
    better += many >= one - 1e-3;
    larger += Attacker(network, {}, by("pgd", "linf", "16/255")).attack(image).after >= many - 1e-3;
  }
  EXPECT_GE(better, 19);
  EXPECT_GE(larger, 19);
}

TEST(Attack, ReachesTheClassAskedFor) {
  const Network network = branched(true);
  int reached = 0;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const AttackResult result =
        Attacker(network, {}, by("pgd", "linf", "0.5"), 3).attack(to_image(some_pixels(3, 12, seed)));
    EXPECT_EQ(result.success, result.to.index == 3);
    EXPECT_GE(result.after, result.before);
    reached += result.success;
  }
  EXPECT_GE(reached, 3);  // no picture of a small random network need be of every class
}

TEST(Attack, TheSmallestIsWhereItTurns) {
  const at::Tensor w = normal({3, 9, 9}, 1);
  const Network network = linear(w);
  const Image image = inner_image(3, 9, 2);
  const double margin = Subject(network, {}, "y:0 - y:1").value(from_image(image));
  const double turn = std::abs(margin) / w.abs().sum().item<double>();
  const auto found = Attacker(network, {}, by("fgsm", "linf", "0.2")).smallest(image, 0);
  ASSERT_TRUE(found);
  EXPECT_GE(found->distance, turn - 1e-6);
  EXPECT_LE(found->distance, turn + 2 * kLevel);
  EXPECT_FALSE(Attacker(network, {}, by("fgsm", "linf", std::to_string(turn / 2))).smallest(image, 0));
}

TEST(Attack, IsTheSameForTheSameSeed) {
  const Network network = branched(true);
  const Image image = to_image(some_pixels(3, 12, 1));
  AttackSettings settings = by("pgd");
  const Image first = Attacker(network, {}, settings).attack(image).found;
  EXPECT_TRUE(first == Attacker(network, {}, settings).attack(image).found);
  settings.seed = 1;
  EXPECT_FALSE(first == Attacker(network, {}, settings).attack(image).found);
}

TEST(Attack, RefusesWhatMakesNoSense) {
  const Network network = branched(true);
  EXPECT_THROW(Attacker(network, {}, by("magic")), Error);
  EXPECT_THROW(Attacker(network, {}, by("pgd", "l0")), Error);
  EXPECT_THROW(Attacker(network, {}, by("pgd", "linf", "8")), Error);
  EXPECT_THROW(Attacker(network, {}, by("pgd"), 5), Error);
  EXPECT_THROW(Attacker(network, {}, by("pgd"), 1, "fc:2"), Error);
  EXPECT_THROW(Attacker(network, {}, by("pgd"), -1, "fc:2 - tv"), Error);
  AttackSettings two = by("fgsm");
  two.steps = 2;
  EXPECT_THROW(Attacker(network, {}, two), Error);
}

}  // namespace
}  // namespace microtome
