// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <filesystem>

#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/onnx_graph.h"
#include "microtome/network/formats/onnx_tensor.h"
#include "microtome/network/formats/testing/small_onnx.h"
#include "microtome/network/load.h"

namespace microtome {
namespace {

using onnx::TensorProto;
using ::testing::HasSubstr;

Network load(const onnx::ModelProto& model, int side = 0) {
  return network_from_bytes({"nets/small.onnx", std::make_shared<const std::string>(model.SerializeAsString())}, side);
}

std::pair<ErrorKind, std::string> refusal(const onnx::ModelProto& model) {
  return error_of([&] { load(model); });
}

at::Tensor take(TensorProto proto) {
  ExternalData external("nets/small.onnx");
  return take_tensor(proto, external, "w");
}

TensorProto tensor(int type, std::initializer_list<int64_t> dims) {
  TensorProto proto;
  proto.set_name("w");
  proto.set_data_type(type);
  for (const int64_t dim : dims) proto.add_dims(dim);
  return proto;
}

TEST(OnnxTensor, ReadsRawAndTypedDataAlike) {
  const float values[] = {1.5F, -2, 0.25F};
  TensorProto raw = tensor(TensorProto::FLOAT, {3});
  raw.set_raw_data(values, sizeof values);
  TensorProto typed = tensor(TensorProto::FLOAT, {3});
  for (const float value : values) typed.add_float_data(value);
  TensorProto wide = tensor(TensorProto::DOUBLE, {3});
  for (const float value : values) wide.add_double_data(value);
  const at::Tensor expected = at::tensor({1.5F, -2.0F, 0.25F});
  EXPECT_TRUE(take(raw).equal(expected));
  EXPECT_TRUE(take(typed).equal(expected));
  EXPECT_TRUE(take(wide).equal(expected));
}

TEST(OnnxTensor, WidensHalfFloats) {
  const at::Tensor half = at::tensor({1.5F, -2.0F, 65504.0F, 6e-8F}).to(at::kHalf);
  TensorProto raw = tensor(TensorProto::FLOAT16, {2, 2});
  raw.set_raw_data(half.data_ptr(), half.nbytes());
  TensorProto typed = tensor(TensorProto::FLOAT16, {2, 2});
  for (int i = 0; i < 4; ++i) typed.add_int32_data(static_cast<const uint16_t*>(half.data_ptr())[i]);
  EXPECT_EQ(take(raw).scalar_type(), at::kFloat);
  EXPECT_TRUE(take(raw).equal(half.to(at::kFloat).view({2, 2})));
  EXPECT_TRUE(take(typed).equal(half.to(at::kFloat).view({2, 2})));
}

TEST(OnnxTensor, KeepsIntegersAndNormalizesBooleans) {
  TensorProto bytes = tensor(TensorProto::UINT8, {2});
  bytes.add_int32_data(255);
  bytes.add_int32_data(3);
  EXPECT_TRUE(take(bytes).equal(at::tensor({255, 3}, at::kByte)));
  TensorProto indices = tensor(TensorProto::INT64, {});
  indices.add_int64_data(-7);
  EXPECT_EQ(take(indices).item<int64_t>(), -7);
  EXPECT_EQ(take(indices).dim(), 0);
  TensorProto flags = tensor(TensorProto::BOOL, {3});
  flags.set_raw_data(std::string("\x00\x01\x07", 3));
  EXPECT_TRUE(take(flags).equal(at::tensor({0, 1, 1}).to(at::kBool)));
  EXPECT_EQ(take(tensor(TensorProto::FLOAT, {0, 4})).sizes(), at::IntArrayRef({0, 4}));
}

TEST(OnnxTensor, RefusesDataThatDoesNotFitItsShape) {
  TensorProto little = tensor(TensorProto::FLOAT, {2, 2});
  little.set_raw_data(std::string(12, '\0'));
  const auto [kind, text] = error_of([&] { take(little); });
  EXPECT_EQ(kind, ErrorKind::kCorrupt);
  EXPECT_THAT(text, HasSubstr("holds 12 bytes where its shape [2,2] needs 16"));
  EXPECT_EQ(error_of([] { take(tensor(TensorProto::FLOAT, {-1})); }).first, ErrorKind::kCorrupt);
  EXPECT_EQ(error_of([] {
              take(tensor(TensorProto::FLOAT, {int64_t{1} << 40, int64_t{1} << 40}));
            }).first,
            ErrorKind::kCorrupt);
  EXPECT_EQ(error_of([] { take(tensor(TensorProto::STRING, {1})); }).first, ErrorKind::kUnsupported);
}

TEST(OnnxTensor, ReadsDataBesideTheModelAndNothingElse) {
  const std::string folder = testing::TempDir() + "microtome_external/";
  const float values[] = {9, 1, 2};
  write_file(folder + "model/weights.bin", {reinterpret_cast<const char*>(values), sizeof values});
  write_file(folder + "secret.bin", "12345678");
  std::error_code ignored;
  std::filesystem::create_symlink("../secret.bin", folder + "model/link.bin", ignored);
  const auto read = [&](const std::string& location, const std::string& offset) {
    TensorProto proto = tensor(TensorProto::FLOAT, {2});
    proto.set_data_location(TensorProto::EXTERNAL);
    const auto add = [&](const char* key, const std::string& value) {
      auto& entry = *proto.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    };
    add("location", location);
    add("offset", offset);
    ExternalData external(folder + "model/net.onnx");
    return take_tensor(proto, external, "w");
  };
  EXPECT_TRUE(read("weights.bin", "4").equal(at::tensor({1.0F, 2.0F})));
  EXPECT_THAT(error_of([&] { read("weights.bin", "8"); }).second, HasSubstr("which has 12"));
  EXPECT_EQ(error_of([&] { read("weights.bin", "-4"); }).first, ErrorKind::kCorrupt);
  for (const std::string& outside :
       {std::string("../secret.bin"), folder + "secret.bin", std::string("link.bin"), std::string()}) {
    EXPECT_THAT(error_of([&] { read(outside, "0"); }).second, HasSubstr("outside the model's folder")) << outside;
  }
  EXPECT_EQ(error_of([&] { read("gone.bin", "0"); }).first, ErrorKind::kNotFound);
  std::filesystem::remove_all(folder);
}

TEST(Onnx, ReadsGraphAndFacts) {
  const Network network = load(small_model());
  EXPECT_EQ(network.facts().format, "onnx");
  EXPECT_EQ(network.facts().name, "small");
  EXPECT_EQ(network.channels(), 3);
  EXPECT_EQ(network.height(), 8);
  EXPECT_EQ(network.output_layer().name, "logits");
  EXPECT_EQ(network.output_layer().units, 5);
  const Node& conv = network.graph().nodes.at(0);
  EXPECT_EQ(conv.op, "Conv");
  EXPECT_EQ(conv.name, "node_conv");
  EXPECT_EQ(conv.version, 13);
  EXPECT_EQ(std::get<std::vector<int64_t>>(conv.attributes.at("strides")), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(network.layer("pool").shape, (std::vector<int64_t>{4, 2, 2}));
}

TEST(Onnx, ComputesWhatTheOperatorsSay) {
  const onnx::ModelProto model = small_model();
  const Network network = load(model);
  const at::Tensor input = at::linspace(-1, 1, 3 * 8 * 8).view({1, 3, 8, 8});
  const auto& weights = model.graph().initializer();
  const at::Tensor w1 = take(weights[0]), b1 = take(weights[1]), w2 = take(weights[2]);
  const at::Tensor pooled =
      at::max_pool2d(at::conv2d(input, w1, b1, at::IntArrayRef{2, 2}, at::IntArrayRef{1, 1}).relu(), {2, 2}, {2, 2});
  const at::Tensor expected = pooled.reshape({1, -1}).matmul(w2.t());
  EXPECT_TRUE(at::allclose(make_executor(network, {"logits"})->run(input).at(0), expected, 1e-5, 1e-6));
}

TEST(Onnx, AWeightListedAsInputIsAWeight) {
  onnx::ModelProto model = small_model();
  model.mutable_graph()->add_input()->set_name("w1");
  EXPECT_EQ(load(model).layers().size(), load(small_model()).layers().size());
}

TEST(Onnx, RefusesWhatItCannotRun) {
  onnx::ModelProto model = small_model();
  model.mutable_graph()->mutable_node(0)->set_op_type("Konv");
  auto [kind, text] = refusal(model);
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text, testing::AllOf(HasSubstr("nets/small.onnx"), HasSubstr("Konv node \"node_conv\""),
                                   HasSubstr("opset 13"), HasSubstr("export")));

  model = small_model();
  model.mutable_opset_import(0)->set_version(24);
  EXPECT_THAT(refusal(model).second, HasSubstr("operator set 24"));

  model = small_model();
  model.mutable_graph()->mutable_node(0)->set_domain("com.example");
  EXPECT_THAT(refusal(model).second, HasSubstr("com.example"));
}

TEST(Onnx, NamesWhatIsBroken) {
  onnx::ModelProto model = small_model();
  model.mutable_graph()->mutable_node(1)->set_input(0, "nowhere");
  auto [kind, text] = refusal(model);
  EXPECT_EQ(kind, ErrorKind::kCorrupt);
  EXPECT_THAT(text, testing::AllOf(HasSubstr("Relu node \"node_relu\""), HasSubstr("\"nowhere\"")));

  model = small_model();
  model.mutable_graph()->mutable_initializer(0)->mutable_raw_data()->resize(8);
  EXPECT_THAT(refusal(model).second, HasSubstr("weight \"w1\""));

  model = small_model();
  model.mutable_graph()->mutable_output(0)->set_name("nowhere");
  EXPECT_EQ(refusal(model).first, ErrorKind::kCorrupt);

  model = small_model();
  model.mutable_graph()->mutable_node(1)->clear_input();
  EXPECT_THAT(refusal(model).second, HasSubstr("has no input"));
  model = small_model();
  model.mutable_graph()->mutable_node(1)->set_input(0, "");
  EXPECT_THAT(refusal(model).second, HasSubstr("has no input"));
  model = small_model();
  auto& idle = *model.mutable_graph()->add_node();
  idle.set_op_type("Reshape");
  idle.set_name("idle");
  idle.add_input("image");
  EXPECT_THAT(refusal(model).second, HasSubstr("Reshape node \"idle\" makes nothing"));

  model = small_model();
  model.clear_opset_import();
  EXPECT_EQ(refusal(model).first, ErrorKind::kCorrupt);
}

TEST(Onnx, ReadsSignalsAndTellsThemFromPictures) {
  const auto rectified = [](std::initializer_list<int64_t> dims) {
    onnx::ModelProto model;
    model.set_ir_version(8);
    model.add_opset_import()->set_version(13);
    auto& graph = *model.mutable_graph();
    graph.add_input()->set_name("x");
    auto& type = *graph.mutable_input(0)->mutable_type()->mutable_tensor_type();
    type.set_elem_type(TensorProto::FLOAT);
    for (const int64_t dim : dims) type.mutable_shape()->add_dim()->set_dim_value(dim);
    auto& node = *graph.add_node();
    node.set_op_type("Relu");
    node.add_input("x");
    node.add_output("y");
    graph.add_output()->set_name("y");
    return model;
  };
  EXPECT_EQ(load(rectified({1, 2, 16})).layer("y").shape, (std::vector<int64_t>{2, 16}));
  EXPECT_EQ(load(rectified({1, 9, 128, 1})).layer("y").units, 9);
  EXPECT_EQ(load(rectified({1, 3, 8, 32, 32})).layer("y").units, 3);
  EXPECT_EQ(refusal(rectified({1, 3, 8, 4, 4, 4})).first, ErrorKind::kUnsupported);
  EXPECT_EQ(load(rectified({7})).layer("y").shape, (std::vector<int64_t>{7}));
}

TEST(Onnx, PutsNodesIntoAnOrderInWhichTheyRun) {
  const onnx::ModelProto model = small_model();
  onnx::ModelProto turned = model;
  auto& nodes = *turned.mutable_graph()->mutable_node();
  std::reverse(nodes.begin(), nodes.end());
  const Network sorted = load(turned);
  EXPECT_EQ(sorted.layers().size(), load(model).layers().size());
  const at::Tensor x = at::linspace(-1, 1, 3 * 8 * 8).view({1, 3, 8, 8});
  EXPECT_TRUE(make_executor(sorted, {"logits"})->run(x)[0].equal(make_executor(load(model), {"logits"})->run(x)[0]));
  turned.mutable_graph()->mutable_node(0)->set_input(0, turned.graph().node(0).output(0));  // it waits for itself
  EXPECT_EQ(refusal(turned).first, ErrorKind::kCorrupt);
}

TEST(Onnx, AnEmptyAxisHidesNoOther) {
  for (const int64_t large : {int64_t{1} << 62, int64_t{1} << 40, int64_t{1} << 32}) {
    EXPECT_EQ(error_of([&] { take(tensor(TensorProto::FLOAT, {0, large, large})); }).first, ErrorKind::kCorrupt);
  }
  TensorProto deep = tensor(TensorProto::FLOAT, {});
  for (int i = 0; i < 1000; ++i) deep.add_dims(1);
  deep.add_float_data(1);
  EXPECT_EQ(error_of([&] { take(deep); }).first, ErrorKind::kCorrupt);
}

TEST(LoadNetwork, CallsStrangersByName) {
  using namespace std::string_literals;
  const std::pair<std::string, const char*> files[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"},
      {"<!DOCTYPE html><html>", "web page"},
      {"<HTML>", "web page"},
      {"\xef\xbb\xbf\n\t<!doctype html>", "web page"},
      {"PK\x03\x04"s + std::string(26, ' ') + "metadata.json", "Keras"},
      {"\x89HDF\r\n", "HDF5"},
      {"\x1c\0\0\0TFL3"s, "TensorFlow Lite"},
      {"\x1f\x8b\x08", "unpack"},
      {"\x08\x01\x12\x05hello", "SavedModel"},
      {"\x0a\x05hello", "TensorFlow graph"},
      {"{\"format\": 1}", "JSON"},
  };
  for (const auto& [bytes, text] : files) {
    const auto [kind, said] = error_of([&, &content = bytes] {
      network_from_bytes({"net.onnx", std::make_shared<const std::string>(content)});
    });
    EXPECT_EQ(kind, ErrorKind::kUnsupported) << text;
    EXPECT_THAT(said, testing::AllOf(HasSubstr("net.onnx"), HasSubstr(text)));
  }
  const std::string folder = testing::TempDir() + "saved_model";
  write_file(folder + "/saved_model.pb", "x");
  EXPECT_THAT(error_of([&] { load_network(folder); }).second, HasSubstr("tf2onnx"));
  write_file(folder + "/net.onnx", "x");
  EXPECT_THAT(error_of([&] { load_network(folder); }).second, HasSubstr(folder + "/net.onnx"));
  std::filesystem::remove_all(folder);
}

TEST(LoadNetwork, TellsFormatsByContent) {
  const auto load_bytes = [](std::string_view bytes) {
    return error_of([&] { network_from_bytes({"file", std::make_shared<const std::string>(bytes)}); });
  };
  EXPECT_EQ(load_bytes("").first, ErrorKind::kCorrupt);
  EXPECT_THAT(load_bytes("").second, HasSubstr("is empty"));
  EXPECT_THAT(load_bytes("PK\x03\x04 archive").second, HasSubstr("directory"));
  EXPECT_THAT(load_bytes("some text").second, testing::AllOf(HasSubstr("ONNX"), HasSubstr("safetensors")));
  EXPECT_EQ(load_bytes("\x08\x07").first, ErrorKind::kCorrupt);
  EXPECT_EQ(error_of([] { load_network("no/such/file.onnx"); }).first, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace microtome
