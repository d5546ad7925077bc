// SPDX-License-Identifier: Apache-2.0
// Operators and attributes that the ONNX project's test data of opset 17 lacks, against their formulas written out.
#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/network_testing.h"

namespace microtome::testing {
namespace {

using Parameters = std::map<std::string, Attribute>;

double number_at(const at::Tensor& x, const std::vector<int64_t>& index) { return at_or(x, index, 0); }

at::Tensor filled(const std::vector<int64_t>& shape, const std::function<double(const std::vector<int64_t>&)>& value) {
  at::Tensor made = at::empty(shape, at::kDouble);
  double* out = made.data_ptr<double>();
  each_index(shape, [&](const std::vector<int64_t>& index) { *out++ = value(index); });
  return made;
}

at::Tensor whole_numbers_of(std::vector<int64_t> values) { return at::tensor(values, at::kLong); }

// Two query heads share one key head; causal, with a past of two tokens, capped scores and a mask that forbids.
TEST(Attention, FollowsItsFormula) {
  const at::Tensor q = random({1, 2, 3, 4}, "q"), k = random({1, 1, 3, 4}, "k"), v = random({1, 1, 3, 5}, "v");
  const at::Tensor past_k = random({1, 1, 2, 4}, "past k"), past_v = random({1, 1, 2, 5}, "past v");
  at::Tensor mask = at::ones({3, 5}, at::kBool);
  mask[2][1] = false;
  const at::Tensor y =
      OneNode("Attention", {q, k, v, mask, past_k, past_v}, {{"is_causal", int64_t{1}}, {"softcap", 1.5}}, 23).run();
  const at::Tensor keys = at::cat({past_k, k}, 2), values = at::cat({past_v, v}, 2);
  const at::Tensor want = filled({1, 2, 3, 5}, [&](const std::vector<int64_t>& at) {
    double sum = 0, weights = 0;
    for (int64_t j = 0; j < 5; ++j) {
      if (j > at[2] + 2 || (at[2] == 2 && j == 1)) continue;
      double score = 0;
      for (int64_t d = 0; d < 4; ++d) score += number_at(q, {0, at[1], at[2], d}) * number_at(keys, {0, 0, j, d}) / 2;
      const double weight = std::exp(1.5 * std::tanh(score / 1.5));
      sum += weight * number_at(values, {0, 0, j, at[3]});
      weights += weight;
    }
    return sum / weights;
  });
  expect_close(y, want, 1e-12);
}

TEST(Attention, TakesRowsOfHeadsAndAddsAMask) {
  const at::Tensor x = random({2, 3, 8}, "x"), mask = random({3, 3}, "mask");
  const Parameters heads = {{"q_num_heads", int64_t{2}}, {"kv_num_heads", int64_t{2}}, {"scale", 0.3}};
  const at::Tensor split = x.reshape({2, 3, 2, 4}).transpose(1, 2);
  const at::Tensor scores = at::einsum("bhid,bhjd->bhij", {split, split}) * 0.3 + mask;
  const at::Tensor weights = scores.exp() / scores.exp().sum(-1, true);
  const at::Tensor want = at::einsum("bhij,bhjd->bihd", {weights, split}).reshape({2, 3, 8});
  expect_close(OneNode("Attention", {x, x, x, mask}, heads, 23).run(), want, 1e-12);
  EXPECT_THROW(OneNode("Attention", {x, x, x}, {{"q_num_heads", int64_t{3}}, {"kv_num_heads", int64_t{3}}}, 23).run(),
               Error);
}

TEST(RotaryEmbedding, TurnsPairsByTheAngleOfTheirPlace) {
  const at::Tensor x = random({1, 2, 3, 6}, "x"), angle = random({5, 2}, "angle");
  const at::Tensor places = whole_numbers_of({4, 0, 2}).reshape({1, 3});
  for (const bool neighbours : {false, true}) {
    const Parameters parameters = {{"rotary_embedding_dim", int64_t{4}},
                                   {"interleaved", static_cast<int64_t>(neighbours)}};
    const at::Tensor y = OneNode("RotaryEmbedding", {x, angle.cos(), angle.sin(), places}, parameters, 23).run();
    const at::Tensor want = filled({1, 2, 3, 6}, [&](const std::vector<int64_t>& at) {
      if (at[3] >= 4) return number_at(x, at);
      const int64_t pair = neighbours ? at[3] / 2 : at[3] % 2;
      const bool second = neighbours ? at[3] % 2 == 1 : at[3] >= 2;
      const auto part = [&](int64_t i) {
        return number_at(x, {0, at[1], at[2], neighbours ? 2 * pair + i : pair + 2 * i});
      };
      const double turn = angle[places[0][at[2]].item<int64_t>()][pair].item<double>();
      return second ? part(0) * std::sin(turn) + part(1) * std::cos(turn)
                    : part(0) * std::cos(turn) - part(1) * std::sin(turn);
    });
    expect_close(y, want, 1e-12);
  }
}

TEST(RmsNormalization, DividesByTheRootOfTheMeanSquare) {
  const at::Tensor x = random({2, 3, 4}, "x"), scale = random({3, 4}, "scale");
  const at::Tensor y = OneNode("RMSNormalization", {x, scale}, {{"axis", int64_t{1}}, {"epsilon", 1e-3}}, 23).run();
  for (int64_t n = 0; n < 2; ++n) {
    expect_close(y[n], x[n] / std::sqrt((x[n] * x[n]).mean().item<double>() + 1e-3) * scale, 1e-12);
  }
}

TEST(Recurrent, BothDirectionsAreTwoLayers) {
  const at::Tensor x = random({4, 2, 3}, "x");
  for (const auto& [op, gates] : std::map<std::string, int64_t>{{"RNN", 1}, {"GRU", 3}, {"LSTM", 4}}) {
    const at::Tensor w = random({2, gates * 5, 3}, "w"), r = random({2, gates * 5, 5}, "r");
    const at::Tensor b = random({2, gates * 10}, "b");
    const auto run = [&](const at::Tensor& input, const at::Tensor& wi, const at::Tensor& ri, const at::Tensor& bi,
                         const char* direction) {
      return OneNode(op, {input, wi, ri, bi}, {{"direction", std::string(direction)}}, 14).run();
    };
    const at::Tensor both = run(x, w, r, b, "bidirectional");
    const auto part = [](const at::Tensor& all, int64_t i) { return all.narrow(0, i, 1); };
    expect_close(both.narrow(1, 0, 1), run(x, part(w, 0), part(r, 0), part(b, 0), "forward"), 1e-12);
    const at::Tensor turned = run(x.flip(0), part(w, 1), part(r, 1), part(b, 1), "forward").flip(0);
    expect_close(both.narrow(1, 1, 1), turned, 1e-12);
    expect_close(run(x, part(w, 1), part(r, 1), part(b, 1), "reverse"), turned, 1e-12);
  }
}

TEST(Recurrent, ShorterSequencesEndEarly) {
  const at::Tensor x = random({4, 2, 3}, "x"), w = random({1, 12, 3}, "w"), r = random({1, 12, 3}, "r");
  const at::Tensor b = random({1, 24}, "b"), lengths = whole_numbers_of({2, 4});
  for (const char* direction : {"forward", "reverse"}) {
    const Parameters parameters = {{"direction", std::string(direction)}};
    const at::Tensor y = OneNode("LSTM", {x, w, r, b, lengths}, parameters, 14).run();
    expect_close(y.slice(0, 0, 2).slice(2, 0, 1),
                 OneNode("LSTM", {x.slice(0, 0, 2).slice(1, 0, 1), w, r, b}, parameters, 14).run(), 1e-12);
    EXPECT_EQ(y.slice(0, 2, 4).slice(2, 0, 1).abs().max().item<double>(), 0);
  }
}

TEST(Quantization, RoundsToTheGridAndBack) {
  const at::Tensor x = at::tensor(std::vector<double>{-3, -0.26, -0.25, 0.25, 0.75, 40}, at::kDouble);
  const at::Tensor scale = at::scalar_tensor(0.5, at::kDouble), zero = at::scalar_tensor(10, at::kByte);
  const at::Tensor q = OneNode("QuantizeLinear", {x, scale, zero}).run();
  expect_close(q, at::tensor(std::vector<double>{4, 9, 10, 10, 12, 90}, at::kDouble), 0);
  expect_close(OneNode("DequantizeLinear", {q, scale, zero}).run(), (q - 10) * 0.5, 0);
  const at::Tensor leaf = x.clone().requires_grad_();
  const at::Tensor wide = at::scalar_tensor(0.1, at::kDouble);
  OneNode("QuantizeLinear", {x, wide, zero}).run(leaf).sum().backward();
  expect_close(leaf.grad(), at::tensor(std::vector<double>{0, 10, 10, 10, 10, 0}, at::kDouble), 1e-9);
  const at::Tensor low = OneNode("QuantizeLinear", {x, scale}, {{"output_dtype", int64_t{22}}}, 21).run();
  expect_close(low, at::tensor(std::vector<double>{-6, -1, 0, 0, 2, 7}, at::kDouble), 0);
}

TEST(Quantization, KnowsBlocksAndAxes) {
  const at::Tensor q = at::arange(15, at::kChar).reshape({3, 5});
  const at::Tensor scale = random({3, 3}, "scale"), zero = at::arange(9, at::kChar).reshape({3, 3});
  const Parameters blocks = {{"axis", int64_t{1}}, {"block_size", int64_t{2}}};
  const at::Tensor want = filled({3, 5}, [&](const std::vector<int64_t>& at) {
    const int64_t block = at[1] / 2;
    return static_cast<double>(5 * at[0] + at[1] - 3 * at[0] - block) * number_at(scale, {at[0], block});
  });
  expect_close(OneNode("DequantizeLinear", {q, scale, zero}, blocks, 21).run(), want, 1e-12);
  const at::Tensor columns = random({5}, "columns");
  expect_close(OneNode("DequantizeLinear", {q, columns}, {{"axis", int64_t{-1}}}).run(), q.to(at::kDouble) * columns,
               1e-12);
  EXPECT_THROW(OneNode("DequantizeLinear", {q, random({4}, "four")}).run(), Error);
}

// Each new cell a sum over all old ones of Keys' kernel around its place; beyond the ends the last one goes on.
TEST(Resize, IsCubicAndTakesAxesAndProportions) {
  const int64_t in = 7, out = 4;
  const at::Tensor x = random({1, in}, "x");
  const double step = 7.0 / 4;
  const auto kernel = [](double far, double a) {
    if (far <= 1) return (a + 2) * far * far * far - (a + 3) * far * far + 1;
    return far < 2 ? a * (far * far * far - 5 * far * far + 8 * far - 4) : 0.0;
  };
  for (const bool antialias : {false, true}) {
    const at::Tensor y = OneNode("Resize", {x, {}, {}, whole_numbers_of({out})},
                                 {{"mode", std::string("cubic")},
                                  {"axes", ints({1})},
                                  {"cubic_coeff_a", -0.5},
                                  {"antialias", static_cast<int64_t>(antialias)}},
                                 18)
                             .run();
    const at::Tensor want = filled({1, out}, [&](const std::vector<int64_t>& at) {
      const double place = (static_cast<double>(at[1]) + 0.5) * step - 0.5, wide = antialias ? step : 1;
      double sum = 0, weights = 0;
      for (int64_t k = -8; k < in + 8; ++k) {
        const double weight = kernel(std::abs(static_cast<double>(k) - place) / wide, -0.5);
        sum += weight * number_at(x, {0, std::clamp<int64_t>(k, 0, in - 1)});
        weights += weight;
      }
      return sum / weights;
    });
    expect_close(y, want, 1e-12);
  }
  const at::Tensor picture = random({1, 1, 4, 8}, "picture");
  const auto sides = [&](const char* policy) {
    return OneNode("Resize", {picture, {}, {}, whole_numbers_of({8, 8})},
                   {{"axes", ints({2, 3})}, {"keep_aspect_ratio_policy", std::string(policy)}}, 18)
        .run()
        .sizes()
        .vec();
  };
  EXPECT_EQ(sides("not_larger"), ints({1, 1, 4, 8}));
  EXPECT_EQ(sides("not_smaller"), ints({1, 1, 8, 16}));
}

TEST(Pooling, KnowsDilationsNormsAndTheWayBack) {
  const at::Tensor x = random({1, 2, 6, 5}, "x");
  const Parameters window = {{"kernel_shape", ints({2, 2})}, {"dilations", ints({2, 1})}, {"pads", ints({1, 0, 0, 1})}};
  const auto over = [&](const std::vector<int64_t>& at, const std::function<void(double, bool)>& visit) {
    for (int64_t i = 0; i < 2; ++i) {
      for (int64_t j = 0; j < 2; ++j) {
        const int64_t row = at[2] - 1 + 2 * i, column = at[3] + j;
        visit(at_or(x, {0, at[1], row, column}, 0), row >= 0 && row < 6 && column < 5);
      }
    }
  };
  const at::Tensor mean = OneNode("AveragePool", {x}, window, 19).run(),
                   norm = OneNode("LpPool", {x}, window, 18).run();
  expect_close(mean,
               filled(mean.sizes().vec(),
                      [&](const std::vector<int64_t>& at) {
                        double sum = 0, count = 0;
                        over(at, [&](double value, bool inside) { sum += value, count += inside; });
                        return sum / count;
                      }),
               1e-12);
  expect_close(norm,
               filled(norm.sizes().vec(),
                      [&](const std::vector<int64_t>& at) {
                        double sum = 0;
                        over(at, [&](double value, bool) { sum += value * value; });
                        return std::sqrt(sum);
                      }),
               1e-12);
  EXPECT_EQ(mean.sizes().vec(), ints({1, 2, 5, 5}));
}

TEST(Pad, GoesAroundAndPadsAnyAxis) {
  const at::Tensor x = at::arange(6, at::kLong).reshape({2, 3});
  const auto padded = [&](const char* mode, std::vector<int64_t> pads) {
    return OneNode("Pad", {x, whole_numbers_of(pads)}, {{"mode", std::string(mode)}}, 19).run();
  };
  EXPECT_TRUE(padded("wrap", {0, 2, 1, 1})
                  .equal(whole_numbers_of({1, 2, 0, 1, 2, 0, 4, 5, 3, 4, 5, 3, 1, 2, 0, 1, 2, 0}).reshape({3, 6})));
  EXPECT_TRUE(padded("reflect", {1, 0, 0, 2})
                  .equal(whole_numbers_of({3, 4, 5, 4, 3, 0, 1, 2, 1, 0, 3, 4, 5, 4, 3}).reshape({3, 5})));
  EXPECT_TRUE(padded("edge", {0, -1, 0, 1}).equal(whole_numbers_of({1, 2, 2, 4, 5, 5}).reshape({2, 3})));
}

TEST(Indexing, ReducesWhereIndicesMeet) {
  const at::Tensor x = random({3, 2}, "x"), updates = random({4, 2}, "updates");
  const at::Tensor places = whole_numbers_of({0, 0, 1, 0, 0, 2, -1, 1}).reshape({4, 2});
  const std::map<std::string, std::function<double(double, double)>> reductions = {
      {"add", [](double a, double b) { return a + b; }},
      {"mul", [](double a, double b) { return a * b; }},
      {"max", [](double a, double b) { return std::max(a, b); }},
      {"min", [](double a, double b) { return std::min(a, b); }}};
  for (const auto& [name, join] : reductions) {
    at::Tensor want = x.clone();
    each_index({4, 2}, [&](const std::vector<int64_t>& at) {
      const int64_t row = (places[at[0]][at[1]].item<int64_t>() + 3) % 3;
      double& cell = want.data_ptr<double>()[row * 2 + at[1]];
      cell = join(cell, number_at(updates, at));
    });
    expect_close(OneNode("ScatterElements", {x, places, updates}, {{"reduction", name}}, 18).run(), want, 1e-12);
  }
  const at::Tensor rows = whole_numbers_of({2, 2}).reshape({2, 1});
  const at::Tensor highest =
      OneNode("ScatterND", {x, rows, updates.slice(0, 0, 2)}, {{"reduction", std::string("max")}}, 18).run();
  expect_close(highest[2], at::maximum(x[2], at::maximum(updates[0], updates[1])), 0);
  expect_close(highest.slice(0, 0, 2), x.slice(0, 0, 2), 0);
  EXPECT_THROW(OneNode("ScatterND", {x, rows + 1, updates.slice(0, 0, 2)}).run(), Error);
}

TEST(Indexing, KeepsTheOrderOfEqualValues) {
  const at::Tensor x = at::tensor(std::vector<double>{1, 3, 3, 0, 3}, at::kDouble);
  GraphBuilder builder;
  const ValueIndex input = builder.input("x", {5});
  Graph graph = builder.finish({builder.node("TopK", "top", {input, builder.constant("k", whole_numbers_of({3}))})});
  graph.values.push_back({"places", {}, {}});
  graph.nodes[0].outputs.push_back(static_cast<ValueIndex>(graph.values.size()) - 1);
  const std::vector<at::Tensor> made = evaluate(graph, x, graph.nodes[0].outputs);
  expect_close(made[0], at::tensor(std::vector<double>{3, 3, 3}, at::kDouble), 0);
  EXPECT_TRUE(made[1].equal(whole_numbers_of({1, 2, 4})));
}

TEST(Bits, AreThoseOfTheNumbers) {
  const at::Tensor a = whole_numbers_of({12, 10, -1}), b = whole_numbers_of({10, 3, 7});
  EXPECT_TRUE(OneNode("BitwiseAnd", {a, b}, {}, 18).run().equal(whole_numbers_of({8, 2, 7})));
  EXPECT_TRUE(OneNode("BitwiseOr", {a, b}, {}, 18).run().equal(whole_numbers_of({14, 11, -1})));
  EXPECT_TRUE(OneNode("BitwiseXor", {a, b}, {}, 18).run().equal(whole_numbers_of({6, 9, -8})));
  EXPECT_TRUE(OneNode("BitwiseNot", {a}, {}, 18).run().equal(whole_numbers_of({-13, -11, 0})));
  const at::Tensor far =
      OneNode("BitShift", {b, whole_numbers_of({1, 64, 200})}, {{"direction", std::string("LEFT")}}).run();
  EXPECT_TRUE(far.equal(whole_numbers_of({20, 0, 0})));
}

TEST(AffineGrid, LaysOutThePlane) {
  const at::Tensor theta = random({1, 2, 3}, "theta");
  const at::Tensor grid = OneNode("AffineGrid", {theta, whole_numbers_of({1, 1, 3, 4})}, {}, 20).run();
  expect_close(grid,
               filled({1, 3, 4, 2},
                      [&](const std::vector<int64_t>& at) {
                        const double y = (2 * static_cast<double>(at[1]) + 1) / 3 - 1;
                        const double x = (2 * static_cast<double>(at[2]) + 1) / 4 - 1;
                        return number_at(theta, {0, at[3], 0}) * x + number_at(theta, {0, at[3], 1}) * y +
                               number_at(theta, {0, at[3], 2});
                      }),
               1e-12);
}

TEST(Fourier, SumsTheWaves) {
  const at::Tensor x = random({1, 5, 2}, "x");
  const at::Tensor axis = at::scalar_tensor(1, at::kLong);
  const at::Tensor y = OneNode("DFT", {x, {}, axis}, {}, 20).run();
  expect_close(y,
               filled({1, 5, 2},
                      [&](const std::vector<int64_t>& at) {
                        double real = 0, imaginary = 0;
                        for (int64_t t = 0; t < 5; ++t) {
                          const double turn = -2 * M_PI * static_cast<double>(t * at[1]) / 5;
                          const double a = number_at(x, {0, t, 0}), b = number_at(x, {0, t, 1});
                          real += a * std::cos(turn) - b * std::sin(turn);
                          imaginary += a * std::sin(turn) + b * std::cos(turn);
                        }
                        return at[2] == 0 ? real : imaginary;
                      }),
               1e-12);
  expect_close(OneNode("DFT", {y, {}, axis}, {{"inverse", int64_t{1}}}, 20).run(), x, 1e-12);
}

TEST(ConvTranspose, MakesTheSizeAskedFor) {
  const at::Tensor x = random({1, 1, 3, 3}, "x"), w = random({1, 2, 3, 3}, "w"), bias = random({2}, "bias");
  const at::Tensor whole = OneNode("ConvTranspose", {x, w}, {{"strides", ints({2, 2})}}).run();  // 7 x 7
  const auto sized = [&](int64_t side) {
    return OneNode("ConvTranspose", {x, w, bias}, {{"strides", ints({2, 2})}, {"output_shape", ints({side, side})}})
        .run();
  };
  const at::Tensor shifted = whole + bias.reshape({1, 2, 1, 1});
  expect_close(sized(4), shifted.slice(2, 2, 6).slice(3, 2, 6), 1e-12);
  expect_close(sized(9).slice(2, 0, 7).slice(3, 0, 7), shifted, 1e-12);
  expect_close(sized(9).slice(2, 7, 9), bias.reshape({1, 2, 1, 1}).expand({1, 2, 2, 9}), 1e-12);
}

}  // namespace
}  // namespace microtome::testing
