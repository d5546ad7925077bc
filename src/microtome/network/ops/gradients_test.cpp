// SPDX-License-Identifier: Apache-2.0
// Every differentiable operator against finite differences.
#include "microtome/network/network_testing.h"

namespace microtome::testing {
namespace {

at::Tensor integers_of(std::initializer_list<int64_t> values) {
  return at::tensor(std::vector<int64_t>(values), at::kLong);
}
at::Tensor reals(std::initializer_list<double> values) { return at::tensor(std::vector<double>(values), at::kDouble); }

// d/dx of <y, weights> by autograd and by central differences.
struct GradientCase {
  std::string op;
  std::vector<int64_t> shape;
  std::vector<at::Tensor> others;
  std::map<std::string, Attribute> attributes;
};

class Gradients : public ::testing::TestWithParam<GradientCase> {};

TEST_P(Gradients, EqualFiniteDifferences) {
  const GradientCase& c = GetParam();
  const at::Tensor x = random(c.shape, "x", 1.5);
  std::vector<at::Tensor> inputs = {x};
  inputs.insert(inputs.end(), c.others.begin(), c.others.end());
  const OneNode node(c.op, inputs, c.attributes);
  const at::Tensor weights = random(node.run().sizes().vec(), "weights");
  const at::Tensor leaf = x.clone().requires_grad_();
  (node.run(leaf) * weights).sum().backward();
  auto score = [&](const at::Tensor& moved) { return (node.run(moved) * weights).sum().item<double>(); };
  expect_close(leaf.grad(), numerical_gradient(score, x), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(
    All, Gradients,
    ::testing::Values(
        GradientCase{"Relu", {2, 3}, {}, {}}, GradientCase{"LeakyRelu", {2, 3}, {}, {{"alpha", 0.2}}},
        GradientCase{"Elu", {2, 3}, {}, {}}, GradientCase{"Selu", {2, 3}, {}, {}},
        GradientCase{"Clip", {2, 3}, {at::scalar_tensor(-1.0, at::kDouble), at::scalar_tensor(1.0, at::kDouble)}, {}},
        GradientCase{"PRelu", {1, 2, 2, 2}, {random({2, 1, 1}, "slope")}, {}}, GradientCase{"Sigmoid", {2, 3}, {}, {}},
        GradientCase{"HardSigmoid", {2, 3}, {}, {}}, GradientCase{"HardSwish", {2, 3}, {}, {}},
        GradientCase{"Tanh", {2, 3}, {}, {}}, GradientCase{"Softplus", {2, 3}, {}, {}},
        GradientCase{"Softsign", {2, 3}, {}, {}}, GradientCase{"Softmax", {2, 3}, {}, {}},
        GradientCase{"Erf", {2, 3}, {}, {}}, GradientCase{"Celu", {2, 3}, {}, {{"alpha", 0.6}}},
        GradientCase{"Gelu", {2, 3}, {}, {}}, GradientCase{"Mish", {2, 3}, {}, {}},
        GradientCase{"Shrink", {2, 3}, {}, {{"lambd", 0.3}, {"bias", 0.1}}},
        GradientCase{"ThresholdedRelu", {2, 3}, {}, {{"alpha", 0.2}}}, GradientCase{"Asinh", {2, 3}, {}, {}},
        GradientCase{"RMSNormalization", {2, 3, 4}, {random({4}, "s")}, {}},
        GradientCase{"MeanVarianceNormalization", {1, 2, 3, 2}, {}, {}},
        GradientCase{"LpNormalization", {2, 3}, {}, {}},
        GradientCase{"LpPool", {1, 2, 5, 4}, {}, {{"kernel_shape", ints({2, 3})}, {"p", int64_t{3}}}},
        GradientCase{"GlobalLpPool", {1, 2, 3, 3}, {}, {}},
        GradientCase{"Einsum", {2, 3, 4}, {random({2, 4}, "w")}, {{"equation", std::string("bij,bj->ib")}}},
        GradientCase{"Pad", {2, 3}, {integers_of({1, 2, 1, 1})}, {{"mode", std::string("reflect")}}},
        GradientCase{"TopK", {2, 5}, {integers_of({3})}, {}}, GradientCase{"CumSum", {2, 5}, {integers_of({1})}, {}},
        GradientCase{"ScatterND", {4, 2}, {integers_of({1, 3}).reshape({2, 1}), random({2, 2}, "u")}, {}},
        GradientCase{"GridSample", {1, 2, 4, 4}, {random({1, 3, 3, 2}, "grid", 0.5)}, {}},
        GradientCase{"RoiAlign",
                     {1, 2, 6, 6},
                     {reals({0.5, 1, 4, 5}).reshape({1, 4}), integers_of({0})},
                     {{"output_height", int64_t{2}}, {"output_width", int64_t{3}}, {"sampling_ratio", int64_t{2}}}},
        GradientCase{"LSTM", {3, 2, 2}, {random({1, 12, 2}, "w"), random({1, 12, 3}, "r"), random({1, 24}, "b")}, {}},
        GradientCase{"GRU",
                     {3, 2, 2},
                     {random({1, 9, 2}, "w"), random({1, 9, 3}, "r"), random({1, 18}, "b")},
                     {{"linear_before_reset", int64_t{1}}, {"direction", std::string("reverse")}}},
        GradientCase{"Attention", {1, 2, 3, 4}, {random({1, 2, 3, 4}, "k"), random({1, 2, 3, 4}, "v")}, {}},
        GradientCase{"DFT", {1, 5, 1}, {}, {{"onesided", int64_t{1}}}},
        GradientCase{"ConvTranspose",
                     {1, 1, 3, 3},
                     {random({1, 2, 3, 3}, "w"), random({2}, "b")},
                     {{"strides", ints({2, 2})}, {"output_shape", ints({8, 5})}}},
        GradientCase{"DequantizeLinear", {2, 3}, {reals({0.5, 0.25, 2}), integers_of({1, 2, 3})}, {}},
        GradientCase{"LayerNormalization", {2, 3, 4}, {random({4}, "s"), random({4}, "b")}, {}},
        GradientCase{
            "GroupNormalization", {1, 4, 3, 2}, {random({2}, "s"), random({2}, "b")}, {{"num_groups", int64_t{2}}}},
        GradientCase{"SpaceToDepth", {1, 1, 4, 4}, {}, {{"blocksize", int64_t{2}}}},
        GradientCase{"LRN", {1, 5, 2, 2}, {}, {{"size", int64_t{3}}, {"alpha", 0.5}}},
        GradientCase{"LRN", {2, 5, 2, 1}, {}, {{"size", int64_t{4}}, {"alpha", 0.5}, {"beta", 0.5}, {"bias", 2.0}}},
        GradientCase{"LRN", {1, 2, 2, 1}, {}, {{"size", int64_t{7}}, {"alpha", 0.5}, {"beta", 0.6}}},
        GradientCase{"InstanceNormalization", {2, 2, 3, 3}, {random({2}, "s"), random({2}, "b")}, {}},
        GradientCase{"MaxPool", {1, 2, 5, 5}, {}, {{"kernel_shape", ints({3, 3})}, {"pads", ints({0, 1, 2, 0})}}},
        GradientCase{"AveragePool", {1, 2, 5, 5}, {}, {{"kernel_shape", ints({3, 3})}, {"pads", ints({0, 1, 2, 0})}}},
        GradientCase{"Conv", {1, 2, 5, 5}, {random({3, 2, 3, 3}, "w")}, {{"pads", ints({0, 1, 2, 0})}}},
        GradientCase{"Resize",
                     {1, 1, 4, 3},
                     {at::Tensor(), reals({1, 1, 0.5, 2})},
                     {{"mode", std::string("cubic")}, {"antialias", int64_t{1}}}},
        GradientCase{"Resize",
                     {1, 1, 2, 3},
                     {at::Tensor(), at::tensor(std::vector<double>{1, 1, 2, 2}, at::kDouble)},
                     {{"mode", std::string("linear")}}}),
    [](const auto& one) { return fmt::format("{}{}", one.param.op, one.index); });

}  // namespace
}  // namespace microtome::testing
