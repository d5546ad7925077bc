// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/expression.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/base/quoted_text.h"
#include "microtome/visualize/algebra.h"
#include "microtome/visualize/call.h"

namespace microtome {
namespace {

constexpr int kMostKinds = 1000;
constexpr int kMostParentheses = 100;

// Gives the argument without a name the one that the kind says.
void name_argument(Call& call, std::string_view unnamed) {
  if (!call.unnamed || unnamed.empty()) return;
  const std::string text = *std::exchange(call.unnamed, std::nullopt);
  const std::string place = call.where_of("");
  const auto give = [&](const std::string& key, std::string value) {
    call.places.emplace(key, place);
    if (call.arguments.emplace(key, std::move(value)).second) return;
    throw Error(ErrorKind::kUsage, call.where_of(key), fmt::format("\"{}\" is given twice", key));
  };
  if (unnamed != "layer:unit") return give(std::string(unnamed), text);
  const size_t colon = text.rfind(':');
  give("layer", text.substr(0, colon));
  if (colon != std::string::npos) give("unit", text.substr(colon + 1));
}

std::vector<const ObjectiveKind*> all_kinds() {
  std::vector<const ObjectiveKind*> all(objectives::kinds().begin(), objectives::kinds().end());
  all.insert(all.end(), penalties::kinds().begin(), penalties::kinds().end());
  return all;
}

// "LAYER:" at the start of a text where a digit follows it; an empty name and 0 if there is none.
struct LayerPrefix {
  std::string layer;
  size_t length = 0;
};

// A layer of the network comes first, whatever its name holds; then one in quotes; else any word that begins as no
// number does, to be refused with the nearest layer.
LayerPrefix layer_prefix(std::string_view text, const Network& network) {
  LayerPrefix longest;
  const auto take = [&](std::string_view name, size_t length) {
    if (length < longest.length || length + 1 >= text.size()) return;
    const bool unit = text[length] == ':' && std::isdigit(static_cast<unsigned char>(text[length + 1]));
    if (unit) longest = {std::string(name), length + 1};
  };
  const auto try_name = [&](std::string_view name) {
    if (text.starts_with(name)) take(name, name.size());
  };
  if (const auto read = read_quoted(text)) take(read->text, read->length);
  for (const Layer& layer : network.layers()) {
    try_name(layer.name);
    for (const std::string& alias : layer.aliases) try_name(alias);
  }
  if (longest.length > 0 || text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '.')
    return longest;
  const size_t word = std::min(text.find_first_of(" \t\n:()*+-\",="), text.size());
  try_name(text.substr(0, word));
  return longest;
}

// expression = product (("+" | "-") product)*
// product    = factor (("*" | "/") factor)*
// factor     = "-"* (number | "(" expression ")" | kind | layer ":" unit)
class Expression {
 public:
  Expression(std::string_view text, const ObjectiveContext& context)
      : reader_(text, "objective", /*arithmetic=*/true), context_(context), kinds_(all_kinds()) {}

  Objective read() {
    Linear all = read_sum();
    if (!reader_.at_end()) reader_.fail("expected \"+\", \"-\", \"*\", \"/\" or the end");
    if (all.is_number())
      reader_.fail("a number alone leaves nothing to raise", "name an objective: see microtome list");
    return make_sum(std::move(all));
  }

 private:
  Linear read_sum() {
    Linear total = read_product();
    for (;;) {
      const bool plus = reader_.accept('+');
      if (!plus && !reader_.accept('-')) return total;
      total.add(read_product(), plus ? 1 : -1);
      require_sound(total);
    }
  }

  Linear read_product() {
    double scale = 1;
    std::vector<Linear> factors;
    for (bool divides = false;;) {
      while (reader_.accept('-')) scale = -scale;
      Linear next = divides ? read_divisor() : read_factor();
      if (!next.is_number()) {
        factors.push_back(std::move(next));
      } else {
        scale = divides ? scale / next.constant : scale * next.constant;
      }
      divides = reader_.accept('/');
      if (!divides && !reader_.accept('*')) break;
    }
    if (factors.empty()) return {.constant = scale, .terms = {}};
    Linear out = product(scale, std::move(factors));
    require_sound(out);
    return out;
  }

  Linear read_divisor() {
    const std::string place = reader_.where();
    Linear number = read_factor();
    if (!number.is_number()) throw Error(ErrorKind::kUsage, place, "objectives can only be divided by numbers");
    if (number.constant == 0) throw Error(ErrorKind::kUsage, place, "division by 0");
    return number;
  }

  Linear read_factor() {
    if (reader_.accept('(')) {
      if (++depth_ > kMostParentheses) reader_.fail(fmt::format("more than {} parentheses deep", kMostParentheses));
      Linear inner = read_sum();
      if (!reader_.accept(')')) reader_.fail("expected \"+\", \"-\", \"*\", \"/\" or \")\"");
      --depth_;
      return inner;
    }
    const LayerPrefix prefix = layer_prefix(reader_.rest(), context_.network);
    if (prefix.length == 0) {
      if (const std::optional<double> number = reader_.number()) return {.constant = *number, .terms = {}};
    }
    if (++count_ > kMostKinds) reader_.fail(fmt::format("more than {} objectives and penalties", kMostKinds));
    Call call = prefix.length > 0 ? unit_call(prefix) : reader_.call();
    const ObjectiveKind& kind = find_kind(std::span<const ObjectiveKind* const>(kinds_), call, "objective or penalty");
    name_argument(call, kind.unnamed);
    Linear out;
    out.terms.push_back({1, {kind.make(call, context_)}});
    return out;
  }

  // "LAYER:UNIT" as a call of the channel.
  Call unit_call(const LayerPrefix& prefix) {
    Call call{.name = "channel", .arguments = {}, .unnamed = {}, .where = reader_.where(), .places = {}};
    reader_.rest();
    call.arguments["layer"] = prefix.layer;
    reader_.skip(prefix.length);
    call.places["unit"] = reader_.where();
    const std::string_view rest = reader_.rest();
    const auto digits =
        static_cast<size_t>(std::ranges::find_if_not(rest, [](char c) { return c >= '0' && c <= '9'; }) - rest.begin());
    call.arguments["unit"] = rest.substr(0, digits);
    reader_.skip(digits);
    return call;
  }

  void require_sound(const Linear& linear) const {
    if (!linear.is_sound()) reader_.fail("a weight of 0 leaves nothing to raise, nor may a weight be infinite");
  }

  CallReader reader_;
  const ObjectiveContext& context_;
  std::vector<const ObjectiveKind*> kinds_;
  int depth_ = 0, count_ = 0;
};

}  // namespace

Objective parse_objective(std::string_view text, const ObjectiveContext& context) {
  return Expression(text, context).read();
}

}  // namespace microtome
