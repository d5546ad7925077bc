// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/prefix.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::context;
using testing::noise;

// Strides, pools, a branch and a skip: every way in which a part of the input could come to lie askew.
Network branched() {
  GraphBuilder graph;
  const ValueIndex input = graph.input("input", {1, 3, 60, 52});
  const ValueIndex stem = graph.relu(
      "stem", graph.conv("stem/linear", input, noise({6, 3, 5, 5}, 1), noise({6}, 2), {.stride = 2, .pad = 2}));
  const ValueIndex pooled = graph.max_pool("pool", stem, {.kernel = 3, .stride = 2, .pad = 1});
  const ValueIndex one = graph.relu("one", graph.conv("one/linear", pooled, noise({4, 6, 1, 1}, 3), noise({4}, 4), {}));
  const ValueIndex three =
      graph.relu("three", graph.conv("three/linear", pooled, noise({5, 6, 3, 3}, 5), noise({5}, 6), {.pad = 1}));
  const ValueIndex joined = graph.concat("joined", {one, three});
  const ValueIndex last = graph.conv("last", joined, noise({7, 9, 3, 3}, 7), noise({7}, 8), {.pad = 1});
  const ValueIndex flat = graph.flatten("flat", last);
  const ValueIndex logits = graph.gemm("logits", flat, noise({4, 7 * 15 * 13}, 9), noise({4}, 10));
  Network::Facts facts;
  facts.format = "memory";
  facts.name = facts.file = "hand-made";
  return Network(graph.finish({logits}), std::move(facts));
}

struct Answer {
  double score;
  at::Tensor gradient;  // at the whole input
};

Answer ask(const Prefix& prefix, const Objective& objective, const at::Tensor& input) {
  const Aperture& a = prefix.aperture();
  const at::Tensor leaf = input.clone().requires_grad_();
  const at::Tensor part = leaf.narrow(2, a.top, a.computed_rows()).narrow(3, a.left, a.computed_columns()).contiguous();
  const auto tape = prefix.executor().record(part.detach());
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& tap : tape->taps()) leaves.push_back(tap.detach().requires_grad_());
  const at::Tensor score = objective.score(prefix.view(leaves));
  const auto gradients = torch::autograd::grad({score}, leaves);
  return {score.item<double>(), torch::autograd::grad({part}, {leaf}, {tape->pull_back(gradients)})[0]};
}

void expect_same(const Network& network, const std::string& text, int64_t height, int64_t width, bool smaller) {
  const auto objective = parse_objective(text, context(network));
  const Trunk trunk(network, objective.layers());
  const Prefix cut(trunk, objective.reads, height, width);
  EXPECT_EQ(cut.aperture().rows > 0, smaller) << text;
  const at::Tensor input = noise({1, 3, height, width}, 20);
  const auto executor = make_executor(network, objective.layers());
  const auto tape = executor->record(input);
  View whole;
  std::vector<at::Tensor> leaves;
  for (size_t i = 0; i < tape->taps().size(); ++i) {
    leaves.push_back(tape->taps()[i].detach().requires_grad_());
    whole.add(objective.layers()[i], leaves.back());
  }
  const at::Tensor score = objective.score(whole);
  const at::Tensor gradient = tape->pull_back(torch::autograd::grad({score}, leaves));
  const Answer answer = ask(cut, objective, input);
  EXPECT_NEAR(answer.score, score.item<double>(), 1e-4 * (1 + std::abs(answer.score))) << text;
  EXPECT_TRUE(at::allclose(answer.gradient, gradient, 1e-3, 1e-4 * gradient.abs().max().item<double>())) << text;
}

TEST(Prefix, CutsLeaveScoresAndGradientsAsTheyAre) {
  const Network network = branched();
  for (const char* text :
       {"channel(last:3)", "-channel(joined:1)", "channel(joined:6)", "channel(three:0)", "channel(stem:5)",
        "logit(unit=2)", "channel(last:3) + 2*channel(last:0)", "channel(last:3) - channel(joined:8)"}) {
    expect_same(network, text, 60, 52, false);
  }
}

TEST(Prefix, APartOfTheInputServesEveryPosition) {
  const Network network = branched();
  for (int64_t y = 0; y < 15; y += 2) {
    for (int64_t x = 0; x < 13; x += 3) {
      const std::string text = "neuron(last:2,x=" + std::to_string(x) + ",y=" + std::to_string(y) + ")";
      expect_same(network, text, 60, 52, true);
    }
  }
  expect_same(network, "neuron(joined:7)", 60, 52, true);
  expect_same(network, "neuron(joined:7)", 200, 120, true);
  expect_same(network, "neuron(joined:7,x=2,y=1) + neuron(joined:2,x=2,y=1)", 60, 52, true);
  expect_same(network, "neuron(joined:7,x=2,y=1) + neuron(joined:2,x=3,y=1)", 60, 52, false);
  expect_same(network, "neuron(joined:7) + channel(joined:1)", 60, 52, false);
}

TEST(Prefix, RunsAtThePicturesSizeUnlessALayerNeedsTheNetworks) {
  const Network network = branched();
  EXPECT_FALSE(network.free_size());
  EXPECT_EQ(Trunk(network, {"last"}).input_size(40), (std::array<int64_t, 2>{40, 40}));
  EXPECT_EQ(Trunk(network, {"last", "logits"}).input_size(40), (std::array<int64_t, 2>{60, 52}));
}

TEST(Prefix, ComputesOnlyTheUnitsRead) {
  const Network network = branched();
  const auto objective = parse_objective("channel(joined:6)", context(network));
  const Prefix prefix(Trunk(network, {"joined"}), objective.reads, 60, 52);
  const std::vector<at::Tensor> taps = prefix.executor().run(noise({1, 3, 60, 52}, 20));
  EXPECT_EQ(taps[0].size(1), 1);
}

}  // namespace
}  // namespace microtome
