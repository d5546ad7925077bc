// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <set>

#include "microtome/base/npy.h"
#include "microtome/base/rng.h"
#include "microtome/network/architectures/testing/published.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/pickle.h"
#include "microtome/network/formats/pytorch_pickle.h"
#include "microtome/network/formats/testing/small_pytorch.h"
#include "microtome/network/formats/zip_archive.h"

namespace microtome {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

// A ResNet for CIFAR, small enough that a test runs it.
const NamedTensors& small_weights() {
  static const NamedTensors weights = published::small_resnet(1, 4, 3, 1);
  return weights;
}

Network loaded(const std::string& bytes) {
  return network_from_bytes({"net.pth", std::make_shared<const std::string>(bytes)});
}

std::pair<ErrorKind, std::string> refused(const std::string& bytes) {
  return error_of([&] { loaded(bytes); });
}

at::Tensor logits_of(const Network& network) {
  const at::Tensor input = at::arange(3 * 32 * 32, at::kFloat).reshape({1, 3, 32, 32}).mul(0.37).sin();
  return make_executor(network, {network.output_layer().name})->run(input).at(0);
}

// The network of small_weights(), formula by formula.
at::Tensor expected_logits() {
  std::map<std::string, at::Tensor> w(small_weights().begin(), small_weights().end());
  const auto unit = [&](const at::Tensor& x, const std::string& conv, const std::string& norm, int64_t stride) {
    const at::Tensor y = at::conv2d(x, w.at(conv + ".weight"), {}, stride, 1);
    return at::batch_norm(y, w.at(norm + ".weight"), w.at(norm + ".bias"), w.at(norm + ".running_mean"),
                          w.at(norm + ".running_var"), false, 0, 1e-5, false);
  };
  const at::Tensor input = at::arange(3 * 32 * 32, at::kFloat).reshape({1, 3, 32, 32}).mul(0.37).sin();
  at::Tensor x = unit(input, "conv1", "bn1", 1).relu();
  for (int stage = 1; stage <= 3; ++stage) {
    const std::string name = fmt::format("layer{}.0", stage);
    const int64_t stride = stage > 1 ? 2 : 1;
    const at::Tensor y =
        unit(unit(x, name + ".conv1", name + ".bn1", stride).relu(), name + ".conv2", name + ".bn2", 1);
    at::Tensor kept = x.slice(2, 0, INT64_MAX, stride).slice(3, 0, INT64_MAX, stride);
    const int64_t more = (y.size(1) - kept.size(1)) / 2;
    x = (y + at::constant_pad_nd(kept, {0, 0, 0, 0, more, more})).relu();
  }
  return at::linear(x.mean({2, 3}), w.at("linear.weight"), w.at("linear.bias"));
}

TEST(Pytorch, ReadsArchivesAndOldFiles) {
  const NamedTensors& weights = small_weights();
  const at::Tensor expected = expected_logits();
  for (const bool wide : {false, true}) {
    const Network network = loaded(pickled::archive(pickled::ordered(pickled::entries(weights)), weights, wide));
    EXPECT_TRUE(logits_of(network).allclose(expected, 1e-4, 1e-5));
    EXPECT_EQ(network.facts().format, "pytorch");
    EXPECT_EQ(network.height(), 32);
  }
  const Network old = loaded(pickled::legacy(pickled::ordered(pickled::entries(weights, true)), weights));
  EXPECT_TRUE(logits_of(old).allclose(expected, 1e-4, 1e-5));
}

TEST(Pytorch, ReadsTheSameWeightsFromSafetensorsAndNpz) {
  SafetensorsFile plain;
  plain.tensors = small_weights();
  EXPECT_TRUE(logits_of(loaded(safetensors_bytes(plain, "x"))).allclose(expected_logits(), 1e-4, 1e-5));
  std::vector<pickled::Member> members;
  for (const auto& [name, tensor] : small_weights()) {
    const at::Tensor values = tensor.to(at::kFloat).contiguous();
    const std::span<const float> span(values.data_ptr<float>(), static_cast<size_t>(values.numel()));
    members.push_back({name + ".npy", npy_bytes(span, values.sizes().vec()), members.size() % 2 == 1});
  }
  const Network network = loaded(pickled::zip(members));
  EXPECT_EQ(network.facts().format, "npz");
  EXPECT_TRUE(logits_of(network).allclose(expected_logits(), 1e-4, 1e-5));
}

TEST(Pytorch, TakesWrappersOff) {
  NamedTensors wrapped;
  for (const auto& [name, tensor] : small_weights()) wrapped.emplace_back("module._orig_mod.model." + name, tensor);
  const std::string inner = pickled::ordered(pickled::entries(wrapped));
  const std::string arguments = pickled::call(pickled::global("argparse", "Namespace"), {}) + "}" + "b";
  NamedTensors other = wrapped;
  const auto doubled = pickled::ordered(pickled::entries(published::small_resnet(1, 4, 5, 1)));
  for (const std::string& value :
       {inner, pickled::plain({{"epoch", pickled::number(3)}, {"args", arguments}, {"state_dict", inner}}),
        pickled::plain({{"model", doubled}, {"model_ema", inner}}),
        pickled::plain({{"model", pickled::plain({{"state_dict", inner}})}})}) {
    const Network network = loaded(pickled::archive(value, wrapped));
    EXPECT_TRUE(logits_of(network).allclose(expected_logits(), 1e-4, 1e-5));
    EXPECT_NO_THROW(network.layer("layer3.0.conv2"));
  }
}

TEST(Pytorch, ReadsShortFloats) {
  for (const auto type : {at::kHalf, at::kBFloat16, at::kDouble}) {
    NamedTensors weights = small_weights();
    for (auto& [name, tensor] : weights) {
      if (tensor.is_floating_point()) tensor = tensor.to(type);
    }
    const Network network = loaded(pickled::archive(pickled::ordered(pickled::entries(weights)), weights));
    EXPECT_TRUE(logits_of(network).allclose(expected_logits(), 0.1, 0.1)) << type;
  }
}

// Names of layers are those of the modules; what is before and behind an activation can both be asked for.
TEST(Pytorch, NamesLayersAsTheModules) {
  const Network network =
      loaded(pickled::archive(pickled::ordered(pickled::entries(small_weights())), small_weights()));
  for (const char* name : {"conv1", "bn1", "relu", "layer2.0.conv1", "layer2.0.bn2", "layer2.0.add", "layer2.0.relu_1",
                           "layer2.0", "layer2", "linear"}) {
    EXPECT_NO_THROW(network.layer(name)) << name;
  }
  EXPECT_EQ(network.layer("layer2").name, "layer2.0.relu_1");
}

NamedTensors tensors_of(const std::string& value, const std::string& data) {
  const std::string pickle = pickled::whole(value);
  const SharedBytes bytes{std::make_shared<const std::string>(data), {}};
  const auto storage = [&](const StorageReference&) { return SharedBytes{bytes.owner, *bytes.owner}; };
  return weights_of(Pickle(pickle, "file"), storage, "file");
}

TEST(Pytorch, ViewsShareAStorage) {
  const at::Tensor numbers = at::arange(12, at::kFloat);
  const std::string of = pickled::storage("FloatStorage", "0", 12);
  const std::string value = pickled::plain({{"turned", pickled::view(of, 0, {3, 4}, {1, 3})},
                                            {"part", pickled::view(of, 5, {2, 2}, {3, 1})},
                                            {"one", pickled::view(of, 11, {}, {})},
                                            {"none", pickled::view(of, 12, {0, 3}, {3, 1})}});
  const NamedTensors tensors = tensors_of(value, pickled::raw(numbers));
  ASSERT_EQ(tensors.size(), 4u);
  EXPECT_TRUE(tensors[0].second.equal(numbers.as_strided({3, 4}, {1, 3})));
  EXPECT_TRUE(tensors[1].second.equal(numbers.as_strided({2, 2}, {3, 1}, 5)));
  EXPECT_EQ(tensors[2].second.item<float>(), 11);
  EXPECT_EQ(tensors[3].second.sizes(), at::IntArrayRef({0, 3}));
}

TEST(Pytorch, RefusesViewsBeyondTheirStorage) {
  const std::string of = pickled::storage("FloatStorage", "0", 12);
  const std::string data(48, '\0');
  const int64_t large = INT32_MAX;
  for (const std::string& view :
       {pickled::view(of, 0, {13}, {1}), pickled::view(of, 1, {12}, {1}), pickled::view(of, -1, {2}, {1}),
        pickled::view(of, 0, {2, 2}, {11, 1}), pickled::view(of, 0, {13}, {0}), pickled::view(of, 0, {2}, {-1}),
        pickled::view(of, 0, {large, large, large}, {1, 1, 1}), pickled::view(of, 0, {2, 2, 2}, {large, large, large}),
        pickled::view(of, 0, {2, 2}, {1}), pickled::view(pickled::storage("FloatStorage", "0", -1), 0, {1}, {1}),
        pickled::view(pickled::number(1), 0, {1}, {1}),
        pickled::view(pickled::storage("FloatStorage", "0", 100), 0, {100}, {1})}) {
    EXPECT_EQ(error_of([&] { tensors_of(pickled::plain({{"w", view}}), data); }).first, ErrorKind::kCorrupt);
  }
}

// What a pickle asks to be called is named, and never called.
TEST(Pytorch, NamesWhatItDoesNotRun) {
  const std::string evil = pickled::call(pickled::global("os", "system"), {pickled::text("touch /tmp/evil")});
  const std::string good = pickled::entries(small_weights()).front().second;
  const auto text = [&](const std::string& value) { return refused(pickled::archive(value, small_weights())).second; };
  EXPECT_THAT(text(pickled::plain({{"conv1.weight", good}, {"bn1.weight", evil}})), HasSubstr("os.system"));
  EXPECT_THAT(text(evil), HasSubstr("os.system"));
  const std::string module = pickled::global("torchvision.models.resnet", "ResNet") + ")\x81}" +
                             pickled::entries_of({{"_modules", pickled::ordered({})}}) + "b";
  EXPECT_THAT(text(module), HasSubstr("torchvision.models.resnet.ResNet"));
  EXPECT_THAT(text(module), HasSubstr("torch.save(model.state_dict(), \"net.pth\")"));
  EXPECT_THAT(text(pickled::plain({{"epoch", pickled::number(1)}, {"optimizer", "}"}})), HasSubstr("\"optimizer\""));
  for (const std::string& behind : {std::string(), pickled::whole("N")}) {
    EXPECT_THAT(refused(pickled::whole(pickled::number(1)) + behind).second,
                HasSubstr("is a Python pickle, but not one that torch.save wrote"));
  }
  EXPECT_THAT(refused(pickled::zip({{"word/document.xml", "x"}})).second, HasSubstr("not one that torch.save wrote"));
}

// Weights of a TorchScript program, by the modules that hold them; a module that holds itself ends there.
TEST(Pytorch, ReadsScriptedModules) {
  const auto object = [](const std::string& type, const pickled::Entries& state) {
    return pickled::global("__torch__", type) + ")\x81}" + pickled::entries_of(state) + "b";
  };
  const std::string of = pickled::storage("FloatStorage", "0", 12);
  const pickled::Entries inner = {{"training", "\x89"}, {"weight", pickled::view(of, 2, {3}, {1})}};
  const std::string root = object("Net", {{"conv", object("Conv", inner)}, {"scale", pickled::view(of, 0, {2}, {1})}});
  const NamedTensors tensors = tensors_of(root, pickled::raw(at::arange(12, at::kFloat)));
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].first, "conv.weight");
  EXPECT_TRUE(tensors[0].second.equal(at::tensor({2.0F, 3.0F, 4.0F})));
  EXPECT_EQ(tensors[1].first, "scale");
  const auto refusal_of = [&](const std::string& value) { return error_of([&] { tensors_of(value, ""); }).second; };
  EXPECT_THAT(refusal_of(object("Net", {})), HasSubstr("TorchScript"));
  const std::string loop = pickled::global("__torch__", "Net") + ")\x81q\x01}" + pickled::text("self") + "h\x01sb";
  EXPECT_THAT(refusal_of(loop), HasSubstr("TorchScript"));
}

