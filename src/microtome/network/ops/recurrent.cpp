// SPDX-License-Identifier: Apache-2.0
// RNN, GRU and LSTM, in one or both directions, over sequences of their own lengths.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <limits>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;

struct ActivationRule {
  std::string_view name;
  double alpha, beta;  // where the file names none; NaN: it takes none
  Tensor (*apply)(const Tensor& x, double alpha, double beta);
};

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr ActivationRule kActivationRules[] = {
    {"sigmoid", kNone, kNone, [](const Tensor& x, double, double) { return at::sigmoid(x); }},
    {"tanh", kNone, kNone, [](const Tensor& x, double, double) { return at::tanh(x); }},
    {"relu", kNone, kNone, [](const Tensor& x, double, double) { return at::relu(x); }},
    {"softsign", kNone, kNone, [](const Tensor& x, double, double) { return x / (x.abs() + 1); }},
    {"softplus", kNone, kNone, [](const Tensor& x, double, double) { return at::softplus(x); }},
    {"affine", 1, 0, [](const Tensor& x, double a, double b) { return x * a + b; }},
    {"leakyrelu", 0.01, kNone, [](const Tensor& x, double a, double) { return at::where(x > 0, x, x * a); }},
    {"thresholdedrelu", 1, kNone,
     [](const Tensor& x, double a, double) { return at::where(x > a, x, at::zeros_like(x)); }},
    {"scaledtanh", 1, 1, [](const Tensor& x, double a, double b) { return at::tanh(x * b) * a; }},
    {"hardsigmoid", 0.2, 0.5, [](const Tensor& x, double a, double b) { return at::clamp(x * a + b, 0, 1); }},
    {"elu", 1, kNone, [](const Tensor& x, double a, double) { return at::where(x > 0, x, a * (x.exp() - 1)); }},
};

using Squash = std::function<Tensor(const Tensor&)>;

template <class T>
std::vector<T> listed(const Node& node, const std::string& name) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return {};
  if (const auto* list = std::get_if<std::vector<T>>(&found->second)) return *list;
  if (const auto* integers = std::get_if<std::vector<int64_t>>(&found->second); integers && integers->empty())
    return {};
  throw Error(ErrorKind::kCorrupt, "", fmt::format("attribute \"{}\" is of another type", name),
              "export the network again");
}

// `usual`: the functions of one direction. Parameters are handed out in order to the functions that take any.
std::vector<Squash> activations(const Node& node, const std::vector<std::string>& usual, size_t directions) {
  std::vector<std::string> names = listed<std::string>(node, "activations");
  if (names.empty()) {
    for (size_t i = 0; i < directions; ++i) names.insert(names.end(), usual.begin(), usual.end());
  }
  const std::vector<double> alphas = listed<double>(node, "activation_alpha");
  const std::vector<double> betas = listed<double>(node, "activation_beta");
  const double clip = float_attribute(node, "clip", std::numeric_limits<double>::infinity());
  size_t alpha = 0, beta = 0;
  std::vector<Squash> found;
  for (std::string name : names) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto* rule = std::ranges::find(kActivationRules, name, &ActivationRule::name);
    if (rule == std::end(kActivationRules)) {
      throw Error(ErrorKind::kUnsupported, "", fmt::format("the activation \"{}\" is not known here", name), "");
    }
    const double a = rule->alpha == rule->alpha && alpha < alphas.size() ? alphas[alpha++] : rule->alpha;
    const double b = rule->beta == rule->beta && beta < betas.size() ? betas[beta++] : rule->beta;
    found.emplace_back([apply = rule->apply, a, b, clip](const Tensor& x) {
      return apply(clip < std::numeric_limits<double>::infinity() ? at::clamp(x, -clip, clip) : x, a, b);
    });
  }
  if (found.size() == usual.size() * directions) return found;
  throw Error(ErrorKind::kCorrupt, "", fmt::format("names {} activations", found.size()), "export the network again");
}

// One direction: weights as the file stacks them, gate by gate.
struct Weights {
  Tensor input, hidden, input_bias, hidden_bias, peephole;  // [G*H,I], [G*H,H], [G*H], [G*H], [3H] or undefined
};

struct State {
  Tensor hidden, cell;  // [N,H]; the cell of an LSTM alone
};

struct Cell {
  const OperatorCall& call;
  const Weights& weights;
  const Squash* squash;
  int64_t size;  // H

  Tensor gate(const Tensor& all, int64_t i) const { return all.narrow(-1, i * size, size); }
  Tensor from_hidden(const Tensor& hidden, int64_t first, int64_t count) const {
    return at::matmul(hidden, weights.hidden.narrow(0, first * size, count * size).t()) +
           weights.hidden_bias.narrow(0, first * size, count * size);
  }
};

