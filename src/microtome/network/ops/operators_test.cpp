// SPDX-License-Identifier: Apache-2.0
// The other operators against closed forms.
#include <cmath>
#include <set>

#include "microtome/base/error.h"
#include "microtome/network/network_testing.h"
#include "microtome/network/ops/operator.h"

namespace microtome::testing {
namespace {

using Attributes = std::map<std::string, Attribute>;

at::Tensor longs(std::initializer_list<int64_t> values) { return at::tensor(std::vector<int64_t>(values), at::kLong); }
at::Tensor numbers(std::initializer_list<double> values) {
  return at::tensor(std::vector<double>(values), at::kDouble);
}

TEST(Operators, HaveOneNameEach) {
  std::set<std::string> seen;
  for (const std::string& name : operator_names()) EXPECT_TRUE(seen.insert(name).second) << name;
  EXPECT_EQ(find_operator("NoSuchThing"), nullptr);
}

// What is said of an operator is held against what it does.
TEST(Operators, AreWhatTheirTraitsSay) {
  for (const std::string& name : operator_names()) {
    const Operator& op = *find_operator(name);
    if (op.lower_bound != nullptr) {
      const at::Tensor x = random({2, 3, 4, 4}, "x");
      const OneNode node(name, {x, at::scalar_tensor(-0.25, at::kDouble)});
      EXPECT_NEAR(node.run().min().item<double>(), op.lower_bound({node.graph.nodes[0], node.graph}), 1e-12) << name;
      EXPECT_TRUE(op.each_channel_alone) << name;
    }
    EXPECT_TRUE(op.unrotated == nullptr || op.mixes_channels) << name;
    EXPECT_TRUE(op.unit_axis == nullptr || op.mixes_channels) << name;
    EXPECT_TRUE(op.channel_affine == nullptr || (op.channel_parameters && op.each_channel_alone)) << name;
    EXPECT_TRUE(op.running.count == 0 || op.running.first >= op.learned.first + op.learned.count) << name;
  }
  for (const char* prefix : {"Redirected", "Guided", "Deconvolved"}) {
    for (const std::string& name : operator_names()) {
      if (!name.starts_with(prefix)) continue;
      const Operator* plain = find_operator(name.substr(std::string(prefix).size()));
      ASSERT_NE(plain, nullptr) << name;
      EXPECT_NE(plain->lower_bound, nullptr) << name;
    }
  }
}

TEST(Operators, UndoARotationOfTheirInput) {
  const at::Tensor q = std::get<0>(at::linalg_qr(random({4, 4}, "q")));
  const at::Tensor maps = random({2, 4, 5, 5}, "maps"), rows = random({3, 4}, "rows");
  const at::Tensor turned = at::einsum("ij,njhw->nihw", {q, maps});
  const at::Tensor kernel = random({3, 4, 3, 3}, "kernel"), matrix = random({4, 6}, "matrix");
  const auto check = [&](const std::string& op, const at::Tensor& x, const at::Tensor& turned_x,
                         const at::Tensor& weight, Attributes attributes) {
    const OneNode node(op, {x, weight}, attributes);
    const at::Tensor other = find_operator(op)->unrotated(node.graph.nodes[0], weight, q);
    expect_close(OneNode(op, {turned_x, other}, attributes).run(), node.run(), 1e-10);
  };
  check("Conv", maps, turned, kernel, {});
  check("Gemm", rows, at::matmul(rows, q.t()), matrix, {});
  check("Gemm", rows, at::matmul(rows, q.t()), matrix.t().contiguous(), {{"transB", int64_t{1}}});
  check("MatMul", rows, at::matmul(rows, q.t()), matrix, {});
  for (const char* op : {"Identity", "GlobalAveragePool"}) {
    EXPECT_TRUE(find_operator(op)->passes_rotation != nullptr) << op;
    expect_close(OneNode(op, {turned}).run(), at::einsum("ij,njhw->nihw", {q, OneNode(op, {maps}).run()}), 1e-10);
  }
}

TEST(Lrn, SumsTheWindowThatBeginsFloorBefore) {
  const at::Tensor x = random({2, 7, 2, 3}, "x");
  for (const int64_t size : {1, 4, 5}) {
    for (const double beta : {0.5, 0.75, 0.6}) {
      const OneNode node("LRN", {x}, {{"size", size}, {"alpha", 0.3}, {"beta", beta}, {"bias", 2.0}});
      at::Tensor want = at::empty_like(x);
      double* out = want.data_ptr<double>();
      each_index({2, 7, 2, 3}, [&](const std::vector<int64_t>& i) {
        double sum = 0;
        for (int64_t c = i[1] - (size - 1) / 2; c < i[1] - (size - 1) / 2 + size; ++c) {
          const double value = at_or(x, {i[0], c, i[2], i[3]}, 0);
          sum += value * value;
        }
        *out++ = at_or(x, i, 0) / std::pow(2.0 + 0.3 / static_cast<double>(size) * sum, beta);
      });
      expect_close(node.run(), want, 1e-12);
    }
  }
}

TEST(BatchNormalization, IsAffineInInference) {
  const at::Tensor x = random({3, 4, 2, 2}, "x");
  const at::Tensor scale = random({4}, "scale"), offset = random({4}, "offset"), mean = random({4}, "mean");
  const at::Tensor variance = random({4}, "variance").abs() + 0.1;
  auto along = [](const at::Tensor& t) { return t.reshape({1, 4, 1, 1}); };
  const at::Tensor want = (x - along(mean)) / (along(variance) + 1e-3).sqrt() * along(scale) + along(offset);
  expect_close(OneNode("BatchNormalization", {x, scale, offset, mean, variance}, {{"epsilon", 1e-3}}).run(), want);
}

TEST(BatchNormalization, TrainingUsesTheBatchAndMovesTheRunningNumbers) {
  const at::Tensor x = random({3, 4, 2, 2}, "x");
  const at::Tensor ones = at::ones({4}, at::kDouble), zeros = at::zeros({4}, at::kDouble);
  const at::Tensor mean = zeros.clone(), variance = ones.clone();
  const OneNode node("BatchNormalization", {x, ones, zeros, mean, variance}, {{"epsilon", 0.0}});
  const at::Tensor y = evaluate(node.graph, x, {&node.output, 1}, {}, true)[0];
  expect_close(y.mean({0, 2, 3}), zeros);
  expect_close((y * y).mean({0, 2, 3}), ones, 1e-9);
  expect_close(mean, 0.1 * x.mean({0, 2, 3}));
  expect_close(variance, 0.9 * ones + 0.1 * x.permute({1, 0, 2, 3}).reshape({4, -1}).var(1));
}

TEST(Softmax, FlattensBeforeOpset13) {
  const at::Tensor x = random({2, 3, 4}, "x");
  const at::Tensor e = x.exp();
  expect_close(OneNode("Softmax", {x}, {{"axis", int64_t{1}}}, 11).run(), e / e.sum(at::IntArrayRef({1, 2}), true));
  expect_close(OneNode("Softmax", {x}, {{"axis", int64_t{1}}}).run(), e / e.sum(1, true));
  expect_close(OneNode("LogSoftmax", {x}).run(), (e / e.sum(2, true)).log());
}

TEST(Gemm, KnowsTransposesFactorsAndBiases) {
  const at::Tensor a = random({3, 4}, "a"), b = random({5, 4}, "b"), row = random({5}, "row");
  const Attributes attributes = {{"transB", int64_t{1}}, {"alpha", 2.0}, {"beta", 0.5}};
  expect_close(OneNode("Gemm", {a, b, row}, attributes).run(), 2 * a.mm(b.t()) + 0.5 * row);
  expect_close(OneNode("Gemm", {a, b}, attributes).run(), 2 * a.mm(b.t()));
  const at::Tensor column = random({4, 1}, "column"), c = random({3, 6}, "c");
  expect_close(OneNode("Gemm", {a, c, column}, {{"transA", int64_t{1}}}).run(), a.t().mm(c) + column);
}

TEST(Arithmetic, BroadcastsAlongTheAxisBeforeOpset7) {
  const at::Tensor a = random({2, 3, 4, 5}, "a"), b = random({3, 4}, "b");
  const Attributes attributes = {{"broadcast", int64_t{1}}, {"axis", int64_t{1}}};
  expect_close(OneNode("Mul", {a, b}, attributes, 6).run(), a * b.reshape({1, 3, 4, 1}));
  const at::Tensor last = random({4, 5}, "last");
  expect_close(OneNode("Sub", {a, last}, {{"broadcast", int64_t{1}}}, 6).run(), a - last);
}

TEST(Arithmetic, DividesIntegersTowardsZero) {
  EXPECT_TRUE(OneNode("Div", {longs({7, -7}), longs({2, 2})}).run().equal(longs({3, -3})));
  EXPECT_TRUE(OneNode("Max", {longs({1, 5}), longs({3, 2})}).run().equal(longs({3, 5})));
}

TEST(Slice, ClampsStepsAndRunsBackwards) {
  const at::Tensor x = at::arange(20, at::kDouble).reshape({4, 5});
  auto slice = [&](auto starts, auto ends, auto axes, auto steps) {
    return OneNode("Slice", {x, starts, ends, axes, steps}).run();
  };
  expect_close(slice(longs({1, -4}), longs({1000, -1}), longs({0, 1}), longs({2, 1})),
               x.slice(0, 1, 4, 2).slice(1, 1, 4));
  expect_close(slice(longs({-1}), longs({-1000}), longs({1}), longs({-2})), x.index_select(1, longs({4, 2, 0})));
  expect_close(slice(longs({3}), longs({0}), longs({0}), longs({-1})), x.index_select(0, longs({3, 2, 1})));
  expect_close(OneNode("Slice", {x}, {{"starts", ints({1})}, {"ends", ints({3})}, {"axes", ints({-1})}}, 9).run(),
               x.slice(1, 1, 3));
}

TEST(Pad, KnowsItsThreeModesAndOldAttributes) {
  const at::Tensor x = at::arange(6, at::kDouble).reshape({1, 1, 2, 3});
  const at::Tensor pads = longs({0, 0, 1, 0, 0, 0, 0, 2});
  const at::Tensor top = numbers({0, 0, 0});
  auto rows = [](std::vector<double> values, int64_t width) {
    return at::tensor(values, at::kDouble).reshape({1, 1, -1, width});
  };
  expect_close(OneNode("Pad", {x, pads, at::scalar_tensor(9.0, at::kDouble)}).run(),
               rows({9, 9, 9, 9, 9, 0, 1, 2, 9, 9, 3, 4, 5, 9, 9}, 5));
  expect_close(OneNode("Pad", {x, pads}, {{"mode", std::string("edge")}}).run(),
               rows({0, 1, 2, 2, 2, 0, 1, 2, 2, 2, 3, 4, 5, 5, 5}, 5));
  expect_close(OneNode("Pad", {x, pads}, {{"mode", std::string("reflect")}}).run(),
               rows({3, 4, 5, 4, 3, 0, 1, 2, 1, 0, 3, 4, 5, 4, 3}, 5));
  expect_close(OneNode("Pad", {x}, {{"pads", ints({0, 0, 0, 1, 0, 0, 0, 0})}, {"value", 7.0}}, 2).run(),
               rows({7, 0, 1, 2, 7, 3, 4, 5}, 4));
}

TEST(Gather, TakesScalarsTablesAndNegativeIndices) {
  const at::Tensor x = random({3, 4, 2}, "x");
  expect_close(OneNode("Gather", {x, at::scalar_tensor(-1, at::kLong)}, {{"axis", int64_t{1}}}).run(), x.select(1, 3));
  const at::Tensor table = longs({0, 2, 1, -2}).reshape({2, 2});
  const at::Tensor want = at::stack({at::stack({x[0], x[2]}), at::stack({x[1], x[1]})});
  expect_close(OneNode("Gather", {x, table}).run(), want);
}

TEST(Arrangement, FollowsTheDefinitions) {
  const at::Tensor x = random({2, 3, 4, 1}, "x");
  expect_close(OneNode("Flatten", {x}, {{"axis", int64_t{2}}}).run(), x.reshape({6, 4}));
  expect_close(OneNode("Flatten", {x}, {{"axis", int64_t{4}}}).run(), x.reshape({24, 1}));
  expect_close(OneNode("Reshape", {x, longs({0, -1, 2})}).run(), x.reshape({2, 6, 2}));
  expect_close(OneNode("Transpose", {x}, {{"perm", ints({0, 2, 3, 1})}}).run(), x.permute({0, 2, 3, 1}));
  expect_close(OneNode("Squeeze", {x, longs({-1})}).run(), x.squeeze(3));
  expect_close(OneNode("Unsqueeze", {x, longs({0, -1})}).run(), x.unsqueeze(0).unsqueeze(-1));
  expect_close(OneNode("Expand", {x, longs({2, 1, 4, 5})}).run(), x.expand({2, 3, 4, 5}));
  const at::Tensor blocks = at::arange(8, at::kDouble).reshape({1, 8, 1, 1});
  expect_close(OneNode("DepthToSpace", {blocks}, {{"blocksize", int64_t{2}}}).run(),
               numbers({0, 2, 4, 6, 1, 3, 5, 7}).reshape({1, 2, 2, 2}));
}

TEST(Arrangement, RepeatsAndGathersBlocks) {
  const at::Tensor x = random({1, 2, 4, 6}, "x");
  const at::Tensor tiled = OneNode("Tile", {x, longs({1, 2, 1, 3})}).run();
  const at::Tensor deep = OneNode("SpaceToDepth", {x}, {{"blocksize", int64_t{2}}}).run();
  ASSERT_EQ(deep.sizes().vec(), ints({1, 8, 2, 3}));
  at::Tensor want = at::empty_like(tiled), want_deep = at::empty_like(deep);
  double* out = want.data_ptr<double>();
  each_index(tiled.sizes().vec(), [&](const std::vector<int64_t>& at) {
    *out++ = at_or(x, {0, at[1] % 2, at[2], at[3] % 6}, 0);
  });
  out = want_deep.data_ptr<double>();
  each_index(deep.sizes().vec(), [&](const std::vector<int64_t>& at) {
    const int64_t block = at[1] / 2;
    *out++ = at_or(x, {0, at[1] % 2, 2 * at[2] + block / 2, 2 * at[3] + block % 2}, 0);
  });
  expect_close(tiled, want);
  expect_close(deep, want_deep);
  EXPECT_THROW(OneNode("SpaceToDepth", {x}, {{"blocksize", int64_t{3}}}).run(), Error);
}

TEST(Activation, CeluGeluAndRoundFollowTheirFormulas) {
  const at::Tensor x = random({50}, "x", 2);
  const at::Tensor celu = OneNode("Celu", {x}, {{"alpha", 0.7}}).run(), gelu = OneNode("Gelu", {x}).run();
  const at::Tensor close = OneNode("Gelu", {x}, {{"approximate", std::string("tanh")}}).run();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double v = x[i].item<double>();
    EXPECT_NEAR(celu[i].item<double>(), std::max(0.0, v) + std::min(0.0, 0.7 * (std::exp(v / 0.7) - 1)), 1e-12);
    EXPECT_NEAR(gelu[i].item<double>(), 0.5 * v * (1 + std::erf(v / std::sqrt(2.0))), 1e-12);
    const double inner = std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v);
    EXPECT_NEAR(close[i].item<double>(), 0.5 * v * (1 + std::tanh(inner)), 1e-12);
  }
  EXPECT_THROW(OneNode("Gelu", {x}, {{"approximate", std::string("none at all")}}).run(), Error);
  expect_close(OneNode("Round", {numbers({-1.5, -0.5, 0.5, 1.5, 2.5, 0.4, 0.6})}).run(),
               numbers({-2, 0, 0, 2, 2, 0, 1}));
}