TEST(Pytorch, SaysWhatDoesNotFit) {
  const auto told = [](NamedTensors weights) {
    return refused(pickled::archive(pickled::ordered(pickled::entries(weights)), weights)).second;
  };
  NamedTensors weights = small_weights();
  std::erase_if(weights, [](const auto& weight) { return weight.first == "layer2.0.conv2.weight"; });
  EXPECT_THAT(told(weights), HasSubstr("resnet"));
  EXPECT_THAT(told(weights), HasSubstr("there is no \"layer2.0.conv2.weight\""));
  weights = small_weights();
  weights.emplace_back("extra.weight", at::zeros({2, 3}));
  EXPECT_THAT(told(weights), HasSubstr("nothing takes \"extra.weight\" [2,3]"));
  weights = small_weights();
  weights[1].second = at::zeros({7});
  EXPECT_THAT(told(weights), HasSubstr("\"bn1.weight\" is [7] where [4] fits"));
  EXPECT_THAT(told({{"a", at::zeros({1})}}), HasSubstr("known are resnet, alexnet"));
}

TEST(Pytorch, ArchivesThatDoNotFit) {
  const std::string whole = pickled::archive(pickled::ordered(pickled::entries(small_weights())), small_weights());
  std::string damaged = whole;
  damaged[damaged.find("net/data/0") + 12] ^= 1;
  EXPECT_THAT(refused(damaged).second, HasSubstr("checksum"));
  EXPECT_THAT(
      refused(pickled::zip({{"n/data.pkl", pickled::whole(pickled::ordered(pickled::entries(small_weights())))}}))
          .second,
      HasSubstr("lacks the storage \"0\""));
  EXPECT_THAT(refused(pickled::zip({{"n/data.pkl", "N."}, {"n/byteorder", "big"}})).second, HasSubstr("big-endian"));
  std::string bomb = pickled::zip({{"a.npy", std::string(1 << 20, '\0'), true}});
  for (const char* mark : {"PK\x03\x04", "PK\x01\x02"}) {
    const size_t size = bomb.find(mark) + (mark[2] == 1 ? 24 : 22);
    bomb.replace(size, 4, pickled::little(0xFFFFFFF0, 4));
  }
  EXPECT_EQ(refused(bomb).first, ErrorKind::kCorrupt);
}

