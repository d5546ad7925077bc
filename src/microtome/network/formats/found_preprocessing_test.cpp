// SPDX-License-Identifier: Apache-2.0
// What a file says beside its graph: ranges of pictures, names of classes and modules, where its weights are.
#include "microtome/network/formats/found_preprocessing.h"

#include <filesystem>

#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/testing/written_onnx.h"

namespace microtome {
namespace {

using onnx::TensorProto;
using ::testing::HasSubstr;

TEST(FileSays, TheRangeIsTakenFromWhereTheFileSaysIt) {
  const auto written = [] {
    Written made;
    made.input("x", {0, 3, 0, 0}).weight("w", sample_values({4, 3, 3, 3})).node("Conv", {"x", "w"}, "y");
    return made;
  };
  EXPECT_FALSE(written().load().facts().has_preprocessing);
  Written winml = written();
  auto& range = *winml.model.add_metadata_props();
  range.set_key("Image.NominalPixelRange");
  range.set_value("NominalRange_0_255");
  auto& order = *winml.model.add_metadata_props();
  order.set_key("Image.BitmapPixelFormat");
  order.set_value("Bgr8");
  EXPECT_EQ(winml.load().facts().preprocessing.high, 255);
  EXPECT_TRUE(winml.load().facts().preprocessing.bgr);

  const std::string folder = ::testing::TempDir() + "microtome_found/";
  write_file(folder + "preprocessor_config.json", R"({"do_rescale": true, "rescale_factor": 0.00392156862745098,
    "do_normalize": true, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4], "do_center_crop": true,
    "size": {"shortest_edge": 80}, "crop_size": {"height": 64, "width": 64}})");
  const Network beside = written().load({}, 0, folder + "onnx/model.onnx");
  EXPECT_EQ(beside.height(), 64);
  EXPECT_EQ(beside.facts().preprocessing.name, "preprocessor_config.json");
  EXPECT_EQ(beside.facts().preprocessing.mean, (std::vector<double>{0.5, 0.4, 0.3}));
  EXPECT_NEAR(beside.facts().preprocessing.high, 1, 1e-9);
  EXPECT_EQ(beside.facts().preprocessing.resize_short, 80);
  EXPECT_FALSE(written().load({}, 0, folder + "other/model.onnx").facts().has_preprocessing);
  EXPECT_EQ(written().load({}, 32, folder + "model.onnx").facts().preprocessing.resize_short, 0);
  write_file(folder + "config.json", R"({"id2label": {"1": "dog", "0": "cat", "2": "owl", "3": "ox"}})");
  EXPECT_EQ(written().load({}, 0, folder + "model.onnx").facts().classes,
            (std::vector<std::string>{"cat", "dog", "owl", "ox"}));
  write_file(folder + "config.json", R"({"id2label": {"0": "cat"}})");  // of another network
  EXPECT_TRUE(written().load({}, 0, folder + "model.onnx").facts().classes.empty());
  write_file(folder + "preprocessor_config.json", "{\"image_mean\": \"none\", ");
  EXPECT_FALSE(written().load({}, 0, folder + "model.onnx").facts().has_preprocessing);
  std::filesystem::remove_all(folder);

  const auto begins_with = [](const std::string& op, const at::Tensor& number) {
    Written made;
    return made.input("x", {0, 16, 16, 3})
        .weight("n", number)
        .weight("w", sample_values({4, 3, 3, 3}))
        .node(op, {"x", "n"}, "s")
        .node("Transpose", {"s"}, "t", {{"perm", Sizes{0, 3, 1, 2}}})
        .node("Conv", {"t", "w"}, "y")
        .load()
        .facts();
  };
  EXPECT_EQ(begins_with("Mul", at::scalar_tensor(1 / 127.5F)).preprocessing.high, 255);
  EXPECT_EQ(begins_with("Sub", at::tensor({103.9F, 116.8F, 123.7F})).preprocessing.high, 255);
  EXPECT_EQ(begins_with("Div", at::tensor({0.229F, 0.224F, 0.225F})).preprocessing.high, 1);
  EXPECT_FALSE(begins_with("Add", at::tensor({0.1F, 0.2F, 0.1F})).has_preprocessing);
}

TEST(FileSays, ClassesOfUltralyticsClassifiersHaveTheirNames) {
  Written written;
  written.input("images", {1, 3, 8, 8}).node("GlobalAveragePool", {"images"}, "p").node("Flatten", {"p"}, "y");
  for (const auto& [key, value] :
       std::map<std::string, std::string>{{"author", "Ultralytics"},
                                          {"task", "classify"},
                                          {"names", R"({0: 'tench', 1: "jack o'lantern", 2: 'a: b'})"}}) {
    auto& entry = *written.model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  EXPECT_EQ(written.load().facts().classes, (std::vector<std::string>{"tench", "jack o'lantern", "a: b"}));
  EXPECT_TRUE(written.load().facts().has_preprocessing);
}

TEST(FileSays, ModulesThatTorchNotesAreNamesOfLayers) {
  Written written;
  written.input("x", {1, 3, 8, 8}).weight("w", sample_values({3, 3, 1, 1}));
  const auto scope = [](onnx::NodeProto& node, const std::string& names) {
    onnx::StringStringEntryProto entry;
    entry.set_key("pkg.torch.onnx.name_scopes");
    entry.set_value(names);
    node.mutable_unknown_fields()->AddLengthDelimited(9, entry.SerializeAsString());
  };
  scope(written.add("Conv", {"x", "w"}, "conv2d"), "['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d']");
  scope(written.add("Relu", {"conv2d"}, "relu"), "['', 'layer1', 'layer1.0', 'layer1.0.relu', 'relu']");
  scope(written.add("Conv", {"relu", "w"}, "conv2d_1"), "['', 'fc', 'conv2d_1']");
  const Network network = written.load();
  EXPECT_EQ(network.layer("layer1.0.conv1").name, "conv2d");
  EXPECT_EQ(network.layer("layer1.0").name, "relu");
  EXPECT_EQ(network.layer("layer1").name, "relu");
  EXPECT_EQ(network.layer("fc").name, "conv2d_1");
}

TEST(FileSays, AMissingFileOfWeightsNamesTheNetwork) {
  Written written;
  auto& weight = *written.input("x", {1, 3, 8, 8}).graph().add_initializer();
  weight.set_name("w");
  weight.set_data_type(TensorProto::FLOAT);
  for (const int64_t length : {2, 3, 1, 1}) weight.add_dims(length);
  weight.set_data_location(TensorProto::EXTERNAL);
  auto& place = *weight.add_external_data();
  place.set_key("location");
  place.set_value("weights.bin");
  written.node("Conv", {"x", "w"}, "y");
  const auto [kind, text] = error_of([&] { written.load(); });
  EXPECT_EQ(kind, ErrorKind::kNotFound);
  EXPECT_THAT(text, ::testing::AllOf(HasSubstr("weights.bin"), HasSubstr("nets/written.onnx")));
}

}  // namespace
}  // namespace microtome