TEST(Normalization, OfLayersAndGroupsFollowsTheDefinition) {
  const at::Tensor x = random({2, 4, 3, 2}, "x"), scale = random({3, 2}, "scale"), offset = random({3, 2}, "offset");
  const auto normal = [](const at::Tensor& values) {
    return (values - values.mean()) / ((values - values.mean()).square().mean() + 1e-3).sqrt();
  };
  const at::Tensor layer =
      OneNode("LayerNormalization", {x, scale, offset}, {{"axis", int64_t{-2}}, {"epsilon", 1e-3}}, 17).run();
  const at::Tensor by_group = random({2}, "by group"), by_channel = random({4}, "by channel");
  const Attributes groups = {{"num_groups", int64_t{2}}, {"epsilon", 1e-3}};
  const at::Tensor old = OneNode("GroupNormalization", {x, by_group, by_group}, groups, 18).run();
  const at::Tensor recent = OneNode("GroupNormalization", {x, by_channel, by_channel}, groups, 21).run();
  for (int64_t n = 0; n < 2; ++n) {
    for (int64_t c = 0; c < 4; ++c) {
      expect_close(layer[n][c], normal(x[n][c]) * scale + offset, 1e-12);
      const at::Tensor own = normal(x[n].slice(0, c / 2 * 2, c / 2 * 2 + 2))[c % 2];
      expect_close(old[n][c], own * by_group[c / 2] + by_group[c / 2], 1e-12);
      expect_close(recent[n][c], own * by_channel[c] + by_channel[c], 1e-12);
    }
  }
}

