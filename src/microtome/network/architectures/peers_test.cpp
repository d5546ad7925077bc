// SPDX-License-Identifier: Apache-2.0
// Minutes long: what published networks cost, and whether they make the numbers that PyTorch makes of the same weights.
// The latter asks for a Python with torch and torchvision (MICROTOME_PYTHON, default python3) and is skipped without.
#include <ATen/ATen.h>

#include <cstdlib>
#include <sstream>

#include "microtome/network/architectures/testing/published.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/script_program.h"
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

// Runs the script with these arguments behind its folder; empty, or why there is nothing to compare with.
std::string write_peers(const std::string& folder, const std::string& arguments) {
  const char* python = std::getenv("MICROTOME_PYTHON");
  const std::string script = fs::path(__FILE__).parent_path() / "testing/write_peers.py";
  const std::string command = std::string(python ? python : "python3") + " " + script + " " + folder + " " + arguments;
  if (std::system((command + " 2> " + folder + "/log").c_str()) == 0) return {};
  const std::string log = read_file(folder + "/log");
  if (log.find("ModuleNotFoundError") != std::string::npos) return log.substr(log.rfind("Module"));
  ADD_FAILURE() << log;
  return "the script failed";
}

std::string new_folder(const std::string& name) {
  const std::string folder = testing::TempDir() + name;
  fs::remove_all(folder);
  fs::create_directory(folder);
  return folder;
}

void compare_logits(const Network& network, const fs::path& beside, const std::string& what) {
  const auto archive = read_npz(beside);
  const at::Tensor input = array_of(archive, "input"), expected = array_of(archive, "logits");
  const at::Tensor logits = make_executor(network, {network.output_layer().name})->run(input).at(0);
  ASSERT_EQ(logits.sizes(), expected.sizes()) << what;
  const double scale = expected.abs().max().item<double>();
  EXPECT_LT((logits - expected).abs().max().item<double>(), 1e-4 * std::max(scale, 1.0)) << what;
  EXPECT_GT(scale, 1e-3) << what;
}

int side_of(const fs::path& npz) { return static_cast<int>(array_of(read_npz(npz), "input").size(3)); }

TEST(Peers, LogitsAreThoseOfPyTorch) {
  const std::string folder = new_folder("peers");
  const std::string missing = write_peers(folder, "");
  if (!missing.empty()) GTEST_SKIP() << missing;
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".pth") continue;
    const fs::path npz = fs::path(entry.path()).replace_extension(".npz");
    compare_logits(load_network(entry.path(), side_of(npz)), npz, entry.path());
    ++compared;
  }
  EXPECT_GT(compared, 20);
}

// Programs are followed also where the architecture is known by its weights; one network at a time, for the disk.
TEST(Peers, ProgramsComputeWhatPyTorchDoes) {
  const std::string folder = new_folder("peers_programs");
  const std::string missing = write_peers(folder, "--names");
  if (!missing.empty()) GTEST_SKIP() << missing;
  std::istringstream names(read_file(folder + "/names"));
  int compared = 0;
  for (std::string name; std::getline(names, name);) {
    ASSERT_EQ(write_peers(folder, "--programs " + name), "") << name;
    const fs::path npz = fs::path(folder) / (name + ".npz");
    for (const char* form : {".script.pt", ".trace.pt"}) {
      const std::string path = folder + "/" + name + form;
      if (!fs::exists(path)) continue;
      const auto bytes = std::make_shared<const std::string>(read_file(path));
      try {
        const TorchArchive archive({bytes, *bytes}, "/data.pkl", path);
        StoredNetwork stored = network_of_script(archive, side_of(npz), path);
        compare_logits(Network(std::move(stored.graph), std::move(stored.facts)), npz, path);
        ++compared;
      } catch (const Error& failure) {
        ADD_FAILURE() << failure.what();
      }
      fs::remove(path);
    }
  }
  EXPECT_GT(compared, 40);
}

}  // namespace
}  // namespace microtome
