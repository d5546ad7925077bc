// SPDX-License-Identifier: Apache-2.0
// Every pass against the network it came from, and the rule for dead rectifiers on planted units.
#include "microtome/network/passes.h"

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/network/network_testing.h"
#include "microtome/network/surgery.h"

namespace microtome::testing {
namespace {

ValueIndex conv_norm(GraphBuilder& b, const std::string& name, ValueIndex x, const at::Tensor& weight,
                     const ConvOptions& options = {}) {
  const int64_t n = weight.size(0);
  x = b.conv(name + "/conv", x, weight, random_float({n}, name + "b"), options);
  return b.batch_norm(name + "/norm", x, random_float({n}, name + "s"), random_float({n}, name + "o"),
                      random_float({n}, name + "m"), random_float({n}, name + "v").abs() + 0.2);
}

// Two branches and a residual sum, with batch norm everywhere.
Graph sample() {
  GraphBuilder b;
  ValueIndex x = b.input("data", {-1, 3, 16, 16});
  x = b.relu("stem/relu", conv_norm(b, "stem", x, random_float({6, 3, 3, 3}, "w0"), {.stride = 2, .pad = 1}));
  const ValueIndex left = b.relu("left/relu", conv_norm(b, "left", x, random_float({4, 6, 1, 1}, "w1")));
  const ValueIndex middle =
      b.relu("middle/relu", conv_norm(b, "middle", x, random_float({6, 1, 3, 3}, "w2"), {.pad = 1, .groups = 6}));
  const ValueIndex right = b.conv("right/conv", b.max_pool("right/pool", x, {.kernel = 3, .stride = 1, .pad = 1}),
                                  random_float({5, 6, 1, 1}, "w3"), {});
  const ValueIndex joined = b.concat("joined", {left, middle, right});
  x = b.conv("square", joined, random_float({15, 15, 1, 1}, "w4", 0.3), {});
  x = b.relu("sum/relu", b.add("sum", x, joined));
  x = b.flatten("flat", b.global_average_pool("pool", x));
  return b.finish({b.gemm("logits", x, random_float({8, 15}, "w5"), random_float({8}, "b5"))});
}

Network network() {
  Network::Facts facts;
  facts.hash = "planted";
  return {sample(), facts};
}

at::Tensor run(const Network& net, const std::string& layer, const at::Tensor& x) {
  const ValueIndex value = net.layer(layer).value;
  return evaluate(net.graph(), x, {&value, 1})[0];
}

const at::Tensor& input() {
  static const at::Tensor x = random_float({2, 3, 16, 16}, "input");
  return x;
}

TEST(PruneTo, KeepsValuesNamesAndAliasesOfWhatRemains) {
  const Network whole = network();
  const std::vector<std::string> layers = {"joined", "stem"};
  const Network pruned = prune_to(whole, layers);
  ASSERT_EQ(pruned.graph().outputs.size(), 2u);
  EXPECT_EQ(pruned.output_layer().name, "joined");
  EXPECT_LT(pruned.graph().nodes.size(), whole.graph().nodes.size());
  EXPECT_THROW(pruned.layer("sum"), Error);
  for (const Layer& layer : pruned.layers()) {
    EXPECT_EQ(layer.aliases, whole.layer(layer.name).aliases);
    EXPECT_TRUE(run(pruned, layer.name, input()).equal(run(whole, layer.name, input()))) << layer.name;
  }
  EXPECT_EQ(pruned.facts().hash, "planted");
  EXPECT_TRUE(pruned.free_size());
}

Network folded(const Network& net, const std::vector<std::string>& keep) {
  std::vector<ValueIndex> kept;
  for (const std::string& layer : keep) kept.push_back(net.layer(layer).value);
  return {folded_batch_norm(net.graph(), kept), net.facts(), net.layers()};
}

TEST(FoldBatchNorm, IsEqualUpToRoundingAndSparesTaps) {
  const Network whole = network();
  const std::vector<std::string> keep = {"left/conv"};
  const Network result = folded(whole, keep);
  const auto norms = std::count_if(result.graph().nodes.begin(), result.graph().nodes.end(),
                                   [](const Node& node) { return node.op == "BatchNormalization"; });
  EXPECT_EQ(norms, 1);
  EXPECT_EQ(result.layer("stem/norm").op, "Conv");
  for (const Layer& layer : result.layers()) {
    if (layer.name.ends_with("/conv") && layer.name != "left/conv" && layer.name != "right/conv") continue;
    const at::Tensor want = run(whole, layer.name, input());
    expect_close(run(result, layer.name, input()), want, 1e-5 * want.abs().max().item<double>());
  }
}

TEST(FoldBatchNorm, LeavesWhatSomebodyElseReads) {
  GraphBuilder b;
  ValueIndex x = b.input("x", {-1, 2, 4, 4});
  x = b.conv("conv", x, random_float({2, 2, 1, 1}, "w"), {});
  const at::Tensor ones = at::ones({2});
  const ValueIndex norm = b.batch_norm("norm", x, ones, ones, ones, ones);
  const Network net(b.finish({b.add("sum", norm, x)}), {});
  EXPECT_EQ(folded(net, {}).layer("norm").op, "BatchNormalization");
}

TEST(SliceUnits, GivesTheChannelsAskedForInTheirOrder) {
  const Network whole = network();
  const std::vector<int64_t> lists[] = {{2}, {3, 0, 1}, {14, 5, 2, 2, 9}, {12, 13}};
  for (const char* layer : {"stem/relu", "left/relu", "joined", "logits", "square"}) {
    for (const auto& list : lists) {
      std::vector<int64_t> units;
      for (const int64_t unit : list) units.push_back(unit % whole.layer(layer).units);
      const Network sliced = slice_units(whole, layer, units);
      const at::Tensor want = run(whole, layer, input()).index_select(1, at::tensor(units, at::kLong));
      expect_close(run(sliced, layer, input()), want, 1e-5 * want.abs().max().item<double>());
      EXPECT_EQ(sliced.layer(layer).units, static_cast<int64_t>(units.size()));
    }
  }
}

TEST(SliceUnits, DropsBranchesWithoutAWantedUnit) {
  const Network whole = network();
  const std::vector<int64_t> units = {11};
  const Network sliced = slice_units(whole, "joined", units);
  EXPECT_THROW(sliced.layer("left/conv"), Error);
  EXPECT_EQ(sliced.layer("right/conv").units, 1);
  EXPECT_LT(sliced.layer("joined").macs_share * sliced.graph().nodes.size(), whole.graph().nodes.size());
}

TEST(SliceUnits, LeavesLayersThatAreNotMadeSo) {
  const Network whole = network();
  const std::vector<int64_t> units = {1};
  EXPECT_EQ(slice_units(whole, "sum", units).layer("sum").units, 15);
  const std::vector<int64_t> beyond = {15};
  EXPECT_THROW(slice_units(whole, "joined", beyond), Error);
}

// y = relu(w . x + bias) at four units; x has two features.
Network rectified(const std::string& op, std::vector<float> bias) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {-1, 2});
  const at::Tensor weight = at::tensor(std::vector<float>{1, 0, 0, 1, 1, 0, 0, 1}).reshape({4, 2});
  const ValueIndex y = b.gemm("pre", x, weight, at::tensor(bias));
  std::map<std::string, Attribute> attributes;
  if (op == "Clip") attributes = {{"min", 0.0}, {"max", 6.0}};
  return {b.finish({b.node(op, "post", {y}, attributes, op == "Clip" ? 6 : 13)}), {}};
}

