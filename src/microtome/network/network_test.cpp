// SPDX-License-Identifier: Apache-2.0
// What a Network knows of its layers: shapes, names, receptive fields, shares of work, and shape chains folded away.
#include "microtome/network/network.h"

#include <algorithm>
#include <thread>

#include "microtome/base/error.h"
#include "microtome/network/network_testing.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/threads.h"

namespace microtome::testing {
namespace {

at::Tensor positive(std::vector<int64_t> shape, const std::string& purpose) {
  return random_float(std::move(shape), purpose).abs() + 0.1;
}

at::Tensor attribute_longs(std::initializer_list<int64_t> values) {
  return at::tensor(std::vector<int64_t>(values), at::kLong);
}

// conv 5x5/2 pad 2, branches 1x1 and 3x3, concatenated; a pool with unequal pads; a strided slice; a classifier.
Graph branched() {
  GraphBuilder b;
  ValueIndex x = b.input("data", {-1, 2, 40, 36});
  x = b.conv("stem/conv", x, positive({4, 2, 5, 5}, "stem"), at::zeros({4}), {.stride = 2, .pad = 2});
  x = b.relu("stem/relu", x);
  const ValueIndex one = b.conv("block/1x1", x, positive({3, 4, 1, 1}, "one"), {});
  const ValueIndex three = b.conv("block/3x3", x, positive({2, 4, 3, 3}, "three"), {}, {.pad = 1});
  x = b.concat("block/output", {one, three});
  x = b.node("AveragePool", "pool", {x},
             {{"kernel_shape", ints({2, 3})}, {"strides", ints({2, 1})}, {"pads", ints({1, 0, 0, 2})}});
  x = b.node("Slice", "sliced",
             {x, b.constant("starts", attribute_longs({1, 0})), b.constant("ends", attribute_longs({100, 100})),
              b.constant("axes", attribute_longs({2, 3})), b.constant("steps", attribute_longs({2, 3}))});
  x = b.node("Upsample", "up", {x, b.constant("scales", at::tensor(std::vector<double>{1, 1, 3, 3}))}, {}, 9);
  const ValueIndex pooled = b.global_average_pool("head/pool", x);
  const ValueIndex flat = b.flatten("head/flat", pooled);
  return b.finish({b.gemm("head/logits", flat, positive({7, 5}, "head"), at::zeros({7}))});
}

TEST(Network, KnowsShapesUnitsAndMacs) {
  const Network network(branched(), {});
  EXPECT_EQ(network.channels(), 2);
  EXPECT_EQ(network.height(), 40);
  EXPECT_EQ(network.width(), 36);
  const Layer& three = network.layer("block/3x3");
  EXPECT_EQ(three.shape, ints({2, 20, 18}));
  EXPECT_EQ(three.units, 2);
  EXPECT_EQ(three.op, "Conv");
  EXPECT_EQ(three.macs, 2.0 * 20 * 18 * 4 * 9);
  const double stem = 4.0 * 20 * 18 * 2 * 25, one = 3.0 * 20 * 18 * 4;
  const double all = stem + one + three.macs + 35;
  EXPECT_NEAR(three.macs_share, (stem + three.macs) / all, 1e-12);
  EXPECT_NEAR(network.layer("block/output").macs_share, (all - 35) / all, 1e-12);
  EXPECT_EQ(network.output_layer().name, "head/logits");
  EXPECT_EQ(network.output_layer().macs_share, 1);
  EXPECT_TRUE(network.free_size());
  EXPECT_EQ(network.facts().hash.size(), 64u);
}

TEST(Network, GivesTheOneValueThatLeavesAFolderTheFoldersName) {
  const Network network(branched(), {});
  EXPECT_EQ(network.layer("stem").name, "stem/relu");
  EXPECT_EQ(network.layer("block").name, "block/output");
  EXPECT_EQ(network.layer("head").name, "head/logits");
  EXPECT_TRUE(network.layer("block/1x1").aliases.empty());
}

TEST(Network, ReadsTheNamesOfTorchsExporter) {
  GraphBuilder b;
  const at::Tensor w = random_float({2, 2, 1, 1}, "w");
  auto name = [](const std::string& path) { return path + "_output_0"; };
  ValueIndex x = b.input("input", {-1, 2, 4, 4});
  const ValueIndex first = b.relu(name("/Relu"), b.conv(name("/conv1/Conv"), x, w, {}));
  x = b.relu(name("/layer1/layer1.0/Relu"), b.conv(name("/layer1/layer1.0/conv1/Conv"), first, w, {}));
  x = b.conv(name("/layer1/layer1.0/conv2/Conv"), x, w, {});
  x = b.relu(name("/layer1/layer1.0/Relu_1"), b.add(name("/layer1/layer1.0/Add"), x, first));
  const Network network(b.finish({b.global_average_pool("logits", x)}), {});
  EXPECT_EQ(network.layer("layer1.0.conv1").name, name("/layer1/layer1.0/conv1/Conv"));
  EXPECT_EQ(network.layer("layer1.0.conv2.Conv").name, name("/layer1/layer1.0/conv2/Conv"));
  EXPECT_EQ(network.layer("layer1.0").name, name("/layer1/layer1.0/Relu_1"));
  EXPECT_EQ(network.layer("Relu").name, name("/Relu"));
  std::vector<std::string> all;
  for (const Layer& layer : network.layers()) {
    all.push_back(layer.name);
    all.insert(all.end(), layer.aliases.begin(), layer.aliases.end());
  }
  const size_t count = all.size();
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  EXPECT_EQ(all.size(), count);
}

TEST(Network, NamesTheNearestLayersWhenOneIsUnknown) {
  Network::Facts facts;
  facts.file = "net.onnx";
  const Network network(branched(), facts);
  try {
    network.layer("blok/output");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("\"block/output\""));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("microtome info net.onnx"));
  }
}

