// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/state_dict.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "microtome/base/error.h"
#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/modules.h"
#include "microtome/network/formats/check_graph.h"

namespace microtome {
namespace {

constexpr std::string_view kCompiled = "_orig_mod.";

// Floats of 32 bits under the names that the modules have; counters of training are none.
NamedTensors plain_weights(NamedTensors given) {
  std::erase_if(given, [](const auto& weight) { return weight.first.ends_with("num_batches_tracked"); });
  for (auto& [name, tensor] : given) {
    for (size_t at = name.find(kCompiled); at != std::string::npos; at = name.find(kCompiled, at)) {
      name.erase(at, kCompiled.size());
    }
    if (tensor.is_floating_point()) tensor = tensor.to(at::kFloat).contiguous();
  }
  return given;
}

// Whether all names had a first part in common, which was then taken off.
bool take_off_first_part(NamedTensors& weights) {
  if (weights.empty()) return false;
  const size_t length = weights.front().first.find('.') + 1;
  const std::string first = weights.front().first.substr(0, length);
  const auto shares = [&](const auto& weight) { return weight.first.starts_with(first); };
  if (length == 0 || !std::all_of(weights.begin(), weights.end(), shares)) return false;
  for (auto& weight : weights) weight.first.erase(0, length);
  return true;
}

struct Attempt {
  std::string_view architecture;
  size_t used = 0;
  std::string failure;
};

std::optional<StoredNetwork> build(const NamedTensors& weights, int side, std::vector<Attempt>& attempts) {
  for (const Architecture* architecture : architectures::kinds()) {
    Modules modules(weights);
    try {
      StoredNetwork stored = architecture->build(modules, side);
      auto& notes = stored.facts.notes;
      notes.insert(notes.begin(),
                   fmt::format("built as {}, by the names and shapes of the weights", architecture->name));
      return stored;
    } catch (const Error& failure) {
      attempts.push_back({architecture->name, modules.used(), failure.what()});
    }
  }
  return std::nullopt;
}

[[noreturn]] void refuse_weights(std::vector<Attempt> attempts, size_t count, const std::string& where) {
  constexpr size_t kTold = 2;
  std::stable_sort(attempts.begin(), attempts.end(), [](const auto& a, const auto& b) { return a.used > b.used; });
  std::string nearest;
  for (const Attempt& attempt : std::span(attempts).first(std::min(kTold, attempts.size()))) {
    if (attempt.used == 0) break;
    nearest += fmt::format("{} {} takes {} of them, but {}", nearest.empty() ? "; nearest:" : ",", attempt.architecture,
                           attempt.used, attempt.failure);
  }
  std::string known;
  for (const Architecture* architecture : architectures::kinds()) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", architecture->name);
  }
  throw Error(
      ErrorKind::kUnsupported, where,
      fmt::format("holds {} weights without a graph, and they are none of a known architecture{}", count, nearest),
      fmt::format("export the network with torch.onnx.export; known are {}", known));
}

}  // namespace

StoredNetwork network_from_weights(NamedTensors given, int side, const std::string& where) {
  NamedTensors weights = plain_weights(std::move(given));
  std::vector<Attempt> attempts;
  do {
    if (std::optional<StoredNetwork> stored = build(weights, side, attempts)) {
      check_graph(stored->graph, where);
      check_input(stored->graph, where);
      return std::move(*stored);
    }
  } while (take_off_first_part(weights));
  refuse_weights(std::move(attempts), weights.size(), where);
}

}  // namespace microtome
