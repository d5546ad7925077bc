// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/objective.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"

namespace microtome {
namespace {

struct Term {
  double weight;
  std::unique_ptr<Objective> objective;
};

class Sum : public Objective {
 public:
  explicit Sum(std::vector<Term> terms) : terms_(std::move(terms)) {
    for (const Term& term : terms_) {
      for (const std::string& layer : term.objective->layers()) {
        if (std::ranges::find(layers_, layer) == layers_.end()) layers_.push_back(layer);
      }
    }
  }

  const std::vector<std::string>& layers() const override { return layers_; }

  at::Tensor score(const Taps& taps) const override {
    at::Tensor total;
    for (const Term& term : terms_) {
      const at::Tensor value = term.objective->score(taps) * term.weight;
      total = total.defined() ? total + value : value;
    }
    return total;
  }

  std::string to_string() const override {
    std::string out;
    for (const Term& term : terms_) {
      const bool minus = std::signbit(term.weight);
      out += out.empty() ? (minus ? "-" : "") : (minus ? " - " : " + ");
      if (std::abs(term.weight) != 1) out += fmt::format("{}*", std::abs(term.weight));
      out += term.objective->to_string();
    }
    return out;
  }

  std::optional<Target> target() const override {
    if (terms_.size() != 1) return std::nullopt;
    std::optional<Target> target = terms_[0].objective->target();
    if (target && terms_[0].weight < 0) target->sign = -target->sign;
    return target;
  }

 private:
  std::vector<Term> terms_;
  std::vector<std::string> layers_;
};

Term read_term(CallReader& reader, double sign, const Network& network) {
  const std::optional<double> weight = reader.number();
  if (weight && *weight == 0) reader.fail("a weight of 0 leaves nothing to raise");
  if (weight && !reader.accept('*')) reader.fail("expected \"*\" after the weight");
  const Call call = reader.call();
  return {sign * weight.value_or(1), find_kind(objectives::kinds(), call, "objective").make(call, network)};
}

}  // namespace

std::unique_ptr<Objective> parse_objective(std::string_view text, const Network& network) {
  CallReader reader(text, "objective");
  std::vector<Term> terms;
  double sign = reader.accept('-') ? -1 : 1;
  for (;;) {
    terms.push_back(read_term(reader, sign, network));
    if (reader.at_end()) break;
    if (reader.accept('+')) {
      sign = 1;
    } else if (reader.accept('-')) {
      sign = -1;
    } else {
      reader.fail("expected \"+\", \"-\" or the end");
    }
  }
  return std::make_unique<Sum>(std::move(terms));
}

const Layer& require_layer(const Network& network, const std::string& layer, const Call& call) {
  if (layer.empty()) {
    throw Error(ErrorKind::kUsage, call.where, "no layer is given", "add layer=NAME; microtome info lists the names");
  }
  return network.layer(layer);
}

void require_unit(const Layer& layer, int64_t unit, const Call& call) {
  if (unit >= 0 && unit < layer.units) return;
  throw Error(ErrorKind::kUsage, call.where,
              unit < 0 ? "no unit is given" : fmt::format("\"{}\" has no unit {}", layer.name, unit),
              fmt::format("its units are 0 to {}", layer.units - 1));
}

}  // namespace microtome
