// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/objective.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

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

  at::Tensor score(const View& view) const override {
    at::Tensor total;
    for (const Term& term : terms_) {
      const at::Tensor value = term.objective->score(view) * term.weight;
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

  bool reads_picture() const override {
    return std::ranges::any_of(terms_, [](const Term& term) { return term.objective->reads_picture(); });
  }
  int64_t together() const override {
    int64_t most = 1;
    for (const Term& term : terms_) most = std::max(most, term.objective->together());
    return most;
  }
  std::optional<std::vector<int64_t>> units(const std::string& layer) const override {
    std::set<int64_t> all;
    for (const Objective* part : readers_of(layer)) {
      const auto some = part->units(layer);
      if (!some) return std::nullopt;
      all.insert(some->begin(), some->end());
    }
    return std::vector<int64_t>(all.begin(), all.end());
  }
  std::optional<std::array<int64_t, 2>> position(const std::string& layer) const override {
    std::optional<std::array<int64_t, 2>> common;
    for (const Objective* part : readers_of(layer)) {
      const auto place = part->position(layer);
      if (!place || (common && *common != *place)) return std::nullopt;
      common = place;
    }
    return common;
  }

 private:
  std::vector<const Objective*> readers_of(const std::string& layer) const {
    std::vector<const Objective*> readers;
    for (const Term& term : terms_) {
      if (std::ranges::find(term.objective->layers(), layer) != term.objective->layers().end()) {
        readers.push_back(term.objective.get());
      }
    }
    return readers;
  }

  std::vector<Term> terms_;
  std::vector<std::string> layers_;
};

// Gives the argument without a name the one that the kind says.
void name_argument(Call& call, std::string_view unnamed) {
  if (!call.unnamed || unnamed.empty()) return;
  const std::string text = *std::exchange(call.unnamed, std::nullopt);
  const auto give = [&](std::string_view key, std::string value) {
    if (call.arguments.emplace(key, std::move(value)).second) return;
    throw Error(ErrorKind::kUsage, call.where, fmt::format("\"{}\" is given twice", key));
  };
  if (unnamed != "layer:unit") return give(unnamed, text);
  const size_t colon = text.rfind(':');
  give("layer", text.substr(0, colon));
  if (colon != std::string::npos) give("unit", text.substr(colon + 1));
}

std::vector<const ObjectiveKind*> all_kinds() {
  std::vector<const ObjectiveKind*> all(objectives::kinds().begin(), objectives::kinds().end());
  all.insert(all.end(), penalties::kinds().begin(), penalties::kinds().end());
  return all;
}

Term read_term(CallReader& reader, double sign, const ObjectiveContext& context) {
  const std::optional<double> weight = reader.number();
  if (weight && *weight == 0) reader.fail("a weight of 0 leaves nothing to raise");
  if (weight && !reader.accept('*')) reader.fail("expected \"*\" after the weight");
  Call call = reader.call();
  const std::vector<const ObjectiveKind*> kinds = all_kinds();
  const ObjectiveKind& kind = find_kind(std::span<const ObjectiveKind* const>(kinds), call, "objective or penalty");
  name_argument(call, kind.unnamed);
  return {sign * weight.value_or(1), kind.make(call, context)};
}

}  // namespace

std::unique_ptr<Objective> parse_objective(std::string_view text, const ObjectiveContext& context) {
  CallReader reader(text, "objective");
  std::vector<Term> terms;
  double sign = reader.accept('-') ? -1 : 1;
  for (;;) {
    terms.push_back(read_term(reader, sign, context));
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
