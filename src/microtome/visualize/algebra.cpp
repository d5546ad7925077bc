// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/algebra.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

namespace microtome {
namespace {

// What sums and products have in common: they read what their parts read.
class Joined : public Objective {
 public:
  const std::vector<std::string>& layers() const override { return layers_; }
  bool reads_picture() const override {
    return std::ranges::any_of(parts_, [](const auto& part) { return part->reads_picture(); });
  }
  bool regularizes() const override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->regularizes(); });
  }
  std::vector<std::string> files() const override {
    std::vector<std::string> all;
    for (const auto& part : parts_) std::ranges::move(part->files(), std::back_inserter(all));
    return all;
  }
  bool names_places() const override {
    return std::ranges::any_of(parts_, [](const auto& part) { return part->names_places(); });
  }
  int64_t together() const override {
    int64_t most = 1;
    for (const auto& part : parts_) most = std::max(most, part->together());
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

 protected:
  explicit Joined(std::vector<std::unique_ptr<Objective>> parts) : parts_(std::move(parts)) {
    std::set<std::string> seen;
    for (const auto& part : parts_) {
      for (const std::string& layer : part->layers()) {
        if (seen.insert(layer).second) layers_.push_back(layer);
      }
    }
  }

  std::vector<std::unique_ptr<Objective>> parts_;

 private:
  std::vector<const Objective*> readers_of(const std::string& layer) const {
    std::vector<const Objective*> readers;
    for (const auto& part : parts_) {
      if (std::ranges::find(part->layers(), layer) != part->layers().end()) readers.push_back(part.get());
    }
    return readers;
  }

  std::vector<std::string> layers_;
};

std::vector<std::unique_ptr<Objective>> parts_of(Linear& linear) {
  std::vector<std::unique_ptr<Objective>> parts;
  for (Term& term : linear.terms) parts.push_back(std::move(term.objective));
  return parts;
}

class Sum : public Joined {
 public:
  explicit Sum(Linear linear) : Joined(parts_of(linear)), constant_(linear.constant) {
    for (const Term& term : linear.terms) weights_.push_back(term.weight);
  }

  at::Tensor score(const View& view) const override {
    at::Tensor total;
    for (size_t i = 0; i < parts_.size(); ++i) {
      const at::Tensor value = parts_[i]->score(view) * weights_[i];
      total = total.defined() ? total + value : value;
    }
    return constant_ == 0 ? total : total + constant_;
  }

  std::string to_string() const override {
    std::string out = constant_ == 0 ? "" : fmt::format("{}", constant_);
    for (size_t i = 0; i < parts_.size(); ++i) {
      const bool minus = weights_[i] < 0;
      out += out.empty() ? (minus ? "-" : "") : (minus ? " - " : " + ");
      if (std::abs(weights_[i]) != 1) out += fmt::format("{}*", std::abs(weights_[i]));
      out += parts_[i]->to_string();
    }
    return out;
  }

  std::optional<Target> target() const override {
    std::optional<Target> common;
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i]->regularizes()) continue;
      std::optional<Target> target = parts_[i]->target();
      if (!target) return std::nullopt;
      if (weights_[i] < 0) target->sign = -target->sign;
      if (common && !(*common == *target)) return std::nullopt;
      common = target;
    }
    return common;
  }

 private:
  double constant_;
  std::vector<double> weights_;
};

class Product : public Joined {
 public:
  explicit Product(std::vector<std::unique_ptr<Objective>> factors) : Joined(std::move(factors)) {}

  at::Tensor score(const View& view) const override {
    at::Tensor total = parts_[0]->score(view);
    for (size_t i = 1; i < parts_.size(); ++i) total = total * parts_[i]->score(view);
    return total;
  }

  std::string to_string() const override {
    std::string out;
    for (const auto& part : parts_) {
      if (!out.empty()) out += '*';
      const bool sum = dynamic_cast<const Sum*>(part.get()) != nullptr;
      out += sum ? '(' + part->to_string() + ')' : part->to_string();
    }
    return out;
  }

  std::optional<Target> target() const override {
    const Objective* driving = nullptr;
    for (const auto& part : parts_) {
      if (part->regularizes()) continue;
      if (driving) return std::nullopt;
      driving = part.get();
    }
    return driving ? driving->target() : std::nullopt;
  }

  std::vector<std::unique_ptr<Objective>> release() { return std::move(parts_); }
};

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
  double weight = scale;
  std::vector<std::unique_ptr<Objective>> parts;
  for (Linear& factor : factors) {
    if (factor.terms.size() > 1 || factor.constant != 0) {
      const double first = factor.constant != 0 ? factor.constant : factor.terms[0].weight;
      const double sign = first < 0 ? -1 : 1;
      factor.scale(sign);
      weight *= sign;
      parts.push_back(std::make_unique<Sum>(std::move(factor)));
      continue;
    }
    weight *= factor.terms[0].weight;
    std::unique_ptr<Objective> only = std::move(factor.terms[0].objective);
    if (auto* const inner = dynamic_cast<Product*>(only.get())) {
      std::ranges::move(inner->release(), std::back_inserter(parts));
    } else {
      parts.push_back(std::move(only));
    }
  }
  Linear out;
  out.terms.push_back({weight, std::make_unique<Product>(std::move(parts))});
  return out;
}

std::unique_ptr<Objective> make_sum(Linear linear) { return std::make_unique<Sum>(std::move(linear)); }

}  // namespace microtome
