// SPDX-License-Identifier: Apache-2.0
// What relevance conserves, and rules written out on one layer.
#include "microtome/explain/relevance.h"

#include "microtome/base/error.h"
#include "microtome/explain/explain_testing.h"
#include "microtome/network/executor.h"

namespace microtome {
namespace {

using testing::branched;
using testing::largest;
using testing::network_of;
using testing::normal;
using testing::some_pixels;

RelevanceSettings by_rules(const std::string& rules, double epsilon = 1e-9) {
  return {rules, epsilon, 0.25, at::zeros({1, 3, 1, 1}), at::ones({1, 3, 1, 1})};
}

// Begins with the value of one unit of the only layer.
Relevance::Seeds unit_seed(int64_t unit) {
  return [unit](const std::vector<at::Tensor>& values) {
    at::Tensor seed = at::zeros_like(values[0]);
    seed.select(1, unit).copy_(values[0].select(1, unit));
    return std::vector<at::Tensor>{seed};
  };
}

double total(const at::Tensor& x) { return x.sum(at::kDouble).item<double>(); }

TEST(Relevance, IsConservedWithoutBiases) {
  const Network network = branched(false);
  for (const char* rules : {"epsilon", "gamma", "plus", "epsilon-plus-flat", "epsilon-gamma-box"}) {
    const Relevance relevance(network, {"fc"}, by_rules(rules));
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const Relevance::Run run = relevance.run(some_pixels(3, 12, seed), unit_seed(2));
      const double value = run.values[0][0][2].item<double>();
      // Plus leaves out a positive sum's negative products only where there are positive ones.
      EXPECT_NEAR(total(run.input), value, 1e-4 * std::max(1.0, std::abs(value))) << rules;
    }
  }
}

// With vanishing epsilon and no bias the rule is input times gradient.
TEST(Relevance, EpsilonIsInputTimesGradientOfAHomogeneousNetwork) {
  const Network network = branched(false);
  const Relevance relevance(network, {"fc"}, by_rules("epsilon"));
  const at::Tensor x = some_pixels(3, 12, 7);
  const auto tape = make_executor(network, {"fc"})->record(x);
  at::Tensor seed = at::zeros({1, 5});
  seed[0][3] = 1;
  const at::Tensor expected = x * tape->pull_back({&seed, 1});
  EXPECT_LT(largest(relevance.run(x, unit_seed(3)).input - expected), 1e-4 * largest(expected));
}

TEST(Relevance, ChannelsOfALayerSumToAllOfIt) {
  const Network network = branched(true);
  const Relevance whole(network, {"fc"}, by_rules("epsilon-plus-flat"));
  const Relevance through(network, {"fc"}, by_rules("epsilon-plus-flat"), "pool1");
  const at::Tensor x = some_pixels(3, 12, 11);
  at::Tensor sum = at::zeros_like(x);
  for (int64_t channel = 0; channel < 6; ++channel) sum += through.run(x, unit_seed(1), {&channel, 1}).input;
  const at::Tensor expected = whole.run(x, unit_seed(1)).input;  // all of the network goes through pool1
  EXPECT_LT(largest(sum - expected), 1e-4 * largest(expected));
}

// Relevance that takes another branch does not come through.
TEST(Relevance, OnlyWhatFlowsThroughTheLayerGoesOn) {
  const Network network = branched(false);
  const at::Tensor x = some_pixels(3, 12, 12);
  const auto part = [&](const std::string& layer) {
    const Relevance::Run run = Relevance(network, {"fc"}, by_rules("epsilon"), layer).run(x, unit_seed(0));
    EXPECT_NEAR(total(run.input), total(run.through), 1e-4) << layer;
    return total(run.input);
  };
  const double whole = total(Relevance(network, {"fc"}, by_rules("epsilon")).run(x, unit_seed(0)).input);
  EXPECT_NEAR(part("left") + part("right") + part("projected"), whole, 1e-4);
  EXPECT_GT(std::abs(part("left") - whole), 1e-3);
}

// z = w x + b of one pixel with three channels, each rule by hand.
TEST(Relevance, RulesOfOneSum) {
  const at::Tensor weight = at::tensor({2.0f, -1.0f, 0.5f}).view({1, 3, 1, 1});
  const at::Tensor x = at::tensor({0.5f, 0.25f, 1.0f}).view({1, 3, 1, 1});
  GraphBuilder b;
  const ValueIndex in = b.input("input", {-1, 3, 1, 1});
  const Network network = network_of(b, {b.conv("z", in, weight, at::full({1}, 0.25))});
  const auto of = [&](const std::string& rules, double gamma = 0.25) {
    RelevanceSettings settings = by_rules(rules);
    settings.gamma = gamma;
    const at::Tensor found = Relevance(network, {"z"}, settings).run(x, unit_seed(0)).input.view({3});
    return std::vector<float>(found.data_ptr<float>(), found.data_ptr<float>() + 3);
  };
  using ::testing::ElementsAre;
  using ::testing::FloatNear;
  const auto near = [](double v) { return FloatNear(static_cast<float>(v), 1e-5f); };
  // z = 1 - 0.25 + 0.5 + 0.25 = 1.5
  EXPECT_THAT(of("epsilon"), ElementsAre(near(1), near(-0.25), near(0.5)));
  // z = 1 + 0.5 + 0.25 = 1.75 of positive products
  EXPECT_THAT(of("plus"), ElementsAre(near(1.5 / 1.75), near(0), near(1.5 * 0.5 / 1.75)));
  // w + w+ doubles the positive ones: 2 - 0.25 + 1 + 0.5
  EXPECT_THAT(of("gamma", 1), ElementsAre(near(1.5 * 2 / 3.25), near(-1.5 * 0.25 / 3.25), near(1.5 / 3.25)));
  EXPECT_THAT(of("alpha2-beta1"), ElementsAre(near(2 * 1.5 / 1.75), near(-1.5), near(2 * 1.5 * 0.5 / 1.75)));
  EXPECT_THAT(of("epsilon-plus-flat"), ElementsAre(near(0.5), near(0.5), near(0.5)));
  // x w - 0 w+ - 1 w- = 1, 0.75, 0.5
  EXPECT_THAT(of("epsilon-gamma-box"), ElementsAre(near(1.5 / 2.25), near(1.5 * 0.75 / 2.25), near(1.5 * 0.5 / 2.25)));
}

TEST(Relevance, NamesTheNodeThatItHasNoRuleFor) {
  GraphBuilder b;
  const ValueIndex in = b.input("input", {-1, 3, 4, 4});
  const ValueIndex a = b.conv("a", in, normal({2, 3, 1, 1}, 1), {});
  const ValueIndex gated = b.node("Mul", "gated", {a, b.node("Sigmoid", "gate", {a})});
  const ValueIndex row = b.flatten("row", gated);
  const Network network = network_of(b, {b.softmax("probabilities", row)});
  const auto refusal = [&](const std::string& layer) {
    try {
      Relevance(network, {layer}, by_rules("epsilon")).run(some_pixels(3, 4, 1), [](const auto& v) { return v; });
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
      return std::string(error.what());
    }
    return std::string("was not refused");
  };
  EXPECT_THAT(refusal("gated"), ::testing::HasSubstr("Mul node \"gated\""));
  EXPECT_THAT(refusal("probabilities"), ::testing::HasSubstr("Softmax node \"probabilities\""));
}

}  // namespace
}  // namespace microtome
