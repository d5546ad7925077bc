// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/relevance_rules.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "microtome/network/schedule.h"

namespace microtome {
namespace {

at::Tensor above_zero(const at::Tensor& x) { return x.clamp_min(0); }
at::Tensor below_zero(const at::Tensor& x) { return x.clamp_max(0); }

// What keeps a denominator away from zero, zero counted as positive.
at::Tensor stabilized(const at::Tensor& z, double epsilon) {
  return z + at::where(z < 0, at::full_like(z, -epsilon), at::full_like(z, epsilon));
}

// x times W: one of the sums of products that a rule is made of.
struct Product {
  at::Tensor x, weight;
};

// The node as a function of its first input and its weights alone, with the gradient at the input.
class ProductSum {
 public:
  ProductSum(const RelevantNode& seen, const Product& product) : seen_(seen) {
    const at::AutoGradMode with_gradients(true);
    leaf_ = product.x.detach().requires_grad_();
    std::vector<at::Tensor> inputs = seen.inputs;
    inputs[0] = leaf_;
    inputs[1] = product.weight;
    if (inputs.size() > 2) inputs[2] = at::Tensor();
    result_ = run_node(seen.node, seen.graph, inputs)[0];
  }
  at::Tensor result() const { return result_.detach(); }
  // x times the gradient of sum(seed * result).
  at::Tensor share(const at::Tensor& seed) const {
    return leaf_.detach() * torch::autograd::grad({result_}, {leaf_}, {seed})[0];
  }

 private:
  const RelevantNode& seen_;
  at::Tensor leaf_, result_;
};

// The bias as the node adds it to a result: what it makes of zeros.
at::Tensor bias_of(const RelevantNode& seen, const at::Tensor& bias) {
  if (!bias.defined()) return {};
  std::vector<at::Tensor> inputs = seen.inputs;
  inputs[0] = at::zeros_like(seen.inputs[0]);
  inputs[2] = bias;
  return run_node(seen.node, seen.graph, inputs)[0];
}

// Relevance shared out among sums of products and a bias, which keeps its share.
at::Tensor shared_out(const RelevantNode& seen, const std::vector<Product>& products, const at::Tensor& bias,
                      double epsilon, const at::Tensor& relevance) {
  std::vector<ProductSum> sums;
  for (const Product& product : products) sums.emplace_back(seen, product);
  at::Tensor z = bias_of(seen, bias);
  for (const ProductSum& sum : sums) z = z.defined() ? z + sum.result() : sum.result();
  const at::Tensor seed = relevance / stabilized(z, epsilon);
  at::Tensor found = sums[0].share(seed);
  for (size_t i = 1; i < sums.size(); ++i) found = found + sums[i].share(seed);
  return found;
}

at::Tensor flat_relevance(const RelevantNode& seen, double epsilon, const at::Tensor& relevance) {
  const Product ones{at::ones_like(seen.inputs[0]), at::ones_like(seen.inputs[1])};
  return shared_out(seen, {ones}, {}, epsilon, relevance);
}

at::Tensor box_relevance(const RelevantNode& seen, const RuleConstants& constants, const at::Tensor& relevance) {
  const at::Tensor &x = seen.inputs[0], &weight = seen.inputs[1];
  const ProductSum whole(seen, {x, weight}), low(seen, {constants.low.expand_as(x), above_zero(weight)}),
      high(seen, {constants.high.expand_as(x), below_zero(weight)});
  const at::Tensor z = whole.result() - low.result() - high.result();
  const at::Tensor seed = relevance / stabilized(z, constants.epsilon);
  return whole.share(seed) - low.share(seed) - high.share(seed);
}

}  // namespace

at::Tensor weighted_relevance(const RelevantNode& seen, RelevanceRule rule, const RuleConstants& constants,
                              const at::Tensor& relevance) {
  const at::Tensor &x = seen.inputs[0], &weight = seen.inputs[1];
  const at::Tensor bias = seen.inputs.size() > 2 ? seen.inputs[2] : at::Tensor();
  const auto part = [&](at::Tensor (*of)(const at::Tensor&)) { return bias.defined() ? of(bias) : bias; };
  const double epsilon = constants.epsilon;
  if (rule == RelevanceRule::kEpsilon) return shared_out(seen, {{x, weight}}, bias, epsilon, relevance);
  if (rule == RelevanceRule::kFlat) return flat_relevance(seen, epsilon, relevance);
  if (rule == RelevanceRule::kBox) return box_relevance(seen, constants, relevance);
  const at::Tensor up = above_zero(x), down = below_zero(x), plus = above_zero(weight), minus = below_zero(weight);
  if (rule == RelevanceRule::kGamma) {
    const double gamma = constants.gamma;
    const at::Tensor z = run_node(seen.node, seen.graph, std::vector(seen.inputs))[0];
    const at::Tensor more = weight + gamma * plus, less = weight + gamma * minus;
    const auto biased = [&](at::Tensor (*of)(const at::Tensor&)) {
      return bias.defined() ? bias + gamma * of(bias) : bias;
    };
    const at::Tensor none = at::zeros_like(relevance);
    return shared_out(seen, {{up, more}, {down, less}}, biased(above_zero), epsilon,
                      at::where(z > 0, relevance, none)) +
           shared_out(seen, {{up, less}, {down, more}}, biased(below_zero), epsilon, at::where(z > 0, none, relevance));
  }
  const at::Tensor speaks_for = shared_out(seen, {{up, plus}, {down, minus}}, part(above_zero), epsilon, relevance);
  if (rule == RelevanceRule::kPlus) return speaks_for;
  return 2 * speaks_for - shared_out(seen, {{up, minus}, {down, plus}}, part(below_zero), epsilon, relevance);
}

std::vector<at::Tensor> arranged_relevance(const RelevantNode& seen, const std::vector<at::Tensor>& relevance) {
  const at::AutoGradMode with_gradients(true);
  std::vector<at::Tensor> inputs = seen.inputs, leaves;
  for (const size_t i : seen.varied) {
    inputs[i] = inputs[i].detach().requires_grad_();
    leaves.push_back(inputs[i]);
  }
  std::vector<at::Tensor> results, seeds;
  const std::vector<at::Tensor> outputs = run_node(seen.node, seen.graph, inputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (i >= relevance.size() || !relevance[i].defined() || !outputs[i].requires_grad()) continue;
    results.push_back(outputs[i]);
    seeds.push_back(relevance[i]);
  }
  if (results.empty()) return std::vector<at::Tensor>(leaves.size());
  return torch::autograd::grad(results, leaves, seeds, c10::nullopt, false, /*allow_unused=*/true);
}

std::vector<at::Tensor> summed_relevance(const RelevantNode& seen, double epsilon, const at::Tensor& relevance) {
  const at::Tensor z = run_node(seen.node, seen.graph, std::vector(seen.inputs))[0];
  std::vector<at::Tensor> found = arranged_relevance(seen, {relevance / stabilized(z, epsilon)});
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i].defined()) found[i] = found[i] * seen.inputs[seen.varied[i]];
  }
  return found;
}

}  // namespace microtome
