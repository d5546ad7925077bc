// SPDX-License-Identifier: Apache-2.0
#include "microtome/lab/architecture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/network/builder.h"

namespace microtome {
namespace {

// Normal with variance gain / fan-in.
at::Tensor initial_weights(const std::string& name, const std::vector<int64_t>& shape, double gain, uint64_t seed) {
  const at::Tensor tensor = at::empty(shape, at::kFloat);
  const double fan_in = static_cast<double>(tensor.numel()) / static_cast<double>(shape[0]);
  const double deviation = std::sqrt(gain / fan_in);
  Rng rng(seed, "weights/" + name);
  float* data = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) data[i] = static_cast<float>(deviation * rng.normal());
  return tensor;
}

struct Stage {
  std::string name;
  int64_t in = 0, out = 0, kernel = 3, stride = 1;
};

ValueIndex add_stage(GraphBuilder& graph, ValueIndex from, const Stage& stage, uint64_t seed) {
  const at::Tensor weight = initial_weights(stage.name, {stage.out, stage.in, stage.kernel, stage.kernel}, 2, seed);
  const ValueIndex linear =
      graph.conv(stage.name + "/linear", from, weight, {}, {.stride = stage.stride, .pad = stage.kernel / 2});
  const ValueIndex normalized = graph.batch_norm(stage.name, linear, at::ones({stage.out}), at::zeros({stage.out}),
                                                 at::zeros({stage.out}), at::ones({stage.out}));
  return graph.relu(stage.name + "/relu", normalized);
}

ValueIndex add_head(GraphBuilder& graph, const std::string& name, ValueIndex from, int64_t in, int64_t out,
                    uint64_t seed) {
  return graph.gemm(name, graph.flatten(name + "/features", from), initial_weights(name, {out, in}, 1, seed),
                    at::zeros({out}));
}

}  // namespace

Graph small_network(const ArchitectureSettings& settings) {
  if (settings.widths.size() < 3)
    throw Error(ErrorKind::kUsage, "width", "needs at least three stages", "24/48/64/96/128");
  GraphBuilder graph;
  ValueIndex last = graph.input("input", {-1, 3, settings.side, settings.side});
  int64_t channels = 3;
  for (size_t i = 0; i < settings.widths.size(); ++i) {
    const Stage stage{fmt::format("conv{}", i + 1), channels, settings.widths[i], i == 0 ? 5 : 3, i < 2 ? 2 : 1};
    last = add_stage(graph, last, stage, settings.seed);
    channels = stage.out;
    if (i == 2) last = graph.max_pool("pool3", last);
  }
  const ValueIndex mean = graph.global_average_pool("mean", last);
  const ValueIndex peak = graph.node("GlobalMaxPool", "peak", {last});
  return graph.finish({add_head(graph, "scene", mean, channels, settings.scenes, settings.seed),
                       add_head(graph, "objects", peak, channels, settings.objects, settings.seed)});
}

}  // namespace microtome
