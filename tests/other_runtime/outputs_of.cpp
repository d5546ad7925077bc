// SPDX-License-Identifier: Apache-2.0
// outputs_of NETWORK FOLDER [DRAW]: runs a network on random numbers (fixed, but for DRAW) and leaves in FOLDER what
// the file's inputs and outputs were, as raw numbers, with run.json, which says their names, types and shapes. What
// another runtime makes of the same inputs is compare.mjs's business.
#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/base/rng.h"
#include "microtome/network/executor.h"
#include "microtome/network/load.h"

namespace microtome {
namespace {

using nlohmann::json;

// As the network takes it: [1,C,H,W] ... floats of about 0..1, bytes 0..255, tokens 0..9.
at::Tensor drawn_input(const Network& network, uint64_t draw) {
  const Graph& graph = network.graph();
  const InputFacts& facts = network.facts().input;
  at::Tensor input = at::empty(graph.values[at_index(graph.input)].shape, at::kFloat);
  Rng rng(7, "other runtime", draw);
  float* at = input.data_ptr<float>();
  for (int64_t i = 0; i < input.numel(); ++i) {
    const double share = rng.uniform();
    at[i] = static_cast<float>(facts.tokens            ? std::floor(10 * share)
                               : facts.type == "uint8" ? std::floor(256 * share)
                               : facts.type == "int8"  ? std::floor(256 * share) - 128
                                                       : share);
  }
  return input;
}

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  // Floats, as they lie in memory; the shape is that of `values`.
  json put(const std::string& name, const std::string& type, const at::Tensor& values) {
    const std::string file = std::to_string(count_++) + ".raw";
    const at::Tensor floats = values.to(at::kFloat).contiguous();
    const auto bytes = static_cast<size_t>(floats.numel()) * sizeof(float);
    write_file(path_ + "/" + file, {reinterpret_cast<const char*>(floats.data_ptr<float>()), bytes});
    return {{"name", name}, {"type", type}, {"shape", floats.sizes().vec()}, {"file", file}};
  }
  void finish(const json& run) { write_file(path_ + "/run.json", run.dump()); }

 private:
  std::string path_;
  int count_ = 0;
};

at::Tensor as_in_file(const at::Tensor& input, const InputFacts& facts) {
  if (!facts.channels_last) return input;
  return input.movedim(1, -1);
}

// Layers as questions get them; other outputs, such as numbers of classes, as the graph makes them.
std::vector<std::pair<std::string, at::Tensor>> made_outputs(const Network& network, const at::Tensor& input) {
  const Graph& graph = network.graph();
  const at::AutoGradMode no_gradients(false);
  std::vector<std::pair<std::string, at::Tensor>> made;
  for (const ValueIndex output : graph.outputs) {
    const auto layer = std::ranges::find(network.layers(), output, &Layer::value);
    const bool is_layer = layer != network.layers().end();
    made.emplace_back(graph.values[at_index(output)].name, is_layer
                                                               ? make_executor(network, {layer->name})->run(input)[0]
                                                               : evaluate(graph, input, {&output, 1})[0]);
  }
  return made;
}

int run(const std::string& file, Folder folder, uint64_t draw) {
  const Network network = load_network(file);
  const InputFacts& facts = network.facts().input;
  const at::Tensor input = drawn_input(network, draw);
  json inputs = json::array({folder.put(facts.name, facts.type, as_in_file(input, facts))});
  for (const HeldInput& held : facts.held) {
    const double value = std::strtod(held.value.c_str(), nullptr);
    inputs.push_back(folder.put(held.name, held.type, at::full(held.shape, value)));
  }
  json outputs = json::array();
  for (const auto& [name, values] : made_outputs(network, input)) {
    outputs.push_back(folder.put(name, "float32", values));
  }
  folder.finish({{"inputs", inputs}, {"outputs", outputs}, {"notes", network.facts().notes}});
  return 0;
}

}  // namespace
}  // namespace microtome

int main(int count, char** words) {
  if (count < 3 || count > 4) return 2;
  try {
    return microtome::run(words[1], microtome::Folder(words[2]), count > 3 ? std::strtoull(words[3], nullptr, 10) : 0);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