// h' = f(x W + h R + b)
State step_rnn(const Cell& cell, const Tensor& x, const State& before) {
  return {cell.squash[0](x + cell.from_hidden(before.hidden, 0, 1)), {}};
}

// Gates z, r, h: h' = (1 - z) n + z h, n = g(x W + (r h) R + b), or with linear_before_reset g(x W + b + r (h R + b)).
State step_gru(const Cell& cell, const Tensor& x, const State& before) {
  const Tensor& h = before.hidden;
  const Tensor two = cell.squash[0](x.narrow(-1, 0, 2 * cell.size) + cell.from_hidden(h, 0, 2));
  const Tensor z = cell.gate(two, 0), r = cell.gate(two, 1);
  const bool late = int_attribute(cell.call.node, "linear_before_reset", 0) != 0;
  const Tensor recalled = late ? r * cell.from_hidden(h, 2, 1) : cell.from_hidden(r * h, 2, 1);
  const Tensor fresh = cell.squash[1](cell.gate(x, 2) + recalled);
  return {(1 - z) * fresh + z * h, {}};
}

// Gates i, o, f, c: c' = f c + i g(..), h' = o h(c'); peepholes show i and f the old cell, o the new one.
State step_lstm(const Cell& cell, const Tensor& x, const State& before) {
  const Tensor all = x + cell.from_hidden(before.hidden, 0, 4);
  const auto peep = [&](const Tensor& gate, int64_t i, const Tensor& seen) {
    return cell.weights.peephole.defined() ? gate + cell.gate(cell.weights.peephole, i) * seen : gate;
  };
  const Tensor in = cell.squash[0](peep(cell.gate(all, 0), 0, before.cell));
  const bool coupled = int_attribute(cell.call.node, "input_forget", 0) != 0;
  const Tensor keep = coupled ? 1 - in : cell.squash[0](peep(cell.gate(all, 2), 2, before.cell));
  const Tensor made = keep * before.cell + in * cell.squash[1](cell.gate(all, 3));
  const Tensor out = cell.squash[0](peep(cell.gate(all, 1), 1, made));
  return {out * cell.squash[2](made), made};
}

using Step = State (*)(const Cell& cell, const Tensor& x, const State& before);

// One direction over x [T,N,I]; `lengths` [N] or undefined. Steps beyond a sequence's length leave its state and give
// 0.
Tensor run_direction(const Cell& cell, Step step, const Tensor& x, const Tensor& lengths, bool backwards,
                     State& state) {
  const Tensor seen = at::matmul(x, cell.weights.input.t()) + cell.weights.input_bias;
  std::vector<Tensor> made(static_cast<size_t>(x.size(0)));
  for (int64_t i = 0; i < x.size(0); ++i) {
    const int64_t t = backwards ? x.size(0) - 1 - i : i;
    const State next = step(cell, seen[t], state);
    if (!lengths.defined()) {
      made[static_cast<size_t>(t)] = next.hidden;
      state = next;
      continue;
    }
    const Tensor within = (lengths > t).unsqueeze(1);
    made[static_cast<size_t>(t)] = at::where(within, next.hidden, at::zeros_like(next.hidden));
    state.hidden = at::where(within, next.hidden, state.hidden);
    if (next.cell.defined()) state.cell = at::where(within, next.cell, state.cell);
  }
  return at::stack(made);
}

[[noreturn]] void sequence_does_not_fit(const std::string& what) {
  throw Error(ErrorKind::kCorrupt, "", what + " do not fit the sequence", "check the size of the input");
}

struct Layout {
  int64_t steps, batch, inputs, hidden, directions, gates;
  bool batch_first = false;
};

Layout checked_layout(const OperatorCall& call, const Tensor& x, int64_t gates) {
  const Tensor &w = call.input(1), r = call.input(2);
  if (x.dim() != 3 || w.dim() != 3 || r.dim() != 3 || x.numel() == 0) sequence_does_not_fit("the weights");
  const Layout layout{x.size(0), x.size(1), x.size(2), r.size(2), w.size(0), gates};
  const int64_t rows = gates * layout.hidden;
  const bool fits = layout.hidden > 0 && w.size(1) == rows && r.size(1) == rows && w.size(2) == layout.inputs &&
                    r.size(0) == layout.directions;
  const std::string direction = string_attribute(call.node, "direction", "forward");
  const bool both = direction == "bidirectional";
  if (!fits || layout.directions != (both ? 2 : 1)) sequence_does_not_fit("the weights");
  if (!both && direction != "forward" && direction != "reverse") sequence_does_not_fit("the directions");
  // A step costs some small operators, whatever its size.
  constexpr double kStep = 1 << 16;
  const double each = static_cast<double>(layout.batch * rows) * static_cast<double>(layout.inputs + layout.hidden);
  call.limits.check_work(static_cast<double>(layout.steps * layout.directions) * (each + kStep));
  return layout;
}

