// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/relevance.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/explain/relevance_rules.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"
#include "microtome/network/threads.h"

namespace microtome {
namespace {

// Of sums of products: in the first layer, in convolutions, in dense layers.
struct RelevanceComposite {
  RelevanceRule first, convolution, dense;
};

RelevanceComposite composite_named(const std::string& name) {
  using enum RelevanceRule;
  static const std::map<std::string, RelevanceComposite> kComposites = {
      {"epsilon-plus-flat", {kFlat, kPlus, kEpsilon}},
      {"epsilon-gamma-box", {kBox, kGamma, kEpsilon}},
      {"epsilon", {kEpsilon, kEpsilon, kEpsilon}},
      {"gamma", {kGamma, kGamma, kGamma}},
      {"plus", {kPlus, kPlus, kPlus}},
      {"alpha2-beta1", {kAlphaBeta, kAlphaBeta, kAlphaBeta}}};
  const auto found = kComposites.find(name);
  if (found != kComposites.end()) return found->second;
  throw Error(ErrorKind::kUsage, "rules", fmt::format("there are no rules \"{}\"", name),
              "epsilon-plus-flat, epsilon-gamma-box, epsilon, gamma, plus or alpha2-beta1");
}

// A node on a way from the picture to where relevance begins.
struct RelevanceStep {
  const Node* node;
  RelevanceFlow flow;
  RelevanceRule rule;
  std::vector<size_t> varied;  // inputs that depend on the picture
};

[[noreturn]] void no_rule(const Node& node, const Graph& graph, const std::string& why) {
  throw Error(ErrorKind::kUnsupported, node_label(node, graph), "has no rule for relevance" + why,
              "begin at a layer before it (logits instead of probabilities), or choose another method: integrated, "
              "gradcam, occlusion");
}

// Relevance goes to one factor or one matrix only where the others are constants.
void check_linear(const RelevanceStep& step, const Graph& graph) {
  if (step.flow == RelevanceFlow::kNone) no_rule(*step.node, graph, "");
  const bool weighted = step.flow == RelevanceFlow::kWeighted;
  if (weighted && (step.varied.size() != 1 || step.varied[0] != 0)) {
    no_rule(*step.node, graph, ": it multiplies what is computed with what is computed");
  }
}

}  // namespace

struct Relevance::State {
  RelevanceSettings settings;
  RuleConstants constants;
  Graph graph;
  ValueIndex through = -1;
  std::vector<RelevanceStep> steps;  // in running order
  std::optional<Schedule> schedule;

  void find_steps(const RelevanceComposite& composite) {
    const std::vector<Dependence> depends = input_dependence(graph);
    std::vector<char> weighted(graph.values.size(), 0);  // by value: behind a sum of products
    for (const Node* node : needed_nodes(graph, graph.outputs)) {
      RelevanceStep step{node, require_operator(*node).relevance, composite.dense, {}};
      bool first = true;
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        const ValueIndex value = node->inputs[i];
        if (value < 0 || depends[at_index(value)] != Dependence::kContent) continue;
        step.varied.push_back(i);
        first = first && weighted[at_index(value)] == 0;
      }
      if (step.varied.empty()) continue;
      check_linear(step, graph);
      if (step.flow == RelevanceFlow::kWeighted) {
        const bool dense = graph.values[at_index(node->inputs[1])].constant.dim() <= 2;
        step.rule = first ? composite.first : dense ? composite.dense : composite.convolution;
      }
      for (const ValueIndex value : node->outputs) {
        if (value >= 0) weighted[at_index(value)] = !first || step.flow == RelevanceFlow::kWeighted;
      }
      steps.push_back(std::move(step));
    }
  }

  RelevantNode what_it_read(const RelevanceStep& step, const std::vector<at::Tensor>& values) const {
    RelevantNode seen{*step.node, graph, {}, step.varied};
    for (const ValueIndex value : step.node->inputs) {
      if (value < 0) {
        seen.inputs.emplace_back();
      } else {
        const at::Tensor& made = values[at_index(value)];
        seen.inputs.push_back(made.defined() ? made : graph.values[at_index(value)].constant);
      }
    }
    return seen;
  }

  // Sums and products by number tell apart: twice the inputs give twice the result, up to what it is of zeros.
  void check_sum(const RelevantNode& seen) const {
    if (seen.varied.size() < 2) return;
    const auto scaled = [&](double by) {
      std::vector<at::Tensor> inputs = seen.inputs;
      for (const size_t i : seen.varied) inputs[i] = inputs[i] * by;
      return run_node(seen.node, seen.graph, inputs)[0];
    };
    const at::Tensor once = scaled(1);
    const double bent = (scaled(2) - 2 * once + scaled(0)).abs().max().item<double>();
    if (bent > 1e-3 * once.abs().max().item<double>()) {
      no_rule(seen.node, seen.graph, ": it multiplies what is computed with what is computed");
    }
  }