// Whether it is accepted; anything but an Error escapes and fails the test.
bool survives(const std::string& bytes) {
  try {
    const auto shared = std::make_shared<const std::string>(bytes);
    for (const ModelFormat* format : model_formats::kinds()) {
      if (format->recognizes(*shared)) return format->read({"damaged", shared}, 0), true;
    }
    return false;
  } catch (const Error& error) {
    EXPECT_NE(error.kind(), ErrorKind::kInternal) << error.what();
    return false;
  }
}

std::vector<std::string> small_files() {
  const NamedTensors weights = published::small_resnet(1, 2, 2, 1);
  const std::string made = pickled::archive(pickled::ordered(pickled::entries(weights)), weights);
  return {made, pickled::archive(pickled::ordered(pickled::entries(weights)), weights, true),
          pickled::legacy(pickled::ordered(pickled::entries(weights, true)), weights)};
}

TEST(Pytorch, NoPartOfAFileIsANetwork) {
  for (const std::string& whole : small_files()) {
    ASSERT_TRUE(survives(whole));
    for (size_t length = 0; length < whole.size(); length += 5)
      EXPECT_FALSE(survives(whole.substr(0, length))) << length;
  }
}

TEST(Pytorch, SurvivesDamage) {
  Rng rng(1, "pytorch");
  for (const std::string& whole : small_files()) {
    for (int i = 0; i < 1500; ++i) {
      std::string damaged = whole;
      damaged[static_cast<size_t>(rng.below(std::ssize(whole)))] = static_cast<char>(rng.below(256));
      survives(damaged);
    }
  }
}

