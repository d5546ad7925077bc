// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <chrono>

#include "microtome/base/rng.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/script_text.h"
#include "microtome/network/formats/testing/small_script.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;

at::Tensor waves(at::IntArrayRef shape, double step) {
  return at::arange(at::ones(shape).numel(), at::kFloat).mul(step).sin().reshape(shape);
}

Network script_from(const std::string& bytes, int side = 0) {
  return network_from_bytes({"net.pt", std::make_shared<const std::string>(bytes)}, side);
}

at::Tensor output_of(const Network& network, const at::Tensor& input) {
  return make_executor(network, {network.output_layer().name})->run(input).at(0);
}

// A convolution "stem.conv", what `forward` does with it, and a matrix "head".
struct SmallScript {
  NamedTensors weights = {{"kernel", waves({6, 3, 3, 3}, 0.7)}, {"matrix", waves({5, 6}, 1.3)}};
  std::string training = "\x89";

  std::string bytes(const std::string& forward, const std::string& more = {}) const {
    const std::string conv = scripted::module("Conv", {{"weight", scripted::weight(weights, 0)}});
    const std::string stem = scripted::module("Stem", {{"conv", conv}, {"stride", pickled::number(2)}});
    const std::string head = scripted::module("Head", {{"weight", scripted::weight(weights, 1)}});
    const std::string root = scripted::module("Net", {{"training", training}, {"stem", stem}, {"head", head}});
    return scripted::archive(root, weights,
                             "class Net(Module):\n  __parameters__ = []\n  training : bool\n"
                             "  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n" +
                                 forward +
                                 "class Conv(Module):\n"
                                 "  def forward(self: __torch__.Conv, x: Tensor, stride: int=2) -> Tensor:\n"
                                 "    weight = self.weight\n"
                                 "    return torch.conv2d(x, weight, None, [stride, stride], [1, 1], [1, 1], 1)\n"
                                 "class Stem(Module):\n"
                                 "  def forward(self: __torch__.Stem, x: Tensor) -> Tensor:\n"
                                 "    conv = self.conv\n"
                                 "    stride = self.stride\n"
                                 "    y = (conv).forward(x, stride, )\n"
                                 "    _0 = torch.relu_(y)\n"
                                 "    return y\n"
                                 "class Head(Module):\n"
                                 "  def forward(self: __torch__.Head, x: Tensor) -> Tensor:\n"
                                 "    return torch.linear(x, self.weight)\n" +
                                 more);
  }

  at::Tensor stem(const at::Tensor& x) const { return at::conv2d(x, weights[0].second, {}, 2, 1).relu(); }
  at::Tensor head(const at::Tensor& x) const { return at::linear(x, weights[1].second); }
};

std::pair<ErrorKind, std::string> script_refused(const std::string& forward, const std::string& more = {}) {
  return error_of([&] { script_from(SmallScript().bytes(forward, more)); });
}

constexpr const char* kPlain =
    "    x0 = (self.stem).forward(x, )\n"
    "    x1 = torch.flatten(torch.adaptive_avg_pool2d(x0, [1, 1]), 1)\n"
    "    return (self.head).forward(x1, )\n";

TEST(Script, IsFollowed) {
  const SmallScript script;
  const Network network = script_from(script.bytes(kPlain));
  EXPECT_EQ(network.facts().format, "pytorch");
  EXPECT_EQ(network.height(), 224);
  for (const char* name : {"stem.conv", "stem.relu", "stem", "head"}) EXPECT_NO_THROW(network.layer(name)) << name;
  for (const int64_t batch : {1, 3}) {
    const at::Tensor input = waves({batch, 3, 224, 224}, 0.37);
    const at::Tensor expected = script.head(script.stem(input).mean({2, 3}));
    EXPECT_TRUE(output_of(network, input).allclose(expected, 1e-4, 1e-5));
  }
  EXPECT_EQ(script_from(script.bytes(kPlain), 40).height(), 40);
}

// Decisions by lengths and attributes, lists, loops, texts, taking apart: all that programs do between operators.
TEST(Script, DecidesByLengths) {
  const SmallScript script;
  const Network network =
      script_from(script.bytes("    stem = self.stem\n"
                               "    x0 = (stem).forward(x, )\n"
                               "    N, C, H, W, = torch.size(x0)\n"
                               "    if torch.__and__(torch.gt(H, 4), torch.ne(W, -1)):\n"
                               "      n = torch.floordiv(C, 2)\n"
                               "    else:\n"
                               "      ops.prim.RaiseException(\"AssertionError: \")\n"
                               "      n = 0\n"
                               "    parts = annotate(List[Tensor], [])\n"
                               "    for i in range(2):\n"
                               "      begin = torch.mul(i, n)\n"
                               "      part = torch.slice(x0, 1, begin, torch.add(begin, n))\n"
                               "      _1 = torch.append(parts, torch.mul(part, float(i) if "
                               "torch.gt(i, 5) else 0.5))\n"
                               "    k = 0\n"
                               "    while torch.lt(k, 3):\n"
                               "      k = torch.add(k, 1)\n"
                               "    y = torch.cat(parts, 1)\n"
                               "    y0 = torch.permute(torch.view(y, [N, C, -1]), [0, 2, 1])\n"
                               "    y1 = torch.div(torch.mean(y0, [1]), k)\n"
                               "    return ((self.head).forward(y1, ), parts)\n"));
  const at::Tensor input = waves({2, 3, 224, 224}, 0.37);
  const at::Tensor expected = script.head(script.stem(input).mean({2, 3}) * 0.5 / 3);
  EXPECT_TRUE(output_of(network, input).allclose(expected, 1e-4, 1e-5));
}