// With positive weights, the input's gradient at one position is non-zero exactly where that position looks.
TEST(ReceptiveField, IsTheSupportOfTheGradient) {
  const Network network(branched(), {});
  const auto executor = [&](const std::string& layer) { return make_executor(network, {layer}); };
  for (const Layer& layer : network.layers()) {
    if (layer.shape.size() != 3) continue;
    const auto tape = executor(layer.name)->record(at::ones({1, 2, 40, 36}));
    const int64_t row = layer.shape[1] / 2, column = layer.shape[2] / 2;
    at::Tensor seed = at::zeros_like(tape->taps()[0]);
    seed.select(2, row).select(2, column).fill_(1);
    const at::Tensor support = tape->pull_back({&seed, 1}).abs().sum(at::IntArrayRef({0, 1})).ne(0);
    const ReceptiveField& field = layer.receptive_field;
    const at::Tensor along[2] = {support.any(0), support.any(1)};
    for (size_t xy = 0; xy < 2; ++xy) {
      const at::Tensor seen = along[xy].nonzero();
      const int64_t length = along[xy].size(0);
      const int64_t position = xy == 0 ? column : row;
      const int64_t first = std::max<int64_t>(field.start[xy] + position * field.step[xy], 0);
      const int64_t last = std::min(field.start[xy] + position * field.step[xy] + field.size[xy], length) - 1;
      // Upsampled positions share a source, so their field is the smallest that suits them all.
      if (layer.op == "Upsample") {
        EXPECT_GE(seen.min().item<int64_t>(), first) << layer.name;
        EXPECT_LE(seen.max().item<int64_t>(), last) << layer.name;
      } else {
        EXPECT_EQ(seen.min().item<int64_t>(), first) << layer.name;
        EXPECT_EQ(seen.max().item<int64_t>(), last) << layer.name;
      }
    }
  }
}

TEST(ReceptiveField, IsEverythingBehindPoolingAndFlattening) {
  const Network network(branched(), {});
  const ReceptiveField& field = network.layer("head").receptive_field;
  EXPECT_EQ(field.step, (std::array<int64_t, 2>{0, 0}));
  EXPECT_EQ(field.size, (std::array<int64_t, 2>{36, 40}));
  EXPECT_EQ(network.layer("block").receptive_field.size, (std::array<int64_t, 2>{9, 9}));
  EXPECT_EQ(network.layer("block").receptive_field.step, (std::array<int64_t, 2>{2, 2}));
  EXPECT_EQ(network.layer("block").receptive_field.start, (std::array<int64_t, 2>{-4, -4}));
}

