// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/dependence.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/quoted_text.h"
#include "microtome/base/workers.h"
#include "microtome/explain/ablation.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/passes.h"

namespace microtome {
namespace {

// The name of the layer's pre-activation in a network that has it; the layer's own where it is not rectified.
std::string before_activation(const Network& network, const std::string& layer) {
  const std::string& name = network.layer(layer).name;
  const std::string before = derived_name(name, kPreActivation);
  const auto layers = network.layers();
  const bool there = std::any_of(layers.begin(), layers.end(), [&](const Layer& of) { return of.name == before; });
  return there ? before : name;
}

// The exact shares, if all terms are the units of `from`, in order.
std::optional<Shares> shares_of(const Network& network, const std::string& layer, int64_t unit, const Layer& from) {
  Shares shares(network, layer, unit);
  const std::vector<Shares::Term>& terms = shares.terms();
  if (std::ssize(terms) != from.units) return std::nullopt;
  for (int64_t i = 0; i < from.units; ++i) {
    const Shares::Term& term = terms[static_cast<size_t>(i)];
    if (term.layer != from.name || term.unit != i) return std::nullopt;
  }
  return shares;
}

// Sums over positions, by channel.
std::vector<double> by_channel(const at::Tensor& values) {
  const at::Tensor sums = values[0].reshape({values.size(1), -1}).sum(1, false, at::kDouble).contiguous();
  return {sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel()};
}

// Values of one unit by position.
at::Tensor positions_of(const at::Tensor& layer, int64_t unit) { return layer.select(1, unit).reshape({-1}); }

}  // namespace

Dependent::Dependent(const Network& network, const Preprocessing& preprocessing, const std::string& layer, int64_t unit,
                     const std::string& from, const DependenceSettings& settings)
    : Dependent(with_pre_activation(network, network.layer(layer).name), preprocessing, unit, settings, layer, from) {}

Dependent::Dependent(const Network& network, const Preprocessing& preprocessing, int64_t unit,
                     const DependenceSettings& settings, const std::string& asked, const std::string& from)
    : layer_(before_activation(network, asked)),
      unit_(unit),
      settings_(settings),
      subject_(network, preprocessing, fmt::format("peak({}:{})", in_quotes(layer_), unit)),
      behind_(network, from, {layer_}),
      shares_(shares_of(network, layer_, unit, behind_.layer())) {
  try {
    relevance_ = std::make_unique<const Relevance>(
        network, std::vector{layer_}, RelevanceSettings{settings.rules, 1e-6, 0.25, {}, {}}, behind_.layer().name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsupported) throw;
    no_relevance_ = error.what();
  }
}

// dz/dA at one position of the unit.
at::Tensor Dependent::slope(const Moment& moment, int64_t place, double* value) const {
  const std::unique_ptr<Tape> tape = behind_.record(moment, moment.value);
  const at::Tensor& made = tape->taps()[0];
  *value = positions_of(made, unit_)[place].item<double>();
  at::Tensor seed = at::zeros_like(made, at::MemoryFormat::Contiguous);
  seed.view({made.size(1), -1})[unit_][place] = 1;
  return tape->pull_back({&seed, 1});
}

std::vector<double> Dependent::related(const at::Tensor& input, int64_t place) const {
  const Relevance::Run run = relevance_->run(input, [&](const std::vector<at::Tensor>& values) {
    at::Tensor seed = at::zeros_like(values[0], at::MemoryFormat::Contiguous);
    seed.view({seed.size(1), -1})[unit_][place] = positions_of(values[0], unit_)[place];
    return std::vector<at::Tensor>{seed};
  });
  return run.through.defined() ? by_channel(run.through) : std::vector<double>(static_cast<size_t>(from().units), 0.0);
}

std::vector<double> Dependent::conducted(const at::Tensor& pixels, int64_t place) const {
  const at::Tensor ground = background(subject_, pixels, settings_.background);
  const auto on_the_way = [&](double part) {
    return behind_.look(subject_.input(ground + part / static_cast<double>(settings_.steps) * (pixels - ground)));
  };
  at::Tensor before = on_the_way(0).value;
  at::Tensor sum = at::zeros_like(before);
  for (int64_t step = 0; step < settings_.steps; ++step) {
    throw_if_stopped();
    double ignored = 0;
    const at::Tensor gradient = slope(on_the_way(static_cast<double>(step) + 0.5), place, &ignored);
    const at::Tensor after = on_the_way(static_cast<double>(step + 1)).value;
    sum += (after - before) * gradient;
    before = after;
  }
  return by_channel(sum);
}

UnitDependence Dependent::find(const at::Tensor& pixels, bool ablates) const {
  const at::Tensor input = subject_.input(pixels);
  const Moment moment = behind_.look(input);
  const at::Tensor whole = behind_.run(moment, moment.value)[0];
  const int64_t place = positions_of(whole, unit_).argmax().item<int64_t>();
  UnitDependence found;
  const at::Tensor gradient = slope(moment, place, &found.value);
  found.gradient_activation = by_channel(moment.value * gradient);

  found.conductance = conducted(pixels, place);

  if (relevance_) found.relevance = related(input, place);
  if (shares_) {
    const Shares::Found shares = shares_->find(input);
    const at::Tensor at_place =
        shares.shares.reshape({shares.shares.size(0), -1}).select(1, place).to(at::kDouble).contiguous();
    found.share.assign(at_place.data_ptr<double>(), at_place.data_ptr<double>() + at_place.numel());
  }
  if (!ablates) return found;
  const std::vector<float> zero(static_cast<size_t>(from().units), 0.0f);
  for (int64_t unit = 0; unit < from().units; ++unit) {
    throw_if_stopped();
    const at::Tensor without = behind_.run(moment, with_channels(moment.value, {&unit, 1}, zero))[0];
    found.ablation.push_back(found.value - positions_of(without, unit_)[place].item<double>());
  }
  return found;
}

}  // namespace microtome