// What is written into a tensor shows in all its names, and what cannot be followed there is refused.
TEST(Script, WritesIntoTensors) {
  const SmallScript script;
  const std::string end = "    return torch.mean(y, [2, 3])\n";
  const at::Tensor input = waves({1, 3, 224, 224}, 0.37), stem = script.stem(input);
  const Network sum =
      script_from(script.bytes("    y = (self.stem).forward(x, )\n    z = torch.sigmoid(y)\n"
                               "    _0 = torch.add_(y, z)\n" +
                               end));
  EXPECT_TRUE(output_of(sum, input).allclose((stem + stem.sigmoid()).mean({2, 3}), 1e-4, 1e-5));
  const Network mask =
      script_from(script.bytes("    y0 = (self.stem).forward(x, )\n    m = torch.zeros([6, 1, 1])\n"
                               "    _0 = torch.fill_(torch.slice(m, 0, 2, 4), 3)\n"
                               "    y = torch.mul(y0, m)\n" +
                               end));
  const at::Tensor factors = at::tensor({0.f, 0.f, 3.f, 3.f, 0.f, 0.f}).reshape({6, 1, 1});
  EXPECT_TRUE(output_of(mask, input).allclose((stem * factors).mean({2, 3}), 1e-4, 1e-5));
  const std::string stale =
      "    y = (self.stem).forward(x, )\n    part = torch.slice(y, 1, 0, 2)\n"
      "    _0 = torch.sigmoid_(part)\n" +
      end;
  EXPECT_THAT(script_refused(stale).second, HasSubstr("a view is read after another"));
  EXPECT_THAT(
      script_refused("    w = (self.head).weight\n    _0 = torch.zero_(w)\n    y = (self.stem).forward(x, )\n" + end)
          .second,
      HasSubstr("writes into its own weights"));
}

TEST(Script, NamesWhatItDoesNotKnow) {
  const auto [kind, message] =
      script_refused("    return (self.odd).forward(torch.relu(x), )\n", "class Odd(Module):\n  x : int\n");
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(message, HasSubstr("asks for \"odd\", which its module does not have"));
  const auto unknown = script_refused("    y = (self.stem).forward(x, )\n    return torch.grid_sampler(y, y, 0, 0)\n");
  EXPECT_THAT(unknown.second, HasSubstr("calls the operator grid_sampler, which is not known here"));
  EXPECT_THAT(unknown.second, HasSubstr("torch.onnx.export("));
  EXPECT_THAT(script_refused("    return torch.dropout(x, 0.5, True)\n").second, HasSubstr("model.eval()"));
  EXPECT_THAT(script_refused("    if bool(torch.sum(x)):\n      y = x\n    else:\n      y = torch.neg(x)\n"
                             "    return y\n")
                  .second,
              HasSubstr("decides by values that it computes from the picture"));
  EXPECT_THAT(script_refused("    return torch.zeros([1, 5])\n").second, HasSubstr("returns nothing that depends"));
  EXPECT_THAT(script_refused("    self.head = x\n    return x\n").second, HasSubstr("changes an attribute"));
}

// A frozen program has its weights among its constants, without names.
TEST(Script, FindsTheInputOfAFrozenOne) {
  const SmallScript script;
  const std::string code =
      "class Net(Module):\n  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n"
      "    y = torch.relu(torch.conv2d(x, CONSTANTS.c0, None, [2, 2], [1, 1]))\n"
      "    return torch.linear(torch.mean(y, [2, 3]), CONSTANTS.c1)\n";
  const Network network = script_from(scripted::archive(scripted::module("Net", {}), {}, code, script.weights), 40);
  const at::Tensor input = waves({2, 3, 40, 40}, 0.37);
  EXPECT_TRUE(output_of(network, input).allclose(script.head(script.stem(input).mean({2, 3})), 1e-4, 1e-5));
}

TEST(Script, TakesTrainingForEvaluation) {
  SmallScript script;
  script.training = "\x88";
  const Network network = script_from(script.bytes(
      "    y = (self.stem).forward(x, )\n    return torch.mean(torch.dropout(y, 0.5, self.training), [2, 3])\n"));
  bool said = false;
  for (const std::string& note : network.facts().notes) said = said || note.find("training mode") != std::string::npos;
  EXPECT_TRUE(said);
}