  std::vector<at::Tensor> back_through(const RelevanceStep& step, const RelevantNode& seen,
                                       const std::vector<at::Tensor>& relevance) const {
    switch (step.flow) {
      case RelevanceFlow::kWeighted:
        return {weighted_relevance(seen, step.rule, constants, relevance[0])};
      case RelevanceFlow::kSummed:
        check_sum(seen);
        return summed_relevance(seen, constants.epsilon, relevance[0]);
      case RelevanceFlow::kArranged:
        return arranged_relevance(seen, relevance);
      default:
        return {relevance[0]};
    }
  }
};

Relevance::Relevance(const Network& network, const std::vector<std::string>& layers, RelevanceSettings settings,
                     const std::string& through) {
  auto state = std::make_unique<State>();
  state->settings = std::move(settings);
  state->constants = {state->settings.epsilon, state->settings.gamma, state->settings.low, state->settings.high};
  const RelevanceComposite composite = composite_named(state->settings.rules);
  if (composite.first == RelevanceRule::kBox && !state->constants.low.defined()) {
    throw Error(ErrorKind::kInternal, "relevance", "the box is not said");
  }
  std::vector<ValueIndex> wanted;
  for (const std::string& layer : layers) wanted.push_back(network.layer(layer).value);
  if (!through.empty()) wanted.push_back(network.layer(through).value);
  const Graph pruned = pruned_graph(network.graph(), wanted);
  state->graph = folded_batch_norm(pruned, pruned.outputs);
  if (!through.empty()) {
    state->through = state->graph.outputs.back();
    state->graph.outputs.pop_back();
  }
  state->find_steps(composite);
  state->schedule.emplace(state->graph, state->graph.outputs);
  state_ = std::move(state);
}

Relevance::~Relevance() = default;

namespace {

void add_relevance(at::Tensor& sum, const at::Tensor& more) {
  if (more.defined()) sum = sum.defined() ? sum + more : more;
}

// Only the channels named keep theirs.
at::Tensor of_channels(const at::Tensor& relevance, std::span<const int64_t> channels) {
  if (channels.empty()) return relevance;
  at::Tensor kept = at::zeros_like(relevance);
  for (const int64_t channel : channels) {
    if (channel < 0 || channel >= relevance.size(1)) {
      throw Error(ErrorKind::kUsage, "channels", fmt::format("there is no channel {}", channel),
                  fmt::format("they run from 0 to {}", relevance.size(1) - 1));
    }
    kept.select(1, channel).copy_(relevance.select(1, channel));
  }
  return kept;
}

}  // namespace

Relevance::Run Relevance::run(const at::Tensor& input, const Seeds& seeds, std::span<const int64_t> channels) const {
  use_one_kernel_thread();
  const State& s = *state_;
  std::vector<at::Tensor> values(s.graph.values.size());
  values[at_index(s.graph.input)] = input;
  {
    const at::AutoGradMode no_gradients(false);
    s.schedule->visit(input, {}, [&](ValueIndex value, const at::Tensor& made) { values[at_index(value)] = made; });
  }
  Run run;
  for (const ValueIndex value : s.graph.outputs) run.values.push_back(values[at_index(value)]);
  std::vector<at::Tensor> relevance(values.size());
  const std::vector<at::Tensor> begun = seeds(run.values);
  for (size_t i = 0; i < begun.size(); ++i) add_relevance(relevance[at_index(s.graph.outputs[i])], begun[i]);
  const auto pass_gate = [&] {
    run.through = relevance[at_index(s.through)];
    std::fill(relevance.begin(), relevance.end(), at::Tensor());
    if (run.through.defined()) relevance[at_index(s.through)] = of_channels(run.through, channels);
  };
  for (auto step = s.steps.rbegin(); step != s.steps.rend(); ++step) {
    const std::vector<ValueIndex>& outputs = step->node->outputs;
    if (s.through >= 0 && std::count(outputs.begin(), outputs.end(), s.through) > 0) pass_gate();
    std::vector<at::Tensor> arrived;
    bool any = false;
    for (const ValueIndex value : outputs) {
      arrived.push_back(value >= 0 ? std::move(relevance[at_index(value)]) : at::Tensor());
      any = any || arrived.back().defined();
    }
    if (!any) continue;
    const std::vector<at::Tensor> parts = s.back_through(*step, s.what_it_read(*step, values), arrived);
    for (size_t i = 0; i < parts.size(); ++i) {
      add_relevance(relevance[at_index(step->node->inputs[step->varied[i]])], parts[i]);
    }
  }
  if (s.through == s.graph.input) pass_gate();
  const at::Tensor& found = relevance[at_index(s.graph.input)];
  run.input = found.defined() ? found : at::zeros_like(input);
  return run;
}

}  // namespace microtome
