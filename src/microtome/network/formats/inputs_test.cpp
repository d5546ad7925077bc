// SPDX-License-Identifier: Apache-2.0
// Whatever inputs a file names: channels last, free lengths, several, whole numbers, a fixed batch, clips.
#include <ATen/ATen.h>

#include <filesystem>

#include "microtome/base/npy.h"
#include "microtome/network/executor.h"
#include "microtome/network/eye.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/testing/written_onnx.h"
#include "microtome/network/load.h"

namespace microtome {
namespace {

using onnx::TensorProto;
using ::testing::AllOf;
using ::testing::HasSubstr;

at::Tensor look(const Network& network, const std::string& layer, const at::Tensor& input) {
  return make_executor(network, {layer})->run(input).at(0);
}

const Sizes kToFirst = {0, 3, 1, 2};

TEST(Inputs, ChannelsThatStandLastAreMovedToTheFront) {
  const at::Tensor kernel = sample_values({8, 3, 3, 3}), mean = sample_values({3}, 2);
  const at::Tensor picture = sample_values({1, 3, 20, 24}, 3);
  Written plain;
  const Network first = plain.input("x", {0, 3, 20, 24})
                            .weight("w", kernel)
                            .node("Conv", {"x", "w"}, "c")
                            .node("Relu", {"c"}, "r")
                            .load();
  for (const Sizes& lengths : {Sizes{0, 20, 24, 3}, Sizes{0, 0, 0, 3}, Sizes{0, 0, 0, 0}}) {
    Written written;
    const Network last = written.input("x", lengths)
                             .weight("w", kernel)
                             .node("Transpose", {"x"}, "t", {{"perm", kToFirst}})
                             .node("Conv", {"t", "w"}, "c")
                             .node("Relu", {"c"}, "r")
                             .load();
    EXPECT_TRUE(last.facts().input.channels_last);
    EXPECT_EQ(last.channels(), 3);
    EXPECT_EQ(last.height(), lengths[1] > 0 ? 20 : 224);
    EXPECT_EQ(last.graph().values[at_index(last.graph().input)].name, "x");
    EXPECT_TRUE(look(last, "r", picture).equal(look(first, "r", picture)));
    const at::Tensor second = look(last, "r", picture.expand({2, -1, -1, -1}))[1];
    EXPECT_TRUE(at::allclose(second, look(first, "r", picture)[0], 1e-4, 1e-5));
    EXPECT_EQ(last.layer("r").receptive_field.size, (std::array<int64_t, 2>{3, 3}));
    EXPECT_EQ(last.layer("t").shape, (Sizes{3, last.height(), last.width()}));
  }
  // The mean is taken off before the axes move, as Keras does.
  Written keras;
  const Network early = keras.input("x", {0, 20, 24, 3})
                            .weight("m", mean)
                            .weight("w", kernel)
                            .node("Sub", {"x", "m"}, "s")
                            .node("Transpose", {"s"}, "t", {{"perm", kToFirst}})
                            .node("Conv", {"t", "w"}, "c")
                            .load();
  EXPECT_TRUE(
      at::allclose(look(early, "c", picture), at::conv2d(picture - mean.view({1, 3, 1, 1}), kernel), 1e-4, 1e-5));
  EXPECT_EQ(early.layer("c").receptive_field.step, (std::array<int64_t, 2>{1, 1}));
  EXPECT_EQ(early.layer("s").receptive_field.step, (std::array<int64_t, 2>{0, 0}));
}

TEST(Inputs, TheFirstOperatorWithChannelsTellsWhereTheyAre) {
  Written signal;  // nine channels of a square that is one pixel wide would look like channels last
  EXPECT_FALSE(signal.input("x", {1, 9, 9, 1})
                   .weight("w", sample_values({8, 9, 3, 1}))
                   .node("Conv", {"x", "w"}, "c")
                   .load()
                   .facts()
                   .input.channels_last);
  Written row;
  const Network last = row.input("x", {0, 0, 4})
                           .weight("w", sample_values({5, 4, 3}))
                           .node("Transpose", {"x"}, "t", {{"perm", {0, 2, 1}}})
                           .node("Conv", {"t", "w"}, "c")
                           .load({}, 40);
  EXPECT_TRUE(last.facts().input.channels_last);
  const at::Tensor values = sample_values({1, 4, 40});
  EXPECT_TRUE(at::allclose(look(last, "c", values), at::conv1d(values, sample_values({5, 4, 3})), 1e-4, 1e-5));
  const auto guessed = [](const Sizes& lengths) {
    Written written;
    return written.input("x", lengths).node("Relu", {"x"}, "y").load().facts().input.channels_last;
  };
  EXPECT_TRUE(guessed({1, 32, 32, 3}));
  EXPECT_TRUE(guessed({1, 28, 28, 1}));
  EXPECT_FALSE(guessed({1, 9, 128, 1}));
  EXPECT_FALSE(guessed({1, 3, 32, 3}));
}

TEST(Inputs, FreeLengthsAreThoseThatTheWeightsWant) {
  Written written;
  const Network network = written.input("x", {0, 0, 0, 0})
                              .weight("w", sample_values({2, 5, 3, 3}))
                              .weight("g", sample_values({4, 2 * 38 * 38}))
                              .node("Conv", {"x", "w"}, "c")
                              .node("Flatten", {"c"}, "f")
                              .node("Gemm", {"f", "g"}, "y", {}, {{"transB", 1}})
                              .load();
  EXPECT_EQ(network.channels(), 5);
  EXPECT_EQ(network.height(), 40);
  Written table;
  EXPECT_EQ(
      table.input("x", {0, 0}).weight("m", sample_values({6, 3})).node("MatMul", {"x", "m"}, "y").load().channels(), 6);
  Written rows;
  const Network sequence = rows.input("x", {0, 0, 0})
                               .weight("w", sample_values({1, 3 * 4, 7}))
                               .weight("r", sample_values({1, 3 * 4, 4}))
                               .node("GRU", {"x", "w", "r"}, "y", {}, {{"hidden_size", 4}})
                               .load();
  EXPECT_EQ(sequence.graph().values[at_index(sequence.graph().input)].shape, (Sizes{1, 224, 7}));
  EXPECT_FALSE(sequence.facts().input.channels_last);
  Written attention;
  EXPECT_EQ(attention.input("x", {0, 0, 0})
                .weight("m", sample_values({6, 3}))
                .node("MatMul", {"x", "m"}, "y")
                .load()
                .layer("y")
                .shape,
            (Sizes{224, 3}));
  Written unknown;
  unknown.input("x", {0, 0, 8, 8}).node("Relu", {"x"}, "y");
  EXPECT_THAT(error_of([&] { unknown.load(); }).second, HasSubstr("number of channels free"));
}

TEST(Inputs, AVectorIsARowWhereRowsGiveTheSame) {
  const at::Tensor rows = sample_values({5, 6}), weight = sample_values({6, 3}, 2);
  for (const int64_t length : {6, 0}) {
    Written written;
    const Network network = written.input("x", {length})
                                .weight("m", weight)
                                .node("MatMul", {"x", "m"}, "s")
                                .node("Relu", {"s"}, "y")
                                .load();
    EXPECT_EQ(network.layer("y").shape, (Sizes{3}));
    EXPECT_EQ(network.facts().input.file_shape, (Sizes{length > 0 ? length : -1}));
    EXPECT_TRUE(at::allclose(look(network, "y", rows), at::matmul(rows, weight).relu(), 1e-4, 1e-5));
  }
  Written alone;  // each entry of a row would be alone on the first axis
  alone.input("x", {6}).node("Softmax", {"x"}, "y", {}, {{"axis", 0}});
  const auto [kind, text] = error_of([&] { alone.load(); });
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text, HasSubstr("takes a vector without a batch"));
  Written sound;
  EXPECT_EQ(sound.input("x", {0, 0}).node("Relu", {"x"}, "y").load().channels(), 16000);
  Written chosen;
  EXPECT_EQ(chosen.input("x", {0, 0}).node("Relu", {"x"}, "y").load({}, 512).channels(), 512);
}

// A branch on a held input is computed as it is read, however little the file holds.
TEST(Inputs, BranchesOnHeldInputsMayBeLarge) {
  Written written;
  written.input("image", {0, 3, 8, 8})
      .input("other", {0, 3, 512, 512})
      .weight("w", sample_values({16, 3, 1, 1}))
      .weight("v", sample_values({16, 3, 1, 1}, 5))
      .node("Conv", {"other", "v"}, "o0")
      .node("Conv", {"image", "w"}, "i");
  for (int i = 0; i < 8; ++i) written.node("Softplus", {"o" + std::to_string(i)}, "o" + std::to_string(i + 1));
  const Network network = written.node("GlobalAveragePool", {"o8"}, "g")
                              .node("Mul", {"i", "g"}, "y")
                              .load({GivenInput{"other", "0.5", at::scalar_tensor(0.5F)}});
  at::Tensor other = at::conv2d(at::full({1, 3, 1, 1}, 0.5), sample_values({16, 3, 1, 1}, 5));
  for (int i = 0; i < 8; ++i) other = at::softplus(other);
  const at::Tensor picture = sample_values({2, 3, 8, 8}, 4);
  EXPECT_TRUE(
      at::allclose(look(network, "y", picture), at::conv2d(picture, sample_values({16, 3, 1, 1})) * other, 1e-3, 1e-4));
}

Written two_inputs() {
  Written written;
  written.input("mask", {0, 1, 6, 6})
      .input("image", {0, 3, 6, 6})
      .weight("w", sample_values({2, 3, 3, 3}))
      .weight("v", sample_values({2, 1, 3, 3}, 5))
      .node("Conv", {"image", "w"}, "a")
      .node("Conv", {"mask", "v"}, "b")
      .node("Concat", {"a", "b"}, "y", {}, {{"axis", 1}});
  return written;
}

TEST(Inputs, OthersThanTheStudiedAreHeld) {
  const at::Tensor picture = sample_values({3, 3, 6, 6}, 4);
  const at::Tensor seen = at::conv2d(picture, sample_values({2, 3, 3, 3}));
  const auto expected = [&](const at::Tensor& other) {
    return at::cat({seen, at::conv2d(other, sample_values({2, 1, 3, 3}, 5)).expand({3, -1, -1, -1})}, 1);
  };
  const Network usual = two_inputs().load({GivenInput{"image", "0", at::scalar_tensor(0.F)}});
  EXPECT_EQ(usual.facts().input.name, "mask");  // what is left
  // Both could be pictures: the first is studied unless it is given.
  const Network held = two_inputs().load({GivenInput{"mask", "0.5", at::scalar_tensor(0.5F)}});
  EXPECT_EQ(held.facts().input.name, "image");
  ASSERT_EQ(held.facts().input.held.size(), 1U);
  EXPECT_EQ(held.facts().input.held[0].value, "0.5");
  EXPECT_TRUE(held.facts().input.held[0].given);
  EXPECT_TRUE(at::allclose(look(held, "y", picture), expected(at::full({1, 1, 6, 6}, 0.5)), 1e-4, 1e-5));
  const at::Tensor array = sample_values({1, 6, 6}, 9);
  const Network given = two_inputs().load({GivenInput{"mask", "m.npy", array}});
  EXPECT_TRUE(at::allclose(look(given, "y", picture), expected(array.unsqueeze(0)), 1e-4, 1e-5));
  EXPECT_NE(given.facts().hash, held.facts().hash);
  const auto complaint = [](const std::string& name, const at::Tensor& values) {
    return error_of([&] { two_inputs().load({GivenInput{name, "text", values}}); }).second;
  };
  EXPECT_THAT(complaint("mass", array), HasSubstr("its inputs are mask, image"));
  EXPECT_THAT(complaint("mask", sample_values({7, 6})), HasSubstr("takes [-1,1,6,6]"));
}

TEST(Inputs, MasksAreHeldAtOneAndWholeNumbersStayWhole) {
  Written written;
  written.input("pixel_values", {0, 3, 4, 4})
      .input("attention_mask", {0, 0}, TensorProto::INT64)
      .input("scale", {1})
      .weight("axes", at::tensor({int64_t{2}, int64_t{3}}, at::kLong))
      .node("Cast", {"attention_mask"}, "m", {}, {{"to", 1}})
      .node("Unsqueeze", {"m", "axes"}, "u")
      .node("Mul", {"pixel_values", "u"}, "p")
      .node("Add", {"p", "scale"}, "y");
  const Network network = written.load();
  EXPECT_EQ(network.facts().input.name, "pixel_values");
  const at::Tensor picture = sample_values({1, 3, 4, 4});
  EXPECT_TRUE(look(network, "y", picture).equal(picture));
  EXPECT_EQ(written.load({GivenInput{"scale", "2", at::scalar_tensor(2.F)}}).facts().input.held[0].value, "1");
  EXPECT_THAT(error_of([&] {
                written.load({GivenInput{"attention_mask", "0.5", at::scalar_tensor(0.5F)}});
              }).second,
              HasSubstr("whole numbers (int64)"));
  EXPECT_EQ(Network(written.load()).facts().hash, network.facts().hash);
}

TEST(Inputs, ValuesAreWrittenAsNumbersOrFiles) {
  const std::string file = ::testing::TempDir() + "microtome_inputs_test.npy";
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  write_file(file, npy_bytes(values, {2, 3}));
  const std::vector<std::string> texts = {"a/b:0=-1.5", "c=" + file};
  const std::vector<GivenInput> inputs = parse_given_inputs(texts);
  EXPECT_EQ(inputs[0].name, "a/b:0");
  EXPECT_EQ(inputs[0].values.item<float>(), -1.5F);
  EXPECT_TRUE(inputs[1].values.equal(at::tensor(values).view({2, 3})));
  const auto complaint = [](std::vector<std::string> wrong) { return error_of([&] { parse_given_inputs(wrong); }); };
  for (const std::string wrong : {"a", "=1", "a=", "a=x", "a=1x", "a=nan"}) {
    EXPECT_EQ(complaint({wrong}).first, ErrorKind::kUsage) << wrong;
  }
  EXPECT_THAT(complaint({"a=1", "a=2"}).second, HasSubstr("twice"));
  EXPECT_EQ(complaint({"a=gone.npy"}).first, ErrorKind::kNotFound);
  std::filesystem::remove(file);
}

TEST(Inputs, BytesArePicturesOfTheirRange) {
  Written written;
  const Network network = written.input("x", {1, 3, 8, 8}, TensorProto::UINT8)
                              .weight("w", sample_values({4, 3, 3, 3}))
                              .node("Cast", {"x"}, "f", {}, {{"to", 1}})
                              .node("Conv", {"f", "w"}, "y")
                              .load();
  EXPECT_EQ(network.facts().preprocessing.high, 255);
  EXPECT_TRUE(network.facts().has_preprocessing);
  EXPECT_EQ(network.facts().input.type, "uint8");
  const at::Tensor picture = sample_values({1, 3, 8, 8}) * 100;
  EXPECT_TRUE(at::allclose(look(network, "y", picture), at::conv2d(picture, sample_values({4, 3, 3, 3})), 1e-4, 1e-3));
}

TEST(Inputs, TokensHaveLayersAndTakeNoPictures) {
  Written written;
  const at::Tensor table = sample_values({10, 4});
  const Network network =
      written.input("ids", {0, 0}, TensorProto::INT64).weight("e", table).node("Gather", {"e", "ids"}, "y").load();
  EXPECT_TRUE(network.facts().input.tokens);
  EXPECT_EQ(network.layer("y").shape, (Sizes{16, 4}));
  const at::Tensor ids = at::arange(16).remainder(10).view({1, 16}).to(at::kFloat);
  EXPECT_TRUE(look(network, "y", ids)[0].equal(table.index_select(0, ids[0].to(at::kLong))));
  EXPECT_THAT(error_of([&] { check_takes_pictures(network); }).second, HasSubstr("tokens"));
  Written clip;
  const Network volumes = clip.input("clip", {0, 3, 0, 16, 16})
                              .weight("w", sample_values({2, 3, 3, 3, 3}))
                              .node("Conv", {"clip", "w"}, "y")
                              .load();
  EXPECT_EQ(volumes.layer("y").shape, (Sizes{2, 14, 14, 14}));
  EXPECT_THAT(error_of([&] { check_takes_pictures(volumes); }).second, HasSubstr("clips"));
}

// A class token and a target of Reshape that were written for this batch.
Written batched(int64_t batch) {
  Written written;
  written.input("x", {batch, 2, 3, 3})
      .weight("target", at::tensor({batch, int64_t{9}, int64_t{2}}, at::kLong))
      .weight("token", sample_values({1, 1, 2}, 8).expand({batch, 1, 2}))
      .weight("w", sample_values({2, 5}, 6))
      .node("Relu", {"x"}, "r")
      .node("Reshape", {"r", "target"}, "p")
      .node("Concat", {"token", "p"}, "t", {}, {{"axis", 1}})
      .node("MatMul", {"t", "w"}, "y");
  return written;
}

TEST(Inputs, AFixedBatchBecomesFree) {
  const at::Tensor pictures = sample_values({3, 2, 3, 3}, 7);
  const at::Tensor patches = pictures.relu().reshape({3, 9, 2});
  const at::Tensor expected =
      at::cat({sample_values({1, 1, 2}, 8).expand({3, 1, 2}), patches}, 1).matmul(sample_values({2, 5}, 6));
  for (const int64_t batch : {1, 4}) {
    const Network network = batched(batch).load();
    EXPECT_EQ(network.layer("y").shape, (Sizes{10, 5}));
    EXPECT_TRUE(at::allclose(look(network, "y", pictures), expected, 1e-4, 1e-5)) << batch;
    EXPECT_TRUE(at::allclose(look(network, "y", pictures.narrow(0, 1, 1))[0], expected[1], 1e-4, 1e-5)) << batch;
  }
  Written mixed;  // pictures that see each other cannot be told apart
  mixed.input("x", {4, 3, 2, 2}).node("ReduceSum", {"x"}, "s", {}, {{"keepdims", 1}}).node("Add", {"x", "s"}, "y");
  const auto [kind, text] = error_of([&] { mixed.load(); });
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text, HasSubstr("fixes the batch to 4"));
}

TEST(Inputs, NodesWhoseShapesDoNotFitAreLeftOut) {
  Written written;
  const Network network = written.input("x", {1, 3, 8, 8})
                              .weight("w", sample_values({4, 3, 3, 3}))
                              .weight("g", sample_values({5, 7}))
                              .node("Conv", {"x", "w"}, "c")
                              .node("Flatten", {"c"}, "f")
                              .node("Gemm", {"f", "g"}, "y", {}, {{"transB", 1}})
                              .load();
  EXPECT_EQ(network.layer("f").shape, (Sizes{144}));
  ASSERT_EQ(network.facts().notes.size(), 1U);
  EXPECT_THAT(network.facts().notes[0], AllOf(HasSubstr("cannot run on Float [1,144]"), HasSubstr("no output \"y\"")));
  EXPECT_EQ(network.find_output_layer(), nullptr);
  Written nothing;
  nothing.input("x", {1, 3, 8, 8}).weight("w", sample_values({4, 2, 3, 3})).node("Conv", {"x", "w"}, "c");
  EXPECT_EQ(error_of([&] { nothing.load(); }).first, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace microtome