at::Tensor gradient(const Network& net, const at::Tensor& x, const at::Tensor& seed) {
  return make_executor(net, {"post"})->record(x)->pull_back({&seed, 1});
}

TEST(RedirectDeadRelus, OpensOnlyPicturesWhoseGradientIsZero) {
  const Network plain = rectified("Relu", {-1, -1, -1, -1});
  const Network redirected = redirect_dead_relus(plain);
  // Picture 0: all four units closed. Picture 1: unit 0 and 2 open.
  const at::Tensor x = at::tensor(std::vector<float>{0, 0, 2, 0}).reshape({2, 2});
  const at::Tensor seed = at::tensor(std::vector<float>{1, -1, 0.5, 0.25, 1, 1, 1, 1}).reshape({2, 4});
  expect_close(run(redirected, "post", x), run(plain, "post", x), 0);
  expect_close(gradient(plain, x, seed), at::tensor(std::vector<float>{0, 0, 2, 0}).reshape({2, 2}), 0);
  // Closed units pass what raises them (1 + 0.5 on x0, 0.25 on x1), not what would close them further (-1).
  expect_close(gradient(redirected, x, seed), at::tensor(std::vector<float>{1.5, 0.25, 2, 0}).reshape({2, 2}), 0);
  for (int64_t item = 0; item < 2; ++item) {
    expect_close(gradient(redirected, x.narrow(0, item, 1), seed.narrow(0, item, 1)),
                 gradient(redirected, x, seed).narrow(0, item, 1), 0);
  }
}

