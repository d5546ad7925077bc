// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/algebra.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace microtome {
namespace {

// What is read of a layer when two read it.
void join(LayerReads& all, const LayerReads& more) {
  if (all.units && more.units) {
    all.units->insert(all.units->end(), more.units->begin(), more.units->end());
  } else {
    all.units.reset();
  }
  if (all.position != more.position) all.position.reset();
}

void join(Reads& all, const Reads& more) {
  for (const LayerReads& layer : more.layers) {
    const auto same = std::ranges::find(all.layers, layer.layer, &LayerReads::layer);
    if (same == all.layers.end())
      all.layers.push_back(layer);
    else
      join(*same, layer);
  }
  all.picture = all.picture || more.picture;
  all.files.insert(all.files.end(), more.files.begin(), more.files.end());
  all.places = all.places || more.places;
  all.image = all.image || more.image;
  all.together = std::max(all.together, more.together);
}

// What sums and products have in common: they read what their parts read.
Objective joined(const std::vector<Objective>& parts) {
  Objective whole;
  for (const Objective& part : parts) join(whole.reads, part.reads);
  for (LayerReads& layer : whole.reads.layers) {
    if (!layer.units) continue;
    std::ranges::sort(*layer.units);
    layer.units->erase(std::ranges::unique(*layer.units).begin(), layer.units->end());
  }
  whole.regularizes = std::ranges::all_of(parts, &Objective::regularizes);
  return whole;
}

Sign opposite(Sign sign) { return sign == Sign::kPositive ? Sign::kNegative : Sign::kPositive; }

std::vector<Objective::Score> scores_of(std::vector<Objective>& parts) {
  std::vector<Objective::Score> scores;
  for (Objective& part : parts) scores.push_back(std::move(part.score));
  return scores;
}

// The unit that the one factor drives which does not regularize.
std::optional<UnitRef> driven_by(const std::vector<Objective>& factors) {
  if (std::ranges::count(factors, false, &Objective::regularizes) != 1) return std::nullopt;
  return std::ranges::find(factors, false, &Objective::regularizes)->target;
}

// The unit that all parts drive.
std::optional<UnitRef> driven_by(const std::vector<Objective>& parts, const std::vector<double>& weights) {
  std::optional<UnitRef> common;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].regularizes) continue;
    std::optional<UnitRef> target = parts[i].target;
    if (!target) return std::nullopt;
    if (weights[i] < 0) target->of.sign = opposite(target->of.sign);
    if (common && *common != *target) return std::nullopt;
    common = target;
  }
  return common;
}

Objective make_product(std::vector<Objective> factors) {
  if (factors.size() == 1) return std::move(factors[0]);
  Objective whole = joined(factors);
  for (const Objective& factor : factors) whole.text += (whole.text.empty() ? "" : "*") + factor.text;
  whole.target = driven_by(factors);
  whole.score = [scores = scores_of(factors)](const View& view) {
    at::Tensor total = scores[0](view);
    for (size_t i = 1; i < scores.size(); ++i) total = total * scores[i](view);
    return total;
  };
  return whole;
}

std::string linear_text(double constant, const std::vector<double>& weights, const std::vector<Objective>& parts) {
  std::string out = constant == 0 ? "" : fmt::format("{}", constant);
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool minus = weights[i] < 0;
    out += out.empty() ? (minus ? "-" : "") : (minus ? " - " : " + ");
    if (std::abs(weights[i]) != 1) out += fmt::format("{}*", std::abs(weights[i]));
    out += parts[i].text;
  }
  return out;
}

// A sum as a factor, beginning with a positive number; `weight` takes the sign.
Objective make_factor(Linear sum, double& weight) {
  const double first = sum.constant != 0 ? sum.constant : sum.terms[0].weight;
  const double sign = first < 0 ? -1 : 1;
  sum.scale(sign);
  weight *= sign;
  Objective whole = make_sum(std::move(sum));
  whole.text = '(' + whole.text + ')';
  return whole;
}

}  // namespace

void Linear::add(Linear part, double sign) {
  part.scale(sign);
  constant += part.constant;
  std::ranges::move(part.terms, std::back_inserter(terms));
}

void Linear::scale(double by) {
  constant *= by;
  for (Term& term : terms) term.weight *= by;
}

bool Linear::is_sound() const {
  return std::isfinite(constant) &&
         std::ranges::all_of(terms, [](const Term& term) { return std::isfinite(term.weight) && term.weight != 0; });
}

Linear product(double scale, std::vector<Linear> factors) {
  if (factors.size() == 1) {
    factors[0].scale(scale);
    return std::move(factors[0]);
  }
  Term whole{scale, {}};
  for (Linear& factor : factors) {
    if (factor.terms.size() > 1 || factor.constant != 0) {
      whole.factors.push_back(make_factor(std::move(factor), whole.weight));
      continue;
    }
    whole.weight *= factor.terms[0].weight;
    std::ranges::move(factor.terms[0].factors, std::back_inserter(whole.factors));
  }
  Linear out;
  out.terms.push_back(std::move(whole));
  return out;
}

Objective make_sum(Linear linear) {
  std::vector<Objective> parts;
  std::vector<double> weights;
  for (Term& term : linear.terms) {
    weights.push_back(term.weight);
    parts.push_back(make_product(std::move(term.factors)));
  }
  Objective whole = joined(parts);
  whole.text = linear_text(linear.constant, weights, parts);
  whole.target = driven_by(parts, weights);
  whole.score = [constant = linear.constant, weights, scores = scores_of(parts)](const View& view) {
    at::Tensor total;
    for (size_t i = 0; i < scores.size(); ++i) {
      const at::Tensor value = scores[i](view) * weights[i];
      total = total.defined() ? total + value : value;
    }
    return constant == 0 ? total : total + constant;
  };
  return whole;
}

}  // namespace microtome
