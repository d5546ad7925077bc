// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/derived_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/network/basis.h"
#include "microtome/network/eye.h"
#include "microtome/network/shuffled.h"

namespace microtome {
namespace {

constexpr int64_t kFitImages = 2000, kFitPositions = 16;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(at, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

template <class Number>
Number number_of(const std::string& text, const std::string& basis) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) {
    throw Error(ErrorKind::kUsage, "--basis", fmt::format("\"{}\" in \"{}\" is not a number", text, basis),
                "write it as random:0.4:1 or nmf:16");
  }
  return value;
}

// Activations at positions of the set's images: [positions, channels].
at::Tensor sample_activations(const Source& source, const Layer& layer, const ConceptSet* concepts, int threads,
                              Reporter& reporter) {
  if (concepts == nullptr) {
    throw Error(ErrorKind::kUsage, "--basis", "a basis is fitted to activations, which need --concepts");
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
  if (parts.empty()) throw Error(ErrorKind::kUsage, "--basis", "no image could be read to fit a basis");
  return at::cat(parts);
}

Basis factors(const at::Tensor& samples, int64_t count, const std::string& layer) {
  if (samples.min().item<double>() < 0) {
    throw Error(ErrorKind::kUsage, layer, "has negative activations, which non-negative factors cannot make",
                "use the rectified layer");
  }
  Rng rng(1, "nmf");
  const auto draw = [&](int64_t rows, int64_t columns) {
    at::Tensor out = at::empty({rows, columns}, at::kDouble);
    for (int64_t i = 0; i < rows * columns; ++i) out.data_ptr<double>()[i] = 0.1 + rng.uniform();
    return out;
  };
  constexpr int kSteps = 200;
  constexpr double kTiny = 1e-12;
  at::Tensor w = draw(samples.size(0), count), h = draw(count, samples.size(1));
  for (int step = 0; step < kSteps; ++step) {
    h = h * at::matmul(w.t(), samples) / (at::matmul(at::matmul(w.t(), w), h) + kTiny);
    w = w * at::matmul(samples, h.t()) / (at::matmul(w, at::matmul(h, h.t())) + kTiny);
  }
  h = h / (h.norm(2, 1, true) + kTiny);
  return {fmt::format("nmf{}", count), h.to(at::kFloat).contiguous()};
}

Basis make_basis(const std::string& text, const Source& source, const Layer& layer, const ConceptSet* concepts,
                 int threads, Reporter& reporter) {
  const std::vector<std::string> parts = split(text, ':');
  const std::string& kind = parts[0];
  if (kind == "random") {
    const double alpha = parts.size() > 1 ? number_of<double>(parts[1], text) : 1;
    const auto seed = parts.size() > 2 ? number_of<uint64_t>(parts[2], text) : uint64_t{1};
    Basis basis = random_rotation(layer.units, seed, alpha);
    basis.name += fmt::format(".{}", seed);
    return basis;
  }
  if (kind == "pca" && parts.size() == 1) {
    const at::Tensor samples = sample_activations(source, layer, concepts, threads, reporter);
    const at::Tensor centred = samples - samples.mean(0, true);
    return principal_components(at::matmul(centred.t(), centred) / static_cast<double>(samples.size(0)));
  }
  if (kind == "nmf" && parts.size() == 2) {
    const auto count = number_of<int64_t>(parts[1], text);
    if (count < 1 || count > layer.units) {
      throw Error(ErrorKind::kUsage, "--basis", fmt::format("\"{}\" wants 1 to {} factors", text, layer.units));
    }
    return factors(sample_activations(source, layer, concepts, threads, reporter), count, layer.name);
  }
  if (names_basis_file(text)) return read_basis(text, layer.units);
  throw Error(ErrorKind::kUsage, "--basis", fmt::format("\"{}\" is no basis", text),
              "use identity, pca, nmf:K, random:ALPHA:SEED, FILE.npy or FILE.safetensors:TENSOR");
}

// The layer itself, made first where its name asks for maps.
std::string base_layer(Source& source, const std::string& name) {
  const size_t at = name.rfind('~');
  const std::string suffix = at == std::string::npos ? "" : name.substr(at + 1);
  if (suffix != "grid" && suffix != "class" && suffix != "line") return source.network.layer(name).name;
  source.network = with_maps(source.network, name.substr(0, at), suffix);
  return source.network.layer(source.network.layer(name.substr(0, at)).name + "~" + suffix).name;
}

}  // namespace

std::vector<std::string> derive_layers(Source& source, const StudyRequest& request, const ConceptSet* concepts,
                                       Reporter& reporter) {
  std::vector<std::string> names;
  for (const std::string& asked : request.layers) {
    const std::string base = base_layer(source, asked);
    for (const std::string& text : request.bases) {
      if (text == "identity") {
        names.push_back(base);
        continue;
      }
      const Layer layer = source.network.layer(base);
      const Basis basis = make_basis(text, source, layer, concepts, request.threads, reporter);
      source.network = with_basis(source.network, base, basis);
      names.push_back(fmt::format("{}~{}", base, basis.name));
    }
  }
  return names;
}

std::string derive_layer(Source& source, const std::string& layer, const std::string& basis, const ConceptSet* concepts,
                         int threads, Reporter& reporter) {
  StudyRequest request;
  request.layers = {layer};
  request.bases = {basis};
  request.threads = threads;
  return derive_layers(source, request, concepts, reporter).at(0);
}

std::vector<std::string> derive_baselines(Source& source, const std::vector<std::string>& layers,
                                          const StudyRequest& request) {
  const uint64_t seed = request.render.seed;
  std::vector<std::string> names;
  for (const std::string& baseline : request.baselines) {
    if (baseline == "random-basis") {
      for (const std::string& layer : layers) {
        Basis basis = random_rotation(source.network.layer(layer).units, seed, 1);
        basis.name += fmt::format(".{}", seed);
        source.network = with_basis(source.network, layer, basis);
        names.push_back(fmt::format("{}~{}", source.network.layer(layer).name, basis.name));
      }
    } else if (baseline == "random-weights") {
      source.network = with_shuffled_weights(source.network, layers, seed);
      for (const std::string& layer : layers) names.push_back(shuffled_name(source.network.layer(layer).name, seed));
    } else {
      throw Error(ErrorKind::kUsage, "--baselines", fmt::format("\"{}\" is no baseline", baseline),
                  "use random-basis or random-weights");
    }
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
