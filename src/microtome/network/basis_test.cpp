// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/basis.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <span>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/network/baseline.h"
#include "microtome/network/bases/file.h"
#include "microtome/network/bases/pca.h"
#include "microtome/network/bases/random.h"
#include "microtome/network/builder.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/safetensors_file.h"
#include "microtome/network/passes.h"

namespace microtome {
namespace {

// conv -> relu -> conv -> pooled -> logits, with random weights.
Network basis_network() {
  at::manual_seed(1);
  GraphBuilder g;
  const ValueIndex x = g.input("input", {-1, 3, 12, 12});
  const ValueIndex a = g.relu("a", g.conv("a/linear", x, at::randn({6, 3, 3, 3}), at::randn({6}), {.pad = 1}));
  const ValueIndex b = g.conv("b", a, at::randn({5, 6, 3, 3}), at::randn({5}), {.pad = 1});
  const ValueIndex flat = g.flatten("flat", g.global_average_pool("pooled", b));
  const ValueIndex logits = g.gemm("logits", flat, at::randn({4, 5}), at::randn({4}));
  return Network(g.finish({logits}), {});
}

std::vector<at::Tensor> tap_of(const Network& network, std::vector<std::string> layers) {
  at::manual_seed(2);
  return make_executor(network, std::move(layers))
      ->run(at::randn({2, network.channels(), network.height(), network.width()}));
}

TEST(Basis, UnitsAreInnerProductsWithTheChannels) {
  const Network network = basis_network();
  for (const char* layer : {"a", "b", "flat", "logits"}) {
    const Basis basis{"mine", at::randn({3, network.layer(layer).units})};
    const Network wider = with_basis(network, layer, basis);
    const std::string name = std::string(layer) + "~mine";
    EXPECT_EQ(wider.layer(name).units, 3);
    EXPECT_EQ(wider.layer(name).receptive_field.size, network.layer(layer).receptive_field.size);
    const auto taps = tap_of(wider, {layer, name});
    EXPECT_TRUE(at::equal(taps[0], tap_of(network, {layer})[0]));
    at::Tensor from = taps[0].dim() == 2 ? taps[0].unsqueeze(2).unsqueeze(3) : taps[0];
    at::Tensor truth = at::einsum("nchw,uc->nuhw", {from, basis.vectors});
    EXPECT_TRUE(at::allclose(taps[1].reshape(truth.sizes()), truth, 1e-5, 1e-5)) << layer;
  }
}

TEST(Basis, RefusesWhatDoesNotFit) {
  const Network network = basis_network();
  EXPECT_THROW(with_basis(network, "a", {"x", at::randn({3, 7})}), Error);
  EXPECT_THROW(with_basis(network, "a", {"x", at::randn({6})}), Error);
  at::Tensor zero = at::randn({3, 6});
  zero[1].zero_();
  EXPECT_THROW(with_basis(network, "a", {"x", zero}), Error);
  at::Tensor infinite = at::randn({3, 6});
  infinite[0][0] = INFINITY;
  EXPECT_THROW(with_basis(network, "a", {"x", infinite}), Error);
}

TEST(Basis, IsReadFromAFileInEitherOrientation) {
  const std::string folder = testing::TempDir() + "microtome_basis_test";
  std::filesystem::create_directories(folder);
  at::manual_seed(4);
  const at::Tensor rows = at::randn({5, 3}), square = at::randn({3, 3});
  const std::string npy = folder + "/mine.npy", file = folder + "/sae.v1.safetensors";
  write_file(npy, npy_bytes(std::span(rows.data_ptr<float>(), 15), {5, 3}));
  const SafetensorsFile content{{{"decoder.weight", rows.t().contiguous()},
                                 {"rows", rows.to(at::kDouble)},
                                 {"square", square},
                                 {"bias", at::randn({3})},
                                 {"whole", at::ones({5, 3}, at::kLong)}},
                                {}};
  write_file(file, safetensors_bytes(content, file));
  EXPECT_TRUE(at::equal(read_basis(npy, 3).vectors, rows));
  EXPECT_EQ(read_basis(npy, 3).name, "mine");
  EXPECT_TRUE(at::equal(read_basis(npy, 5).vectors, rows.t()));
  const Basis decoder = read_basis(file + ":decoder.weight", 3);
  EXPECT_TRUE(at::equal(decoder.vectors, rows));
  EXPECT_EQ(decoder.name, "sae.v1.decoder.weight");
  EXPECT_TRUE(at::equal(read_basis(file + ":rows", 3).vectors, rows));
  EXPECT_TRUE(at::equal(read_basis(file + ":square", 3).vectors, square)) << "rows are units where both fit";
  for (const char* bad : {":bias", ":whole", ":none", ""}) EXPECT_THROW(read_basis(file + bad, 3), Error) << bad;
  EXPECT_THROW(read_basis(npy, 4), Error);
  try {
    read_basis(file + ":encoder", 3);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("decoder.weight [3, 5]"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(names_basis_file(file + ":rows") && names_basis_file(npy) && !names_basis_file("nmf:4"));
  EXPECT_EQ(basis_file(file + ":rows"), file);
  std::filesystem::remove_all(folder);
}

Basis made(const std::string& text, const at::Tensor& samples = {}) {
  return make_basis(text, "layer", 6, [&] {
    if (!samples.defined()) throw Error(ErrorKind::kUsage, "basis", "looked at activations without need");
    return samples;
  });
}

TEST(Basis, IsMadeFromItsText) {
  EXPECT_FALSE(made("identity").vectors.defined());
  EXPECT_TRUE(at::equal(made("random:0.4:7").vectors, random_rotation(6, 7, 0.4).vectors));
  EXPECT_EQ(made("random:0.4:7").name, "random0.4.7");
  EXPECT_TRUE(at::equal(made("random").vectors, random_rotation(6, 1, 1).vectors));
  at::manual_seed(5);
  const at::Tensor samples = at::rand({40, 6}, at::kDouble);
  EXPECT_EQ(made("pca", samples).vectors.sizes().vec(), (std::vector<int64_t>{6, 6}));
  const Basis factors = made("nmf:3", samples);
  EXPECT_EQ(factors.name, "nmf3");
  EXPECT_EQ(factors.vectors.sizes().vec(), (std::vector<int64_t>{3, 6}));
  EXPECT_GE(factors.vectors.min().item<float>(), 0);
  EXPECT_TRUE(at::allclose(factors.vectors.norm(2, 1), at::ones({3}), 1e-4, 1e-5));
  EXPECT_THROW(made("nmf:3", samples - 0.5), Error);
  for (const char* bad :
       {"", "nmf", "nmf:7", "nmf:0", "nmf:x", "pca:2", "identity:1", "random:x", "random:1:-1", "ica"}) {
    EXPECT_THROW(made(bad, samples), Error) << bad;
  }
}

// A new kind is in the message, and so in the help, without being named anywhere else.
TEST(Basis, NamesItsKinds) {
  try {
    made("ica");
    FAIL();
  } catch (const Error& error) {
    for (const BasisKind* kind : bases::kinds()) {
      EXPECT_NE(std::string(error.what()).find(kind->form), std::string::npos) << kind->name;
      EXPECT_FALSE(kind->summary.empty()) << kind->name;
    }
  }
}

TEST(Baseline, AddsALayerForEach) {
  const Network network = basis_network();
  const std::vector<std::string> layers = {"a", "logits"};
  for (const BaselineKind* kind : baselines::kinds()) {
    std::vector<std::string> added;
    const Network wider = kind->add(network, layers, 4, added);
    ASSERT_EQ(added.size(), layers.size()) << kind->name;
    for (size_t i = 0; i < layers.size(); ++i) {
      EXPECT_EQ(wider.layer(added[i]).shape, network.layer(layers[i]).shape) << kind->name;
      EXPECT_FALSE(at::allclose(tap_of(wider, {added[i]})[0], tap_of(network, {layers[i]})[0])) << kind->name;
    }
    EXPECT_EQ(&baseline_named(std::string(kind->name)), kind);
  }
  EXPECT_THROW(baseline_named("random"), Error);
}

TEST(Rotation, RunsFromTheIdentityToARotationAtConstantSpeed) {
  for (const int64_t n : {2, 3, 8, 33}) {
    const at::Tensor q = random_rotation(n, 5, 1).vectors.to(at::kDouble);
    const at::Tensor identity = at::eye(n, at::kDouble);
    EXPECT_TRUE(at::allclose(random_rotation(n, 5, 0).vectors.to(at::kDouble), identity, 0, 1e-6));
    for (const double alpha : {0.2, 0.5, 1.0}) {
      const at::Tensor r = random_rotation(n, 5, alpha).vectors.to(at::kDouble);
      EXPECT_TRUE(at::allclose(at::matmul(r, r.t()), identity, 0, 1e-5)) << n << " " << alpha;
      EXPECT_NEAR(at::det(r).item<double>(), 1, 1e-4);
    }
    // Half of it twice, and a fifth five times, are the whole.
    const at::Tensor half = random_rotation(n, 5, 0.5).vectors.to(at::kDouble);
    EXPECT_TRUE(at::allclose(at::matmul(half, half), q, 0, 1e-5)) << n;
    const at::Tensor fifth = random_rotation(n, 5, 0.2).vectors.to(at::kDouble);
    EXPECT_TRUE(at::allclose(at::matrix_power(fifth, 5), q, 0, 1e-5)) << n;
  }
  EXPECT_FALSE(at::allclose(random_rotation(8, 5, 1).vectors, random_rotation(8, 6, 1).vectors));
}

TEST(Rotation, FoldedIntoWhatReadsTheLayerLeavesTheLogits) {
  const Network network = basis_network();
  for (const char* layer : {"a", "b", "pooled", "flat"}) {
    const Basis basis{"turned", random_rotation(network.layer(layer).units, 3, 1).vectors};
    const Network turned = folded_rotation(network, layer, basis);
    EXPECT_TRUE(at::allclose(tap_of(turned, {"logits"})[0], tap_of(network, {"logits"})[0], 1e-4, 1e-4)) << layer;
    // What reads the layer sees other numbers.
    const std::string name = std::string(layer) + "~turned";
    EXPECT_FALSE(at::allclose(tap_of(turned, {name})[0], tap_of(network, {layer})[0], 1e-2, 1e-2));
  }
  const Basis basis{"turned", random_rotation(6, 3, 1).vectors};
  EXPECT_THROW(folded_rotation(network, "a/linear", basis), Error);  // a rectifier reads it
}

TEST(PrincipalComponents, AreTheDirectionsOfFallingVariance) {
  at::manual_seed(3);
  const at::Tensor truth = random_rotation(5, 1, 1).vectors.to(at::kDouble);
  const at::Tensor spread = at::diag(at::tensor({1.0, 25.0, 4.0, 0.25, 9.0}, at::kDouble));
  const Basis basis = principal_components(at::matmul(at::matmul(truth.t(), spread), truth));
  const int64_t order[] = {1, 4, 2, 0, 3};
  for (int64_t k = 0; k < 5; ++k) {
    const at::Tensor row = basis.vectors[k].to(at::kDouble);
    EXPECT_NEAR(std::fabs(at::dot(row, truth[order[k]]).item<double>()), 1, 1e-5);
    EXPECT_GT(row[row.abs().argmax().item<int64_t>()].item<double>(), 0);
  }
}

TEST(Maps, TokensBecomeGridsWithoutTheClassToken) {
  // Tokens are the columns of the input, moved behind: [N, 3, 1, 10] -> [N, 10, 3].
  GraphBuilder g;
  const ValueIndex x = g.input("input", {-1, 3, 1, 10});
  const ValueIndex flat = g.node("Squeeze", "flat", {x, g.constant("axis", at::tensor({int64_t{2}}, at::kLong))});
  const ValueIndex tokens = g.node("Transpose", "tokens", {flat}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  const Network network(g.finish({tokens}), {});
  at::manual_seed(2);
  const at::Tensor input = at::randn({1, 3, 1, 10});
  const auto tap = [&](const Network& of, const std::string& layer) {
    return make_executor(of, {layer})->run(input)[0];
  };
  const Network grid = with_maps(network, "tokens", "grid");
  EXPECT_EQ(grid.layer("tokens~grid").shape, (std::vector<int64_t>{3, 3, 3}));
  EXPECT_TRUE(at::equal(tap(grid, "tokens~grid"), input.slice(3, 1).reshape({1, 3, 3, 3})));
  const Network first = with_maps(network, "tokens", "class");
  EXPECT_TRUE(at::equal(tap(first, "tokens~class"), input.select(3, 0).reshape({1, 3})));
  const Network line = with_maps(network, "flat", "line");
  EXPECT_EQ(line.layer("flat~line").shape, (std::vector<int64_t>{3, 1, 10}));
  EXPECT_TRUE(at::equal(tap(line, "flat~line"), input));
  EXPECT_THROW(with_maps(network, "flat", "grid"), Error);  // three tokens make no square
  const Network both = with_basis(grid, "tokens~grid", {"mine", at::ones({1, 3})});
  EXPECT_TRUE(at::allclose(tap(both, "tokens~grid~mine"), input.slice(3, 1).reshape({1, 3, 3, 3}).sum(1, true)));
}

// Two tokens in front of 2 x 4 patches: what a transformer makes of a picture that is not square.
TEST(Maps, TokensLieAsThePatchesThatTheyWereCutFrom) {
  const auto longs = [](std::vector<int64_t> values) { return at::tensor(values, at::kLong); };
  GraphBuilder g;
  const ValueIndex x = g.input("input", {-1, 3, 4, 8});
  const ValueIndex patches = g.conv("patches", x, at::ones({5, 3, 2, 2}), {}, {.stride = 2});
  const ValueIndex flat = g.node("Reshape", "flat", {patches, g.constant("to", longs({0, 5, 8}))});
  const ValueIndex rows = g.node("Transpose", "rows", {flat}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  const ValueIndex leading = g.constant("leading", at::arange(10, at::kFloat).view({1, 2, 5}));
  const ValueIndex tokens = g.node("Concat", "tokens", {leading, rows}, {{"axis", int64_t{1}}});
  const ValueIndex turned = g.node("Transpose", "turned", {tokens}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  const ValueIndex products = g.node("MatMul", "products", {tokens, turned});
  const ValueIndex weights = g.node("Unsqueeze", "weights", {products, g.constant("axes", longs({1}))});
  const ValueIndex last = g.node("Transpose", "last", {patches}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}});
  const Network network(g.finish({weights, last}), {});
  at::manual_seed(4);
  const at::Tensor input = at::randn({2, 3, 4, 8});
  const auto tap = [&](const std::string& layer, const std::string& suffix) {
    const Network made = suffix.empty() ? network : with_maps(network, layer, suffix);
    return make_executor(made, {suffix.empty() ? layer : layer + "~" + suffix})->run(input)[0];
  };
  const at::Tensor map = tap("patches", "");
  EXPECT_TRUE(tap("tokens", "grid").equal(map));
  EXPECT_TRUE(tap("tokens", "class")[1].equal(at::arange(5, at::kFloat)));
  EXPECT_TRUE(tap("tokens", "registers")[1].flatten().equal(at::arange(5, 10, at::kFloat)));
  EXPECT_TRUE(tap("last", "grid").equal(map));
  const at::Tensor attention = tap("weights", "attention");
  EXPECT_EQ(attention.sizes(), at::IntArrayRef({2, 1, 2, 4}));
  EXPECT_TRUE(attention.flatten(1).equal(tap("weights", "").select(2, 0).slice(2, 2).flatten(1)));
  EXPECT_EQ(token_grid(network, network.layer("tokens"))->leading, 2);
  EXPECT_FALSE(token_grid(network, network.layer("flat")).has_value());
}

}  // namespace
}  // namespace microtome