// A triangle as wide as the step around each new position, scaled to a sum of 1. Beyond the ends the last cell goes on,
// or nothing counts.
TEST(Resize, AntialiasesWhereItShrinks) {
  const int64_t in = 10, out = 4;
  const at::Tensor x = random({1, 1, 1, in}, "x"), values = x.reshape(-1);
  const double step = static_cast<double>(in) / static_cast<double>(out);
  for (const bool excludes : {false, true}) {
    const OneNode node("Resize", {x, {}, {}, longs({1, 1, 1, out})},
                       {{"mode", std::string("linear")},
                        {"antialias", int64_t{1}},
                        {"exclude_outside", static_cast<int64_t>(excludes)}},
                       18);
    const at::Tensor y = node.run().reshape(-1);
    for (int64_t i = 0; i < out; ++i) {
      double sum = 0, weights = 0;
      for (int64_t k = -in; k < 2 * in; ++k) {
        if (excludes && (k < 0 || k >= in)) continue;
        const double far = std::abs(static_cast<double>(k) + 0.5 - (static_cast<double>(i) + 0.5) * step) / step;
        const double weight = std::max(0.0, 1 - far);
        sum += weight * values[std::clamp<int64_t>(k, 0, in - 1)].item<double>();
        weights += weight;
      }
      EXPECT_NEAR(y[i].item<double>(), sum / weights, 1e-12) << i;
    }
  }
}