// x.view(x.size(0), -1) as an exporter writes it, and amounts of padding computed from shapes.
Graph with_shape_chains() {
  GraphBuilder b;
  ValueIndex x = b.input("x", {-1, 3, 8, 8});
  x = b.conv("conv", x, random_float({4, 3, 3, 3}, "w"), {}, {.pad = 1});
  const ValueIndex shape = b.node("Shape", "shape", {x});
  const ValueIndex batch = b.node("Gather", "batch", {shape, b.constant("zero", at::scalar_tensor(0, at::kLong))});
  const ValueIndex depth = b.node("Gather", "depth", {shape, b.constant("one", at::scalar_tensor(1, at::kLong))});
  const ValueIndex quarter = b.node("Div", "quarter", {depth, b.constant("four", attribute_longs({4}))});
  const ValueIndex zeros = b.constant("zeros", attribute_longs({0, 0, 0, 0}));
  const ValueIndex begin =
      b.node("Concat", "pads.part", {b.constant("none", attribute_longs({0})), quarter}, {{"axis", int64_t{0}}});
  const ValueIndex pads =
      b.node("Concat", "pads", {begin, zeros, b.constant("rest", attribute_longs({0, 0}))}, {{"axis", int64_t{0}}});
  x = b.node("Pad", "padded", {x, pads});
  const ValueIndex first = b.node("Unsqueeze", "batch.1", {batch, b.constant("axis", attribute_longs({0}))});
  const ValueIndex target =
      b.node("Concat", "target", {first, b.constant("minus", attribute_longs({-1}))}, {{"axis", int64_t{0}}});
  return b.finish({b.node("Reshape", "flat", {x, target})});
}

TEST(Network, FoldsShapeChainsButNotTheBatch) {
  const Graph graph = with_shape_chains();
  const Network network(graph, {});
  EXPECT_EQ(network.layer("padded").shape, ints({5, 8, 8}));
  EXPECT_EQ(network.layer("flat").shape, ints({5 * 64}));
  for (const Layer& layer : network.layers()) EXPECT_THAT(layer.name, ::testing::AnyOf("conv", "padded", "flat"));
  const auto ops = [&] {
    std::vector<std::string> names;
    for (const Node& node : network.graph().nodes) names.push_back(node.name);
    return names;
  }();
  EXPECT_THAT(ops, ::testing::Not(::testing::Contains("quarter")));
  EXPECT_THAT(ops, ::testing::Contains("target"));
  const at::Tensor x = random_float({3, 3, 8, 8}, "x");
  const ValueIndex output = graph.outputs[0];
  expect_close(evaluate(network.graph(), x, {&output, 1})[0], evaluate(graph, x, {&output, 1})[0], 0);
}

TEST(Network, FreesABatchThatTheFileFixed) {
  GraphBuilder b;
  ValueIndex x = b.input("x", {1, 2, 3, 3});
  x = b.node("Reshape", "flat", {b.relu("relu", x), b.constant("target", attribute_longs({1, 18}))});
  const Network network(b.finish({b.gemm("logits", x, random_float({4, 18}, "w"), {})}), {});
  const auto executor = make_executor(network, {"logits"});
  EXPECT_EQ(executor->run(at::ones({5, 2, 3, 3}))[0].sizes().vec(), ints({5, 4}));
  EXPECT_FALSE(network.free_size());
}

TEST(Network, TakesFlatInputs) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {-1, 6});
  const Network network(b.finish({b.gemm("y", b.relu("r", x), random_float({3, 6}, "w"), {})}), {});
  EXPECT_EQ(network.channels(), 6);
  EXPECT_EQ(network.height(), 1);
  EXPECT_FALSE(network.free_size());
  EXPECT_EQ(network.layer("y").macs, 18);
  EXPECT_EQ(network.layer("r").receptive_field.step, (std::array<int64_t, 2>{0, 0}));
}

TEST(Network, AnswersWithTheOutputThatHasOneNumberAClass) {
  GraphBuilder b;
  const ValueIndex map = b.conv("c", b.input("x", {-1, 3, 8, 8}), random_float({4, 3, 3, 3}, "w"), {});
  const ValueIndex flat = b.flatten("flat", b.global_average_pool("pool", map));
  EXPECT_EQ(Network(b.finish({map, flat}), {}).output_layer().name, "flat");
  EXPECT_EQ(Network(b.finish({map}), {}).output_layer().name, "c");
}

// A mean that is taken off while channels stand last, and a layer that stays so.
TEST(ReceptiveField, FollowsThePositionsThroughTranspositions) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {-1, 2, 12, 10});
  const ValueIndex last = b.node("Transpose", "last", {x}, {{"perm", ints({0, 2, 3, 1})}});
  const ValueIndex less = b.node("Sub", "less", {last, b.constant("mean", at::ones({2}))});
  const ValueIndex first = b.node("Transpose", "first", {less}, {{"perm", ints({0, 3, 1, 2})}});
  const ValueIndex turned = b.node("Transpose", "turned", {first}, {{"perm", ints({0, 1, 3, 2})}});
  const ValueIndex conv = b.conv("conv", first, positive({3, 2, 3, 3}, "w"), {}, {.stride = 2, .pad = 1});
  const ValueIndex crossed = b.conv("crossed", turned, positive({3, 2, 3, 1}, "v"), {});
  const Network network(b.finish({conv, crossed}), {});
  EXPECT_EQ(network.layer("conv").receptive_field.size, (std::array<int64_t, 2>{3, 3}));
  EXPECT_EQ(network.layer("conv").receptive_field.step, (std::array<int64_t, 2>{2, 2}));
  EXPECT_EQ(network.layer("conv").receptive_field.start, (std::array<int64_t, 2>{-1, -1}));
  for (const char* elsewhere : {"less", "turned", "crossed"}) {
    EXPECT_EQ(network.layer(elsewhere).receptive_field.step, (std::array<int64_t, 2>{0, 0})) << elsewhere;
  }
}

