// SPDX-License-Identifier: Apache-2.0
// Minutes long: what published networks cost, and whether they make the numbers that PyTorch makes of the same weights.
// The latter asks for a Python with torch and torchvision (MICROTOME_PYTHON, default python3) and is skipped without.
#include <ATen/ATen.h>

#include <cstdlib>

#include "microtome/network/architectures/testing/published.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/state_dict.h"
#include "microtome/network/load.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;

struct Cost {
  const char* name;
  NamedTensors (*weights)();
  double giga_macs;  // of one picture, as published
};

TEST(Peers, CostIsPublished) {
  using namespace published;
  const Cost costs[] = {{"resnet18",
                         [] {
                           return resnet({2, 2, 2, 2}, false);
                         },
                         1.814},
                        {"resnet50",
                         [] {
                           return resnet({3, 4, 6, 3}, true);
                         },
                         4.089},
                        {"resnext50_32x4d",
                         [] {
                           return resnet({3, 4, 6, 3}, true, 32, 4);
                         },
                         4.23},
                        {"alexnet", alexnet, 0.714},
                        {"vgg16", [] { return vgg(kVgg16, false); }, 15.47},
                        {"squeezenet1_0", [] { return squeezenet(false); }, 0.819},
                        {"squeezenet1_1", [] { return squeezenet(true); }, 0.349},
                        {"googlenet", googlenet, 1.498},
                        {"densenet121", [] { return densenet121(); }, 2.834},
                        {"mobilenet_v2", mobilenet_v2, 0.301},
                        {"efficientnet_b0", efficientnet_b0, 0.386},
                        {"convnext_tiny", convnext_tiny, 4.456},
                        {"vit_b_16", [] { return vit(768, 12, 16, 224); }, 17.564}};
  for (const Cost& cost : costs) {
    StoredNetwork stored = network_from_weights(cost.weights(), 0, cost.name);
    const Network network(std::move(stored.graph), std::move(stored.facts));
    double macs = 0;
    for (const Layer& layer : network.layers()) macs += layer.macs;
    EXPECT_NEAR(macs / 1e9, cost.giga_macs, 0.01 * cost.giga_macs + 0.001) << cost.name;
    EXPECT_EQ(network.output_layer().units, 1000) << cost.name;
  }
}

at::Tensor array_of(const std::map<std::string, std::string>& archive, const std::string& name) {
  const NpyFloats array = parse_npy(archive.at(name + ".npy"), name);
  return at::tensor(array.values, at::kFloat).reshape(array.shape);
}

TEST(Peers, LogitsAreThoseOfPyTorch) {
  const std::string folder = testing::TempDir() + "peers";
  fs::remove_all(folder);
  fs::create_directory(folder);
  const char* python = std::getenv("MICROTOME_PYTHON");
  const std::string script = fs::path(__FILE__).parent_path() / "testing/write_peers.py";
  const std::string command = std::string(python ? python : "python3") + " " + script + " " + folder;
  if (std::system((command + " 2> " + folder + "/log").c_str()) != 0) {
    const std::string log = read_file(folder + "/log");
    if (log.find("ModuleNotFoundError") != std::string::npos) GTEST_SKIP() << log.substr(log.rfind("Module"));
    FAIL() << log;
  }
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".pth") continue;
    const auto archive = read_npz(fs::path(entry.path()).replace_extension(".npz"));
    const at::Tensor input = array_of(archive, "input"), expected = array_of(archive, "logits");
    const Network network = load_network(entry.path(), static_cast<int>(input.size(3)));
    const at::Tensor logits = make_executor(network, {network.output_layer().name})->run(input).at(0);
    ASSERT_EQ(logits.sizes(), expected.sizes()) << entry.path();
    const double scale = expected.abs().max().item<double>();
    EXPECT_LT((logits - expected).abs().max().item<double>(), 1e-4 * std::max(scale, 1.0)) << entry.path();
    EXPECT_GT(scale, 1e-3) << entry.path();
    ++compared;
  }
  EXPECT_GT(compared, 20);
}

}  // namespace
}  // namespace microtome