// Nothing that a program asks for takes long, much memory, or a deep stack.
TEST(Script, BearsHostilePrograms) {
  const auto started = std::chrono::steady_clock::now();
  std::string deep = "x", nested;
  for (int i = 0; i < 100000; ++i) deep = "(" + deep;
  for (int i = 1; i < 3000; ++i) nested += std::string(4 + static_cast<size_t>(i), ' ') + "if True:\n";
  std::string negated(100000, '-');
  for (const std::string& forward :
       {std::string("    while True:\n      pass\n    return x\n"), std::string("    return (self).forward(x, )\n"),
        "    return " + deep + "\n", "    if True:\n" + nested + "    return x\n", "    return " + negated + "x\n",
        std::string("    a = [1]\n    while True:\n      a = torch.add(a, a)\n    return x\n"),
        std::string(
            "    a = [x]\n    while True:\n      _0 = torch.append(a, torch.zeros([4000, 4000]))\n    return x\n"),
        std::string("    return torch.add(x, torch.zeros([1000000, 1000000, 1000000]))\n"),
        std::string("    return torch.add(x, torch.arange(0, 100000000000))\n"),
        std::string("    while True:\n      x = torch.cat([x, x], 0)\n    return x\n"),
        std::string("    return torch.repeat(x, [1, 100000, 100000, 1])\n"),
        std::string("    for i in range(4000000000):\n      pass\n    return x\n"),
        std::string("    a = [1]\n    _0 = torch.append(a, a)\n    if torch.eq(a, a):\n      pass\n    return x\n"),
        std::string("    return torch.view(x, [-9223372036854775807, -1, 0])\n"),
        std::string("    return torch.floordiv(-9223372036854775807, 0)\n"),
        std::string("    return torch.select(x, 9223372036854775807, 1)\n"),
        std::string("    return CONSTANTS.c99999999999999999999\n"),
        std::string("    return torch.split(x, 0, 1)\n")}) {
    const auto [kind, message] = script_refused(forward);
    EXPECT_TRUE(kind == ErrorKind::kUnsupported || kind == ErrorKind::kCorrupt) << message;
    EXPECT_LT(message.size(), 2000u);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::minutes(1));
}

// Every changed byte of the code gives a network or an error.
TEST(Script, BearsDamagedPrograms) {
  const std::string code =
      "class Net(Module):\n  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n"
      "    a, b, = [torch.dim(x), -1]\n    if torch.eq(a, 4):\n      y = torch.relu(x)\n    else:\n      y = x\n"
      "    for i in range(2):\n      y = torch.add(y, x, alpha=2)\n    return torch.mean(y, [2, b])\n";
  const NamedTensors weights = {{"kernel", waves({6, 3, 3, 3}, 0.7)}};
  Rng rng(7);
  int read = 0;
  for (int i = 0; i < 300; ++i) {
    std::string changed = code;
    for (int64_t k = rng.below(3); k >= 0; --k) {
      const auto at = static_cast<size_t>(rng.below(static_cast<int64_t>(code.size())));
      changed[at] = i % 2 == 0 ? static_cast<char>(rng.below(256)) : code[static_cast<size_t>(rng.below(200))];
    }
    const std::string root = scripted::module("Net", {{"weight", scripted::weight(weights, 0)}});
    try {
      script_from(scripted::archive(root, weights, changed), 32);
      ++read;
    } catch (const Error& failure) {
      EXPECT_TRUE(failure.kind() == ErrorKind::kUnsupported || failure.kind() == ErrorKind::kCorrupt) << failure.what();
    }
  }
  EXPECT_GT(read, 5);
}

TEST(ScriptText, IsRead) {
  const ScriptFile file = parse_script(
      "op_version_set = 1\ndef f(a: int,\n    b: Optional[Tensor]=None,\n    *,\n    c: List[int]=[1, -2]) -> int:\n"
      "  # a remark\n  x : int = -3\n  y, z, = (a, \"q\\\"'\",)\n  return (g)(x, 1.5e-3, k=[{1: 2}], )[0].size\n",
      "text");
  const ScriptFunction& f = file.at("f");
  ASSERT_EQ(f.parameters.size(), 3u);
  EXPECT_TRUE(f.parameters[1].has_default);
  EXPECT_EQ(f.parameters[2].name, "c");
  ASSERT_EQ(f.body.size(), 3u);
  EXPECT_EQ(f.body[1].targets.size(), 2u);
  EXPECT_EQ(f.body[2].value.kind, ScriptKind::kAttribute);
  const ScriptExpression& call = f.body[2].value.parts[0].parts[0];
  EXPECT_EQ(call.names, (std::vector<std::string>{"", "", "k"}));
  EXPECT_EQ(call.parts[2].number, 1.5e-3);
  EXPECT_THROW(parse_script("def f(:\n", "text"), Error);
}

}  // namespace
}  // namespace microtome