TEST(RedirectDeadRelus, OpensSaturatedClipsDownwards) {
  const Network plain = rectified("Clip", {-1, -1, 9, 9});
  const Network redirected = redirect_dead_relus(plain);
  const at::Tensor x = at::zeros({1, 2});
  const at::Tensor seed = at::tensor(std::vector<float>{1, -1, 0.5, -0.25}).reshape({1, 4});
  expect_close(gradient(plain, x, seed), at::zeros({1, 2}), 0);
  // Below 0: +1 passes on x0, -1 is stopped. Above 6: +0.5 is stopped, -0.25 passes on x1.
  expect_close(gradient(redirected, x, seed), at::tensor(std::vector<float>{1, -0.25}).reshape({1, 2}), 0);
  const at::Tensor alive = at::tensor(std::vector<float>{2, 0}).reshape({1, 2});
  expect_close(gradient(redirected, alive, seed), gradient(plain, alive, seed), 0);
}

TEST(RedirectDeadRelus, IsThePlainGradientOfALivingNetwork) {
  const Network plain = network();
  const Network redirected = redirect_dead_relus(plain);
  const auto tape = make_executor(plain, {"logits"})->record(input());
  const auto other = make_executor(redirected, {"logits"})->record(input());
  const at::Tensor seed = at::ones_like(tape->taps()[0]);
  expect_close(other->pull_back({&seed, 1}), tape->pull_back({&seed, 1}), 1e-6);
}

using Rows = std::vector<std::vector<double>>;

Rows rows_of(const at::Tensor& weight) {
  Rows rows;
  for (int64_t i = 0; i < weight.size(0); ++i) {
    const double* row = weight.data_ptr<double>() + i * weight.size(1);
    rows.emplace_back(row, row + weight.size(1));
  }
  return rows;
}

std::vector<double> times(const Rows& weight, const std::vector<double>& x) {
  std::vector<double> y(weight.size(), 0);
  for (size_t i = 0; i < y.size(); ++i) {
    for (size_t j = 0; j < x.size(); ++j) y[i] += weight[i][j] * x[j];
  }
  return y;
}

std::vector<double> transposed_times(const Rows& weight, const std::vector<double>& g) {
  std::vector<double> back(weight[0].size(), 0);
  for (size_t i = 0; i < g.size(); ++i) {
    for (size_t j = 0; j < back.size(); ++j) back[j] += weight[i][j] * g[i];
  }
  return back;
}

enum class Rule { kPlain, kGuided, kDeconvolution };

// What the two papers say, node by node: y = W3 relu6(W2 relu(W1 x)).
struct ThreeLayers {
  at::Tensor w1 = random({7, 5}, "w1"), w2 = random({9, 7}, "w2", 2), w3 = random({2, 9}, "w3");

  Network network() const {
    GraphBuilder b;
    const auto layer = [&](const std::string& name, ValueIndex x, const at::Tensor& w) {
      return b.gemm(name, x, w, at::zeros({w.size(0)}, at::kDouble));
    };
    const ValueIndex first = b.relu("relu", layer("fc1", b.input("x", {-1, 5}), w1));
    const ValueIndex second = b.node("Clip", "relu6",
                                     {layer("fc2", first, w2), b.constant("low", at::zeros({}, at::kDouble)),
                                      b.constant("high", at::full({}, 6, at::kDouble))});
    return {b.finish({layer("fc3", second, w3)}), {}};
  }