// The state before the first step: input i [D,N,H] (batch first: [N,D,H]), zeros where it is absent.
Tensor initial(const OperatorCall& call, size_t i, const Layout& layout, bool batch_first, const Tensor& x) {
  if (!call.has(i)) return at::zeros({layout.directions, layout.batch, layout.hidden}, x.options());
  const Tensor given = batch_first ? call.inputs[i].transpose(0, 1) : call.inputs[i];
  if (given.sizes() != at::IntArrayRef({layout.directions, layout.batch, layout.hidden})) {
    sequence_does_not_fit("the initial states");
  }
  return given;
}

Weights weights_of(const OperatorCall& call, const Layout& layout, int64_t direction) {
  const int64_t rows = layout.gates * layout.hidden;
  const Tensor &w = call.inputs[1], r = call.inputs[2];
  const Tensor bias = call.has(3) ? call.inputs[3] : at::zeros({layout.directions, 2 * rows}, w.options());
  if (bias.sizes() != at::IntArrayRef({layout.directions, 2 * rows})) sequence_does_not_fit("the biases");
  Weights weights{
      w[direction], r[direction], bias[direction].narrow(0, 0, rows), bias[direction].narrow(0, rows, rows), {}};
  if (!call.has(7)) return weights;
  if (call.inputs[7].sizes() != at::IntArrayRef({layout.directions, 3 * layout.hidden})) {
    sequence_does_not_fit("the peepholes");
  }
  weights.peephole = call.inputs[7][direction];
  return weights;
}

void run_layer(OperatorCall& call, int64_t gates, const std::vector<std::string>& usual, Step step) {
  const bool batch_first = int_attribute(call.node, "layout", 0) != 0;
  const Tensor x = batch_first ? call.input(0).transpose(0, 1) : call.input(0);
  const Layout layout = checked_layout(call, x, gates);
  const std::vector<Squash> squash = activations(call.node, usual, static_cast<size_t>(layout.directions));
  const Tensor hidden = initial(call, 5, layout, batch_first, x);
  const Tensor cells = gates == 4 ? initial(call, 6, layout, batch_first, x) : Tensor();
  const Tensor lengths = call.has(4) ? call.inputs[4].to(x.device(), at::kLong).reshape(-1) : Tensor();
  if (lengths.defined() && lengths.numel() != layout.batch) sequence_does_not_fit("the lengths");
  const bool reverse = string_attribute(call.node, "direction", "forward") == "reverse";
  std::vector<Tensor> made, last, last_cells;
  for (int64_t d = 0; d < layout.directions; ++d) {
    const Weights weights = weights_of(call, layout, d);
    const Cell cell{call, weights, squash.data() + static_cast<size_t>(d) * usual.size(), layout.hidden};
    State state{hidden[d], cells.defined() ? cells[d] : Tensor()};
    made.push_back(run_direction(cell, step, x, lengths, reverse || d == 1, state));
    last.push_back(state.hidden);
    last_cells.push_back(state.cell);
  }
  call.outputs[0] = batch_first ? at::stack(made, 2).transpose(0, 1) : at::stack(made, 1);
  const int64_t axis = batch_first ? 1 : 0;
  if (call.wants(1)) call.outputs[1] = at::stack(last, axis);
  if (call.wants(2) && cells.defined()) call.outputs[2] = at::stack(last_cells, axis);
}

void run_rnn(OperatorCall& call) { run_layer(call, 1, {"Tanh"}, step_rnn); }
void run_gru(OperatorCall& call) { run_layer(call, 3, {"Sigmoid", "Tanh"}, step_gru); }
void run_lstm(OperatorCall& call) { run_layer(call, 4, {"Sigmoid", "Tanh", "Tanh"}, step_lstm); }

double recurrent_macs(const NodeFacts& facts) {
  const auto &x = facts.input_shape(0), &w = facts.input_shape(1), &r = facts.input_shape(2);
  if (x.size() != 3 || w.size() != 3 || r.size() != 3) return 0;
  return static_cast<double>(x[0] * x[1]) * static_cast<double>(w[0] * w[1]) * static_cast<double>(w[2] + r[2]);
}

constexpr Operator recurrent_operator(std::string_view name, void (*run)(OperatorCall&)) {
  return {.name = name, .run = run, .window = everything, .macs = recurrent_macs, .learned = {1, 3}};
}

constexpr Operator kRecurrentOperators[] = {
    recurrent_operator("RNN", run_rnn),
    recurrent_operator("GRU", run_gru),
    recurrent_operator("LSTM", run_lstm),
};

}  // namespace

extern const OperatorFamily recurrent;
const OperatorFamily recurrent{"recurrent", kRecurrentOperators};

}  // namespace microtome::operators
