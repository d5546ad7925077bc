// SPDX-License-Identifier: Apache-2.0
// Each operator of PyTorch against PyTorch's own formula, on values that a program would have.
#include "microtome/network/aten/aten.h"

#include <ATen/ATen.h>

#include <functional>

#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/network.h"

namespace microtome {
namespace {

using Given = std::vector<TorchValue>;
using Named = std::map<std::string, TorchValue>;

TorchValue whole(int64_t value) { return TorchValue::of(value); }
TorchValue real(double value) { return TorchValue::of(value); }
TorchValue list(const std::vector<int64_t>& values) { return TorchValue::integers(values); }
TorchValue fixed(const at::Tensor& values) { return TorchValue::of(TorchGraph::known(values)); }
TorchValue joined_values(Given items) { return TorchValue::several(TorchKind::kList, std::move(items)); }

at::Tensor wave(at::IntArrayRef shape, double step = 0.37) {
  return at::arange(at::ones(shape).numel(), at::kFloat).mul(step).sin().reshape(shape);
}

struct AtenCase {
  const char* name;
  std::vector<int64_t> shape;  // of the input x, with a batch of 1
  Given more;                  // arguments behind x
  std::function<at::Tensor(const at::Tensor& x)> expected;
  Named named{};
};

Network network_of_call(const AtenCase& tried) {
  TorchGraph graph(tried.shape);
  Given given = {TorchValue::of(graph.input())};
  given.insert(given.end(), tried.more.begin(), tried.more.end());
  const TorchValue made = call_aten(graph, tried.name, given, tried.named);
  const TorchTensorPtr result = made.items ? made.items->at(0).tensor : made.tensor;
  return Network(graph.finish({result}), {});
}

void compare(const AtenCase& tried) {
  SCOPED_TRACE(tried.name);
  const Network network = network_of_call(tried);
  for (const int64_t batch : {1, 2}) {
    std::vector<int64_t> shape = tried.shape;
    shape[0] = batch;
    const at::Tensor x = wave(shape);
    const at::Tensor made =
        make_executor(network, {network.graph().values[at_index(network.graph().outputs[0])].name})->run(x).at(0);
    const at::Tensor expected = tried.expected(x).to(made.scalar_type());
    ASSERT_EQ(made.sizes(), expected.sizes());
    EXPECT_TRUE(made.allclose(expected, 1e-4, 1e-5, /*equal_nan=*/true));
  }
}

void compare_all(const std::vector<AtenCase>& cases) {
  for (const AtenCase& tried : cases) compare(tried);
}

const at::Tensor& kernel() {
  static const at::Tensor weights = wave({6, 2, 3, 3}, 0.9);
  return weights;
}

TEST(Aten, LayersAreThoseOfPyTorch) {
  const at::Tensor bias = wave({6}), turned = wave({4, 3, 2, 2}, 0.8), matrix = wave({5, 8}, 0.6);
  const at::Tensor scale = wave({4}) + 2, offset = wave({4}, 0.2), mean = wave({4}, 0.5), spread = wave({4}) + 1.5;
  const auto none = TorchValue();
  compare_all({{"conv2d",
                {1, 4, 9, 8},
                {fixed(kernel()), fixed(bias), list({2}), list({1, 0}), whole(1), whole(2)},
                [&](const auto& x) {
                  return at::conv2d(x, kernel(), bias, 2, {1, 0}, 1, 2);
                }},
               {"conv2d",
                {1, 4, 9, 8},
                {fixed(kernel()), none, list({1}), TorchValue::of(std::string("same")), list({2}), whole(2)},
                [&](const auto& x) { return at::conv2d(x, kernel(), {}, 1, "same", 2, 2); }},
               {"conv1d",
                {1, 4, 9},
                {fixed(wave({6, 4, 3})), none, list({2}), list({1})},
                [&](const auto& x) {
                  return at::conv1d(x, wave({6, 4, 3}), {}, 2, 1);
                }},
               {"_convolution",
                {1, 4, 6, 5},
                {fixed(turned), none, list({2, 2}), list({1, 1}), list({1, 1}), whole(1), list({1, 0}), whole(1)},
                [&](const auto& x) {
                  return at::conv_transpose2d(x, turned, {}, 2, 1, {1, 0});
                }},
               {"conv_transpose2d",
                {1, 4, 6, 5},
                {fixed(turned), none, list({2}), list({0}), list({1})},
                [&](const auto& x) { return at::conv_transpose2d(x, turned, {}, 2, 0, 1); }},
               {"linear",
                {1, 8},
                {fixed(matrix), fixed(wave({5}))},
                [&](const auto& x) { return at::linear(x, matrix, wave({5})); }},
               {"linear",
                {1, 3, 8},
                {fixed(matrix), fixed(wave({5}))},
                [&](const auto& x) { return at::linear(x, matrix, wave({5})); }},
               {"batch_norm",
                {1, 4, 3, 3},
                {fixed(scale), none, fixed(mean), fixed(spread), whole(0), real(0.1), real(1e-3)},
                [&](const auto& x) { return at::batch_norm(x, scale, {}, mean, spread, false, 0.1, 1e-3, false); }},
               {"_native_batch_norm_legit_no_training",
                {1, 4, 3, 3},
                {fixed(scale), fixed(offset), fixed(mean), fixed(spread), real(0.1), real(1e-3)},
                [&](const auto& x) { return at::batch_norm(x, scale, offset, mean, spread, false, 0.1, 1e-3, false); }},
               {"layer_norm",
                {1, 3, 4},
                {list({4}), fixed(scale), fixed(offset), real(1e-6)},
                [&](const auto& x) { return at::layer_norm(x, {4}, scale, offset, 1e-6); }},
               {"native_layer_norm",
                {1, 3, 4},
                {list({3, 4}), none, none, real(1e-6)},
                [&](const auto& x) {
                  return at::layer_norm(x, {3, 4}, {}, {}, 1e-6);
                }},
               {"group_norm",
                {1, 4, 3, 3},
                {whole(2), fixed(scale), fixed(offset)},
                [&](const auto& x) { return at::group_norm(x, 2, scale, offset); }},
               {"instance_norm",
                {1, 4, 3, 3},
                {none, none, none, none, whole(1), real(0.1), real(1e-5)},
                [&](const auto& x) { return at::instance_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5, false); }},
               {"matmul",
                {1, 3, 8},
                {fixed(wave({8, 2}))},
                [&](const auto& x) {
                  return at::matmul(x, wave({8, 2}));
                }},
               {"baddbmm", {1, 3, 2}, {fixed(wave({1, 3, 4})), fixed(wave({1, 4, 2}, 0.2))}, [&](const auto& x) {
                  return x + at::matmul(wave({1, 3, 4}), wave({1, 4, 2}, 0.2));
                }}});
}

TEST(Aten, PoolingIsThatOfPyTorch) {
  const auto none = TorchValue();
  compare_all({{"max_pool2d",
                {1, 2, 9, 8},
                {list({3}), list({2}), list({1}), list({1}), whole(1)},
                [](const auto& x) { return at::max_pool2d(x, 3, 2, 1, 1, true); }},
               {"max_pool2d_with_indices",
                {1, 2, 9, 8},
                {list({2, 3})},
                [](const auto& x) {
                  return at::max_pool2d(x, {2, 3});
                }},
               {"max_pool1d", {1, 2, 9}, {list({3}), list({2})}, [](const auto& x) { return at::max_pool1d(x, 3, 2); }},
               {"avg_pool2d",
                {1, 2, 9, 8},
                {list({3}), list({2}), list({1}), whole(0), whole(1)},
                [](const auto& x) { return at::avg_pool2d(x, 3, 2, 1); }},
               {"avg_pool2d",
                {1, 2, 9, 8},
                {list({3}), list({2}), list({1}), whole(1), whole(0)},
                [](const auto& x) { return at::avg_pool2d(x, 3, 2, 1, true, false); }},
               {"adaptive_avg_pool2d",
                {1, 2, 6, 9},
                {list({2, 3})},
                [](const auto& x) {
                  return at::adaptive_avg_pool2d(x, {2, 3});
                }},
               {"adaptive_avg_pool2d",
                {1, 2, 6, 9},
                {joined_values({none, whole(3)})},
                [](const auto& x) {
                  return at::adaptive_avg_pool2d(x, {6, 3});
                }},
               {"adaptive_max_pool2d",
                {1, 2, 6, 9},
                {list({1, 1})},
                [](const auto& x) {
                  return at::amax(x, {2, 3}, true);
                }},
               {"upsample_nearest2d",
                {1, 2, 5, 4},
                {list({8, 9})},
                [](const auto& x) {
                  return at::upsample_nearest2d(x, {8, 9});
                }},
               {"upsample_nearest2d",
                {1, 2, 5, 4},
                {none, joined_values({real(2), real(2)})},
                [](const auto& x) {
                  return at::upsample_nearest2d(x, {10, 8});
                }},
               {"upsample_bilinear2d",
                {1, 2, 5, 4},
                {list({8, 9}), whole(0)},
                [](const auto& x) {
                  return at::upsample_bilinear2d(x, {8, 9}, false);
                }},
               {"upsample_bilinear2d",
                {1, 2, 5, 4},
                {list({8, 9}), whole(1)},
                [](const auto& x) {
                  return at::upsample_bilinear2d(x, {8, 9}, true);
                }},
               {"upsample_bicubic2d",
                {1, 2, 5, 4},
                {list({8, 9}), whole(0)},
                [](const auto& x) {
                  return at::upsample_bicubic2d(x, {8, 9}, false);
                }},
               {"pad",
                {1, 2, 5, 4},
                {list({1, 2, 0, 1}), TorchValue::of(std::string("constant")), real(0.5)},
                [](const auto& x) {
                  return at::constant_pad_nd(x, {1, 2, 0, 1}, 0.5);
                }},
               {"pad",
                {1, 2, 5, 4},
                {list({1, 2, 0, 1}), TorchValue::of(std::string("replicate"))},
                [](const auto& x) {
                  return at::replication_pad2d(x, {1, 2, 0, 1});
                }},
               {"reflection_pad2d",
                {1, 2, 5, 4},
                {list({1, 2, 0, 1})},
                [](const auto& x) {
                  return at::reflection_pad2d(x, {1, 2, 0, 1});
                }},
               {"pixel_shuffle", {1, 8, 3, 2}, {whole(2)}, [](const auto& x) { return at::pixel_shuffle(x, 2); }}});
}

TEST(Aten, ElementsAreThoseOfPyTorch) {
  const std::vector<int64_t> s = {1, 3, 4};
  const at::Tensor other = wave({3, 4}, 0.9) + 2, slope = wave({3});
  compare_all(
      {{"relu", s, {}, [](const auto& x) { return x.relu(); }},
       {"relu6", s, {}, [](const auto& x) { return x.clamp(0, 6); }},
       {"hardtanh", s, {real(-0.5), real(0.4)}, [](const auto& x) { return x.clamp(-0.5, 0.4); }},
       {"clamp", s, {TorchValue(), real(0.3)}, [](const auto& x) { return x.clamp_max(0.3); }},
       {"clamp_min", s, {real(0.1)}, [](const auto& x) { return x.clamp_min(0.1); }},
       {"sigmoid", s, {}, [](const auto& x) { return x.sigmoid(); }},
       {"gelu", s, {}, [](const auto& x) { return at::gelu(x); }},
       {"gelu",
        s,
        {},
        [](const auto& x) { return at::gelu(x, "tanh"); },
        {{"approximate", TorchValue::of(std::string("tanh"))}}},
       {"silu", s, {}, [](const auto& x) { return at::silu(x); }},
       {"hardswish", s, {}, [](const auto& x) { return at::hardswish(x); }},
       {"hardsigmoid", s, {}, [](const auto& x) { return at::hardsigmoid(x); }},
       {"mish", s, {}, [](const auto& x) { return at::mish(x); }},
       {"elu", s, {real(0.7)}, [](const auto& x) { return at::elu(x, 0.7); }},
       {"leaky_relu", s, {real(0.2)}, [](const auto& x) { return at::leaky_relu(x, 0.2); }},
       {"prelu", s, {fixed(slope)}, [&](const auto& x) { return at::prelu(x, slope); }},
       {"softplus", s, {}, [](const auto& x) { return at::softplus(x); }},
       {"log_sigmoid", s, {}, [](const auto& x) { return at::log_sigmoid(x); }},
       {"rsqrt", s, {}, [](const auto& x) { return at::rsqrt(x); }},
       {"square", s, {}, [](const auto& x) { return x * x; }},
       {"add", s, {fixed(other)}, [&](const auto& x) { return x + 2 * other; }, {{"alpha", whole(2)}}},
       {"sub", s, {real(0.5)}, [](const auto& x) { return x - 0.5; }},
       {"rsub", s, {whole(1)}, [](const auto& x) { return 1 - x; }},
       {"mul", s, {whole(3)}, [](const auto& x) { return x * 3; }},
       {"div", s, {fixed(other)}, [&](const auto& x) { return x / other; }},
       {"div",
        s,
        {real(0.3)},
        [](const auto& x) { return (x / 0.3).floor(); },
        {{"rounding_mode", TorchValue::of(std::string("floor"))}}},
       {"pow", s, {whole(2)}, [](const auto& x) { return x.pow(2); }},
       {"maximum", s, {fixed(other - 2)}, [&](const auto& x) { return at::maximum(x, other - 2); }},
       {"masked_fill", s, {fixed(other > 2), real(-1)}, [&](const auto& x) { return x.masked_fill(other > 2, -1); }}});
}

TEST(Aten, ReductionsAreThoseOfPyTorch) {
  const std::vector<int64_t> s = {1, 3, 4, 5};
  compare_all({{"mean",
                s,
                {list({2, 3}), whole(1)},
                [](const auto& x) {
                  return x.mean({2, 3}, true);
                }},
               {"sum", s, {list({-1})}, [](const auto& x) { return x.sum({-1}); }},
               {"amax", s, {list({2})}, [](const auto& x) { return x.amax({2}); }},
               {"max", s, {whole(2), whole(1)}, [](const auto& x) { return x.amax({2}, true); }},
               {"var", s, {list({1}), whole(1), whole(1)}, [](const auto& x) { return x.var({1}, true, true); }},
               {"var", s, {list({1})}, [](const auto& x) { return x.var({1}, false); }, {{"correction", whole(0)}}},
               {"std", s, {list({1})}, [](const auto& x) { return x.std({1}, true); }},
               {"norm", s, {whole(2), list({1}), whole(1)}, [](const auto& x) { return x.norm(2, {1}, true); }},
               {"linalg_vector_norm", s, {whole(1), list({1})}, [](const auto& x) { return x.abs().sum(1); }},
               {"softmax", s, {whole(-1)}, [](const auto& x) { return x.softmax(-1); }},
               {"log_softmax", s, {whole(1)}, [](const auto& x) { return x.log_softmax(1); }}});
}

TEST(Aten, AttentionIsThatOfPyTorch) {
  TorchGraph graph({1, 2, 3, 4});
  const TorchValue x = TorchValue::of(graph.input());
  const TorchValue made = call_aten(graph, "scaled_dot_product_attention", {x, x, x}, {});
  const Network network(graph.finish({made.tensor}), {});
  const at::Tensor q = wave({2, 2, 3, 4});
  const at::Tensor expected = at::matmul(at::softmax(at::matmul(q, q.transpose(-1, -2)) * 0.5, -1), q);
  EXPECT_TRUE(make_executor(network, {network.output_layer().name})->run(q).at(0).allclose(expected, 1e-4, 1e-5));
}

TEST(Aten, ShapesAreThoseOfPyTorch) {
  const std::vector<int64_t> s = {1, 4, 6, 5};
  compare_all(
      {{"view", s, {list({1, 4, -1})}, [](const auto& x) { return x.flatten(2); }},
       {"reshape",
        s,
        {list({-1, 2, 2, 30})},
        [](const auto& x) {
          return x.reshape({-1, 2, 2, 30});
        }},
       {"flatten", s, {whole(1)}, [](const auto& x) { return x.flatten(1); }},
       {"flatten", s, {whole(1), whole(2)}, [](const auto& x) { return x.flatten(1, 2); }},
       {"unflatten",
        s,
        {whole(1), list({2, 2})},
        [](const auto& x) {
          return x.reshape({x.size(0), 2, 2, 6, 5});
        }},
       {"unsqueeze", s, {whole(-1)}, [](const auto& x) { return x.unsqueeze(-1); }},
       {"squeeze", {1, 4, 1, 5}, {whole(2)}, [](const auto& x) { return x.squeeze(2); }},
       {"squeeze", {1, 4, 1, 5}, {}, [](const auto& x) { return x.squeeze(2); }},
       {"permute",
        s,
        {list({0, 2, -1, 1})},
        [](const auto& x) {
          return x.permute({0, 2, 3, 1});
        }},
       {"transpose", s, {whole(-2), whole(1)}, [](const auto& x) { return x.transpose(-2, 1); }},
       {"slice", s, {whole(2), whole(1), whole(-1), whole(2)}, [](const auto& x) { return x.slice(2, 1, -1, 2); }},
       {"narrow", s, {whole(1), whole(1), whole(2)}, [](const auto& x) { return x.narrow(1, 1, 2); }},
       {"select", s, {whole(1), whole(-1)}, [](const auto& x) { return x.select(1, -1); }},
       {"unbind", s, {whole(1)}, [](const auto& x) { return x.select(1, 0); }},
       {"split", s, {whole(3), whole(2)}, [](const auto& x) { return x.narrow(2, 0, 3); }},
       {"split_with_sizes", s, {list({1, 5}), whole(2)}, [](const auto& x) { return x.narrow(2, 0, 1); }},
       {"chunk", s, {whole(4), whole(2)}, [](const auto& x) { return x.chunk(4, 2)[0]; }},
       {"repeat",
        s,
        {list({1, 2, 1, 3})},
        [](const auto& x) {
          return x.repeat({1, 2, 1, 3});
        }},
       {"roll",
        s,
        {list({2, -1}), list({2, 3})},
        [](const auto& x) {
          return x.roll({2, -1}, {2, 3});
        }},
       {"flip",
        s,
        {list({-1, 2})},
        [](const auto& x) {
          return x.flip({-1, 2});
        }},
       {"index_select",
        s,
        {whole(2), fixed(at::tensor({4, 0}, at::kLong))},
        [](const auto& x) {
          return x.index_select(2, at::tensor({4, 0}, at::kLong));
        }},
       {"index", s, {joined_values({TorchValue(), fixed(at::tensor({3, 1}, at::kLong))})}, [](const auto& x) {
          return x.index_select(1, at::tensor({3, 1}, at::kLong));
        }}});
}

}  // namespace
}  // namespace microtome