// Operations put in, taken out and exchanged, so that stack, marks and memo come out of step.
TEST(Pytorch, SurvivesOtherPickles) {
  const std::string operations =
      "(.0125NIJKLMFGSTUVXB]})lt\x85\x86\x87"
      "daesu\x90\x91\x8f"
      "cRb\x81\x92ioQPpqrghj\x94\x95\x93\x8a\x8b\x8c\x8e\x80";
  const NamedTensors weights = published::small_resnet(1, 2, 2, 1);
  const std::string whole = pickled::whole(pickled::ordered(pickled::entries(weights)));
  Rng rng(2, "pytorch");
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = whole;
    for (int64_t edits = 1 + rng.below(4); edits > 0; --edits) {
      const auto at = static_cast<size_t>(rng.below(std::ssize(damaged)));
      const char operation = operations[static_cast<size_t>(rng.below(std::ssize(operations)))];
      const int64_t kind = rng.below(4);
      if (kind == 0) damaged[at] = operation;
      if (kind == 1) damaged.insert(at, 1, operation);
      if (kind == 2) damaged.erase(at, static_cast<size_t>(1 + rng.below(8)));
      if (kind == 3) damaged.insert(at, damaged, static_cast<size_t>(rng.below(std::ssize(damaged))), 30);
      if (damaged.empty()) damaged = whole;
    }
    survives(pickled::zip({{"n/data.pkl", damaged}, {"n/data/0", std::string(64, '\1')}}));
  }
}