TEST(Resize, RoundsAsItIsTold) {
  const at::Tensor x = at::arange(4, at::kDouble).reshape({1, 1, 1, 4});
  auto resize = [&](double scale, const char* coordinates, const char* rounding) {
    return OneNode(
               "Resize", {x, {}, numbers({1, 1, 1, scale})},
               {{"coordinate_transformation_mode", std::string(coordinates)}, {"nearest_mode", std::string(rounding)}})
        .run()
        .reshape(-1);
  };
  expect_close(resize(2, "asymmetric", "floor"), numbers({0, 0, 1, 1, 2, 2, 3, 3}));
  expect_close(resize(2, "asymmetric", "ceil"), numbers({0, 1, 1, 2, 2, 3, 3, 3}));
  expect_close(resize(0.5, "half_pixel", "round_prefer_floor"), numbers({0, 2}));
  expect_close(resize(0.5, "half_pixel", "round_prefer_ceil"), numbers({1, 3}));
  const OneNode corners(
      "Resize", {x, {}, {}, longs({1, 1, 1, 7})},
      {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string("align_corners")}});
  expect_close(corners.run().reshape(-1), numbers({0, 0.5, 1, 1.5, 2, 2.5, 3}));
  const OneNode half("Resize", {x, {}, numbers({1, 1, 1, 2})}, {{"mode", std::string("linear")}});
  expect_close(half.run().reshape(-1), numbers({0, .25, .75, 1.25, 1.75, 2.25, 2.75, 3}));
  expect_close(OneNode("Upsample", {x, numbers({1, 1, 2, 1})}, {}, 9).run(), x.expand({1, 1, 2, 4}));
}

