// SPDX-License-Identifier: Apache-2.0
// fuzz_seeds FOLDER: writes what the targets begin with, a few small files each, into FOLDER/TARGET.
#include <ATen/ATen.h>
#include <SQLiteCpp/Database.h>

#include <algorithm>
#include <filesystem>

#include "microtome/atlas/atlas.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/npy.h"
#include "microtome/image/codec.h"
#include "microtome/network/architectures/testing/published.h"
#include "microtome/network/formats/graph_json.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/onnx_graph.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/network/formats/testing/small_onnx.h"
#include "microtome/network/formats/testing/small_pytorch.h"

namespace microtome {
namespace {

Image pattern(int channels) {
  Image image(13, 7, channels, 0);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 37 % 251);
  return image;
}

void write_pictures(const std::string& folder) {
  for (const int channels : {1, 3, 4}) {
    write_file(folder + "/png/" + std::to_string(channels), encode_png(pattern(channels), "a text"));
    if (channels < 4) write_file(folder + "/jpeg/" + std::to_string(channels), encode_jpeg(pattern(channels), 90));
  }
  LabelMap labels(5, 4);
  for (size_t i = 0; i < labels.labels.size(); ++i) labels.labels[i] = static_cast<uint16_t>(i * 30);
  write_file(folder + "/png/labels", encode_label_png(labels));
  write_file(folder + "/webp/lossy", encode_webp(pattern(3), 80));
  write_file(folder + "/webp/lossless", encode_webp(pattern(4), 0));
}

void write_networks(const std::string& folder) {
  const std::string onnx = small_model().SerializeAsString();
  const Network network = network_from_bytes({"small.onnx", std::make_shared<const std::string>(onnx)});
  save_network(network, folder + "/safetensors/small");
  NamedTensors tensors;
  const Json graph = graph_to_json(read_onnx_graph(onnx, "small.onnx"), tensors);
  write_file(folder + "/graph_json/small", graph.dump());
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  write_file(folder + "/npy/floats", npy_bytes(values, {2, 3}));
  write_file(folder + "/npy/integers", npy_bytes(std::vector<int64_t>{1, -2}, {2}));
}

void write_pickles(const std::string& folder) {
  const NamedTensors tensors = {{"conv.weight", at::ones({2, 3, 2, 2})}, {"conv.bias", at::ones({4})}};
  const std::string value = pickled::ordered(pickled::entries(tensors));
  const std::string scripted =
      pickled::global("__torch__", "Net") + ")\x81}" +
      pickled::entries_of(
          {{"training", "\x89"}, {"weight", pickled::view(pickled::storage("FloatStorage", "0", 24), 2, {3}, {1})}}) +
      "b";
  const std::string legacy = pickled::legacy(pickled::ordered(pickled::entries(tensors, true)), tensors);
  for (const char* target : {"/pickle", "/pytorch"}) {
    write_file(folder + target + "/weights", pickled::whole(value));
    write_file(folder + target + "/scripted", pickled::whole(scripted));
    write_file(folder + target + "/legacy", legacy);
  }
  write_file(folder + "/zip/stored", pickled::archive(value, tensors));
  write_file(folder + "/zip/wide", pickled::archive(value, tensors, true));
  write_file(folder + "/zip/deflated", pickled::zip({{"a.npy", std::string(300, 'a'), true}, {"b.npy", "bcd", true}}));
  write_file(folder + "/npz/floats", npy_bytes(std::vector<float>{1, 2, 3, 4}, {2, 2, 1, 1}));
}

// A line a weight; the 4096 units of old classifiers are 16 here, so that an input takes little memory.
void write_weights(const std::string& file, const NamedTensors& weights) {
  std::string lines;
  for (const auto& [name, tensor] : weights) {
    std::vector<int64_t> sizes = tensor.sizes().vec();
    std::replace(sizes.begin(), sizes.end(), 4096, 16);
    lines += fmt::format("{} {}\n", name, fmt::join(sizes, " "));
  }
  write_file(file, lines);
}

void write_architectures(const std::string& folder) {
  write_weights(folder + "/resnet", published::small_resnet(1, 4, 5));
  write_weights(folder + "/alexnet", published::alexnet());
  write_weights(folder + "/vgg", published::vgg({64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0}, true));
  write_weights(folder + "/squeezenet", published::squeezenet(true));
  write_weights(folder + "/googlenet", published::googlenet());
  write_weights(folder + "/mobilenet_v2", published::mobilenet_v2());
  write_weights(folder + "/efficientnet", published::efficientnet_b0());
  write_weights(folder + "/convnext", published::convnext_tiny());
  write_weights(folder + "/vit", published::vit(16, 2, 4, 8));
}

void write_atlas(const std::string& file) {
  std::filesystem::remove(file);
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  Atlas atlas = Atlas::open(file, Atlas::Mode::kCreateOrWrite);
  AtlasLayer layer;
  layer.name = "conv", layer.op = "Conv", layer.shape = {2, 2, 2}, layer.units = 2;
  layer.receptive_field = Json::object();
  atlas.put_network({"h", "onnx", "net", Json::object(), {"cat", "dog"}}, {layer});
  const int64_t run = atlas.begin_run({"visualize", "0", "h", "", Json::object(), ""});
  AtlasPicture picture;
  picture.layer = "conv", picture.unit = 1, picture.status = "ok";
  picture.png = encode_png(pattern(3));
  atlas.put_picture(run, picture);
  atlas.end_run(run);
}

// In small pages, of which a change touches more than zeros.
void shrink(const std::string& file) {
  SQLite::Database database(file, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA page_size = 512");
  database.exec("VACUUM");
}

}  // namespace
}  // namespace microtome

int main(int count, char** words) {
  if (count != 2) return 2;
  const std::string folder = words[1];
  microtome::write_pictures(folder);
  microtome::write_networks(folder);
  microtome::write_pickles(folder);
  microtome::write_architectures(folder + "/weights");
  microtome::write_atlas(folder + "/atlas/small");
  microtome::shrink(folder + "/atlas/small");
  return 0;
}