TEST(Pickle, ReadsEveryKindOfValue) {
  const auto root = [](const std::string& bytes) {
    const Pickle pickle(bytes, "file");
    const PickleValue& value = pickle.root();
    return std::tuple(value.kind, value.integer, value.number, std::string(value.text), value.items.size());
  };
  using K = PickleKind;
  const auto is = [](K kind, int64_t integer = 0, double number = 0, std::string text = "", size_t items = 0) {
    return std::tuple(kind, integer, number, std::move(text), items);
  };
  EXPECT_EQ(root("I42\n."), is(K::kInt, 42));
  EXPECT_EQ(root("I01\n."), is(K::kBool, 1));
  EXPECT_EQ(root("L-7L\n."), is(K::kInt, -7));
  EXPECT_EQ(root("J\xfe\xff\xff\xff."), is(K::kInt, -2));
  EXPECT_EQ(root("\x8a\x02\x00\xff."s), is(K::kInt, -256));
  EXPECT_EQ(root("\x8a\x00."s), is(K::kInt, 0));
  EXPECT_EQ(root("\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09."s), is(K::kLong, 0, 0, "\1\2\3\4\5\6\7\10\11"));
  EXPECT_EQ(root("F1.5\n."), is(K::kFloat, 0, 1.5));
  EXPECT_EQ(root("G\x3f\xf8\0\0\0\0\0\0."s), is(K::kFloat, 0, 1.5));
  EXPECT_EQ(root("S'ab'\n."), is(K::kText, 0, 0, "ab"));
  EXPECT_EQ(root("Vab\n."), is(K::kText, 0, 0, "ab"));
  EXPECT_EQ(root("\x80\x04\x95\x05\0\0\0\0\0\0\0\x8c\x02"
                 "ab\x94."s),
            is(K::kText, 0, 0, "ab"));
  EXPECT_EQ(root("C\x01"
                 "a."),
            is(K::kBytes, 0, 0, "a"));
  EXPECT_EQ(root("(lI1\na(I2\nI3\ne."), is(K::kList, 0, 0, "", 3));
  EXPECT_EQ(root("(I1\nI2\nd."), is(K::kDict, 0, 0, "", 2));
  EXPECT_EQ(root("NN\x86"
                 "0N."),
            is(K::kNone));
  EXPECT_EQ(root("cos\nsystem\n."), is(K::kGlobal, 0, 0, "os.system"));
  EXPECT_EQ(root("\x8c\x02os\x8c\x06system\x93."), is(K::kGlobal, 0, 0, "os.system"));
  EXPECT_EQ(root("(S'ls'\nios\nsystem\n."), is(K::kObject, 0, 0, "", 2));
  EXPECT_EQ(root("]q\x01h\x01"
                 "a."),
            is(K::kList, 0, 0, "", 1));  // holds itself
}

TEST(Pickle, RefusesWhatIsNone) {
  for (const std::string& bytes : {""s,
                                   "."s,
                                   "0."s,
                                   "N"s,
                                   "(."s,
                                   "t."s,
                                   "h\1."s,
                                   "a."s,
                                   "NNa."s,
                                   "(Nd."s,
                                   "}N(Nu."s,
                                   "\xff."s,
                                   "X\xff\xff\xff\xffx."s,
                                   "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s,
                                   "Ix\n."s,
                                   "cos\n"s,
                                   "NN\x93."s,
                                   "R."s,
                                   "q\0."s,
                                   "\x80\x06N."s,
                                   "(o."s}) {
    const ErrorKind kind = error_of([&] { Pickle(bytes, "file"); }).first;
    EXPECT_TRUE(kind == ErrorKind::kCorrupt || kind == ErrorKind::kUnsupported) << bytes;
  }
  EXPECT_EQ(error_of([] { Pickle(std::string(1 << 23, 'N') + ".", "file"); }).first, ErrorKind::kUnsupported);
  EXPECT_EQ(error_of([] { Pickle("N" + std::string(1 << 25, '2') + ".", "file"); }).first, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace microtome