TEST(Network, NeedsNoOutputThatIsALayer) {
  GraphBuilder b;
  ValueIndex x = b.input("x", {-1, 3, 8, 8});
  x = b.relu("r", b.conv("c", x, random_float({4, 3, 3, 3}, "w"), {}));
  const ValueIndex flat = b.flatten("flat", b.global_average_pool("pool", x));
  const Network network(b.finish({b.node("ArgMax", "best", {flat}, {{"axis", int64_t{1}}})}), {});
  EXPECT_EQ(network.find_output_layer(), nullptr);
  EXPECT_THROW(network.output_layer(), Error);
  EXPECT_EQ(network.layer("r").units, 4);
}

TEST(Network, NamesTheNodeThatCannotRun) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {-1, 2, 4, 4});
  const Graph graph = b.finish({b.conv("broken", x, random_float({2, 3, 1, 1}, "w"), {})});
  try {
    const Network network(graph, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("Conv node \"broken\""));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

TEST(Executor, RunsTapsFromManyThreadsAlike) {
  const Network network(branched(), {});
  const auto executor = make_executor(network, {"block", "stem", "head"});
  const at::Tensor x = random_float({2, 2, 40, 36}, "x");
  const std::vector<at::Tensor> want = executor->run(x);
  ASSERT_EQ(want.size(), 3u);
  EXPECT_FALSE(want[0].requires_grad());
  std::vector<std::vector<at::Tensor>> got(3);
  std::vector<std::thread> threads;
  for (auto& mine : got) {
    threads.emplace_back([&] {
      use_one_kernel_thread();
      mine = executor->run(x);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : got) {
    for (size_t i = 0; i < want.size(); ++i) EXPECT_TRUE(mine[i].equal(want[i]));
  }
}

TEST(Executor, NeverWritesIntoInputOrTaps) {
  GraphBuilder b;
  ValueIndex x = b.input("x", {-1, 1, 2, 2});
  const ValueIndex first = b.relu("first", x);
  const ValueIndex second = b.conv("second", first, -at::ones({1, 1, 1, 1}), {});
  const ValueIndex third = b.relu("third", b.node("Identity", "same", {second}));
  const Network network(b.finish({third}), {});
  const at::Tensor input = random_float({1, 1, 2, 2}, "input");
  const at::Tensor before = input.clone();
  const auto taps = make_executor(network, {"first", "second", "same", "third"})->run(input);
  EXPECT_TRUE(input.equal(before));
  EXPECT_TRUE(taps[0].equal(at::relu(before)));
  EXPECT_TRUE(taps[1].equal(-at::relu(before)));
  EXPECT_TRUE(taps[2].equal(taps[1]));
  EXPECT_TRUE(taps[3].equal(at::zeros({1, 1, 2, 2})));
}

TEST(Executor, PullsGradientsBackInDoublePrecision) {
  const Network network(branched(), {});
  const auto executor = make_executor(network, {"block", "stem"});
  const at::Tensor x = random({1, 2, 12, 10}, "x");
  const std::vector<at::Tensor> values = executor->run(x);
  const std::vector<at::Tensor> seeds = {random(values[0].sizes().vec(), "a"), random(values[1].sizes().vec(), "b")};
  auto score = [&](const at::Tensor& moved) {
    const auto taps = executor->run(moved);
    return ((taps[0] * seeds[0]).sum() + (taps[1] * seeds[1]).sum()).item<double>();
  };
  const auto tape = executor->record(x);
  expect_close(tape->taps()[0], values[0], 0);
  expect_close(tape->pull_back(seeds), numerical_gradient(score, x), 1e-5);
  const at::Tensor none[2];
  EXPECT_EQ(executor->record(x)->pull_back(none).abs().max().item<double>(), 0);
  EXPECT_THROW(tape->pull_back(seeds), Error);
}

}  // namespace
}  // namespace microtome::testing
