// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/derived_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/network/baseline.h"
#include "microtome/network/bases/random.h"
#include "microtome/network/basis.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/eye.h"
#include "microtome/network/passes.h"

namespace microtome {
namespace {

constexpr int64_t kFitImages = 2000, kFitPositions = 16;

// Activations at positions of the set's images: [positions, channels].
at::Tensor sample_activations(const Source& source, const Layer& layer, const ConceptSet* concepts, int threads,
                              Reporter& reporter) {
  if (concepts == nullptr) {
    throw Error(ErrorKind::kUsage, "basis", "a basis is fitted to activations, which need `concepts`");
  }
  const Eye eye(source.network, source.preprocessing, {layer.name});
  const int64_t stride = std::max<int64_t>(1, concepts->size() / kFitImages);
  const int64_t count = (concepts->size() + stride - 1) / stride;
  std::vector<at::Tensor> parts(static_cast<size_t>(count));
  Task task(reporter, "fitting a basis", count, "images");
  parallel_for(threads, count, [&](int, int64_t index) {
    throw_if_stopped();
    try {
      const at::Tensor tap = eye.look(concepts->image(index * stride))[0];
      const at::Tensor rows = tap.reshape({tap.size(1), -1}).t();
      std::vector<int64_t> chosen;
      Rng rng(1, "positions of a basis", static_cast<uint64_t>(index));
      for (int64_t i = 0; i < std::min(kFitPositions, rows.size(0)); ++i) chosen.push_back(rng.below(rows.size(0)));
      parts[static_cast<size_t>(index)] = rows.index_select(0, at::tensor(chosen, at::kLong)).to(at::kDouble);
    } catch (const Error& error) {
      // The dissection names it.
      if (error.kind() == ErrorKind::kCancelled || error.kind() == ErrorKind::kInternal) throw;
    }
    task.advance();
  });
  std::erase_if(parts, [](const at::Tensor& part) { return !part.defined(); });
  if (parts.empty()) throw Error(ErrorKind::kUsage, "basis", "no image could be read to fit a basis");
  return at::cat(parts);
}

// The layer itself, made first where its name asks for maps or for what a rectifier hides.
std::string base_layer(Source& source, const std::string& name) {
  const DerivedName parts = split_derived_name(name);
  if (parts.suffix == kPreActivation) {
    const Network hidden = with_pre_activation(source.network, parts.layer);
    if (hidden.layers().size() == source.network.layers().size()) {
      throw Error(
          ErrorKind::kUsage, "layers",
          fmt::format("\"{}\" is not made by a rectifier or clip, so that nothing is hidden before it", parts.layer),
          fmt::format("ask for \"{}\" itself", parts.layer));
    }
    source.network = hidden;
    return derived_name(hidden.layer(parts.layer).name, parts.suffix);
  }
  if (!is_maps_suffix(parts.suffix)) return source.network.layer(name).name;
  source.network = with_maps(source.network, parts.layer, parts.suffix);
  return derived_name(source.network.layer(parts.layer).name, parts.suffix);
}

}  // namespace

std::vector<std::string> derive_layers(Source& source, std::span<const std::string> layers,
                                       std::span<const std::string> bases, const ConceptSet* concepts, int threads,
                                       Reporter& reporter) {
  std::vector<std::string> names;
  for (const std::string& asked : layers) {
    const std::string base = base_layer(source, asked);
    for (const std::string& text : bases) {
      const Layer layer = source.network.layer(base);
      const Basis basis = make_basis(text, base, layer.units,
                                     [&] { return sample_activations(source, layer, concepts, threads, reporter); });
      if (basis.vectors.defined()) source.network = with_basis(source.network, base, basis);
      names.push_back(basis.vectors.defined() ? derived_name(base, basis.name) : base);
    }
  }
  return names;
}

std::string derive_layer(Source& source, const std::string& layer, const std::string& basis, const ConceptSet* concepts,
                         int threads, Reporter& reporter) {
  return derive_layers(source, {&layer, 1}, {&basis, 1}, concepts, threads, reporter).at(0);
}

std::vector<std::string> derive_baselines(Source& source, std::span<const std::string> layers,
                                          std::span<const std::string> baselines, uint64_t seed) {
  std::vector<std::string> names;
  for (const std::string& baseline : baselines) {
    source.network = baseline_named(baseline).add(source.network, layers, seed, names);
  }
  return names;
}

double rotation_error(const Network& network, const std::string& layer, uint64_t seed, int pictures) {
  const Basis basis = random_rotation(network.layer(layer).units, seed, 1);
  const Network turned = folded_rotation(network, layer, basis);
  const std::string& output = network.output_layer().name;
  const Eye before(network, {}, {output}), after(turned, {}, {output});
  double worst = 0;
  for (int i = 0; i < pictures; ++i) {
    at::Tensor input = at::empty({1, network.channels(), network.height(), network.width()});
    Rng rng(seed, "picture", static_cast<uint64_t>(i));
    for (int64_t k = 0; k < input.numel(); ++k) input.data_ptr<float>()[k] = static_cast<float>(rng.normal());
    worst = std::max(worst, (before.look(input)[0] - after.look(input)[0]).abs().max().item<double>());
  }
  return worst;
}

}  // namespace microtome