TEST(Reduction, KeepsOrDropsAxes) {
  const at::Tensor x = random({2, 3, 4}, "x");
  expect_close(OneNode("ReduceMean", {x}, {{"axes", ints({-1, 1})}}).run(), x.mean({1, 2}, true));
  expect_close(OneNode("ReduceSum", {x, longs({1})}, {{"keepdims", int64_t{0}}}).run(), x.sum(1));
  expect_close(OneNode("ReduceL2", {x}, {{"axes", ints({2})}}).run(), (x * x).sum(2, true).sqrt());
  expect_close(OneNode("ReduceProd", {x}, {{"axes", ints({0, 2})}}).run(), x.prod(2, true).prod(0, true));
  expect_close(OneNode("ReduceMax", {x}).run(), x.max().reshape({1, 1, 1}));
}

TEST(Casts, KeepThePrecisionOfTheNetwork) {
  const at::Tensor x = random({3}, "x");
  EXPECT_EQ(OneNode("Cast", {x}, {{"to", int64_t{1}}}).run().scalar_type(), at::kDouble);
  EXPECT_EQ(OneNode("Cast", {x}, {{"to", int64_t{7}}}).run().scalar_type(), at::kLong);
  EXPECT_THROW(OneNode("Cast", {x}, {{"to", int64_t{8}}}).run(), Error);
}

TEST(Run, NamesUnknownOperatorsAndMissingInputs) {
  try {
    OneNode("Convolve", {random({1}, "x")}).run();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("Convolve node \"y\""));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("opset 13"));
  }
  EXPECT_THROW(OneNode("Add", {random({1}, "x")}).run(), Error);
  EXPECT_THROW(OneNode("Conv", {random({1, 2, 3, 3}, "x"), random({1, 5, 3, 3}, "w")}).run(), Error);
}

}  // namespace
}  // namespace microtome::testing