  std::vector<double> backward(const std::vector<double>& x, std::vector<double> g, Rule rule) const {
    const Rows a = rows_of(w1), b = rows_of(w2);
    const std::vector<double> before1 = times(a, x);
    std::vector<double> after1 = before1;
    for (double& value : after1) value = std::max(value, 0.0);
    const std::vector<double> before2 = times(b, after1);
    g = transposed_times(rows_of(w3), g);
    for (size_t i = 0; i < g.size(); ++i) g[i] = through(before2[i], 6, g[i], rule);
    g = transposed_times(b, g);
    for (size_t i = 0; i < g.size(); ++i) g[i] = through(before1[i], 1e9, g[i], rule);
    return transposed_times(a, g);
  }

  static double through(double x, double high, double g, Rule rule) {
    const bool open = x > 0 && x <= high;
    if (rule == Rule::kPlain) return open ? g : 0;
    const double positive = std::max(g, 0.0);
    return rule == Rule::kGuided && !open ? 0 : positive;
  }
};

TEST(GuidedBackprop, IsTheRuleOfThePaperNodeByNode) {
  const ThreeLayers layers;
  const Network plain = layers.network();
  const std::pair<Rule, Network> networks[] = {
      {Rule::kPlain, plain}, {Rule::kGuided, guided_backprop(plain)}, {Rule::kDeconvolution, deconvolution(plain)}};
  std::vector<at::Tensor> seen;
  for (const auto& [rule, network] : networks) {
    std::vector<at::Tensor> gradients;
    for (int i = 0; i < 20; ++i) {
      const at::Tensor x = random({1, 5}, fmt::format("x{}", i), 3), g = random({1, 2}, fmt::format("g{}", i));
      const auto tape = make_executor(network, {"fc3"})->record(x);
      expect_close(tape->taps()[0], run(plain, "fc3", x), 0);
      gradients.push_back(tape->pull_back({&g, 1}));
      const std::vector<double> expected = layers.backward(rows_of(x)[0], rows_of(g)[0], rule);
      expect_close(gradients.back()[0], at::tensor(expected), 1e-12);
    }
    seen.push_back(at::cat(gradients));
  }
  EXPECT_FALSE(at::equal(seen[0], seen[1]));
  EXPECT_FALSE(at::equal(seen[1], seen[2]));
}

TEST(GuidedBackprop, GoesThroughTheSwitchesOfMaxPooling) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {-1, 1, 2, 4});
  const Network net{b.finish({b.max_pool("pool", b.relu("relu", x))}), {}};
  const at::Tensor image = at::tensor({-1.0, 2.0, 5.0, 4.0, 1.0, 0.5, -2.0, 3.0}).reshape({1, 1, 2, 4});
  const at::Tensor seed = at::tensor({1.5, -2.0}).reshape({1, 1, 1, 2});
  const at::Tensor expected = at::tensor({0.0, 1.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}).reshape({1, 1, 2, 4});
  for (const Network& changed : {guided_backprop(net), deconvolution(net)}) {
    expect_close(make_executor(changed, {"pool"})->record(image)->pull_back({&seed, 1}), expected, 0);
  }
}

TEST(GuidedBackprop, LeavesWhatIsNoRectifier) {
  GraphBuilder b;
  ValueIndex x = b.gemm("fc1", b.input("x", {-1, 4}), random({6, 4}, "w1"), {});
  x = b.node("LeakyRelu", "leaky", {x}, {{"alpha", 0.3}});
  x = b.node("Clip", "hardtanh", {x}, {{"min", -1.0}, {"max", 1.0}}, 6);
  x = b.node("Sigmoid", "sigmoid", {x});
  const Network plain{b.finish({b.gemm("fc2", x, random({3, 6}, "w2"), {})}), {}};
  const at::Tensor image = random({2, 4}, "image"), seed = random({2, 3}, "seed");
  const at::Tensor expected = make_executor(plain, {"fc2"})->record(image)->pull_back({&seed, 1});
  EXPECT_GT(expected.abs().max().item<double>(), 0);
  for (const Network& changed : {guided_backprop(plain), deconvolution(plain)}) {
    expect_close(make_executor(changed, {"fc2"})->record(image)->pull_back({&seed, 1}), expected, 0);
  }
}

}  // namespace
}  // namespace microtome::testing
