// SPDX-License-Identifier: Apache-2.0
// Gemm, MatMul, sums of products by equation, determinants.
#include <ATen/ATen.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

// Of [...,rows,length] by [...,length,columns]. Stacks of 1 are repeated, so the larger one counts on each axis; their
// product bounds that from above.
void check_product(const OperatorCall& call, const at::Tensor& a, const at::Tensor& b) {
  if (a.dim() == 0 || b.dim() == 0) return;
  const double columns = b.dim() == 1 ? 1.0 : static_cast<double>(b.size(-1));
  const at::IntArrayRef stack_a = a.sizes().slice(0, static_cast<size_t>(std::max<int64_t>(a.dim() - 2, 0)));
  const at::IntArrayRef stack_b = b.sizes().slice(0, static_cast<size_t>(std::max<int64_t>(b.dim() - 2, 0)));
  const bool same = stack_a == stack_b || stack_b.empty();
  call.limits.check_work(count_elements(a.sizes()) * columns * (same ? 1.0 : count_elements(stack_b)));
}

// alpha * A' B' + beta * C
void run_gemm(OperatorCall& call) {
  const double alpha = float_attribute(call.node, "alpha", 1.0);
  const double beta = float_attribute(call.node, "beta", 1.0);
  const at::Tensor a = int_attribute(call.node, "transA", 0) ? call.input(0).t() : call.input(0);
  const at::Tensor b = int_attribute(call.node, "transB", 0) ? call.input(1).t() : call.input(1);
  check_product(call, a, b);
  if (call.has(2)) {
    call.outputs[0] = at::addmm(call.inputs[2], a, b, beta, alpha);
  } else {
    const at::Tensor product = at::mm(a, b);
    call.outputs[0] = alpha == 1.0 ? product : product * alpha;
  }
}

void run_matmul(OperatorCall& call) {
  check_product(call, call.input(0), call.input(1));
  call.outputs[0] = at::matmul(call.inputs[0], call.inputs[1]);
}

// The lengths of all axes that the equation names, together: each is walked through for each other one.
double equation_work(std::string_view equation, std::span<const at::Tensor> inputs) {
  std::map<char, double> lengths;
  double unnamed = 1;
  size_t operand = 0;
  for (size_t at = 0; at < equation.size() && operand < inputs.size(); ++operand) {
    const size_t end = std::min(equation.find_first_of(",-", at), equation.size());
    const std::string_view term = equation.substr(at, end - at);
    const at::Tensor& x = inputs[operand];
    const auto letters = std::count_if(term.begin(), term.end(), [](unsigned char c) { return std::isalpha(c); });
    int64_t axis = 0, dots = 0;
    for (const char letter : term) {
      if (letter == '.' && ++dots == 1) {
        const int64_t hidden = std::max<int64_t>(x.dim() - letters, 0);
        unnamed = std::max(unnamed, count_elements(x.sizes().slice(axis, hidden)));
        axis += hidden;
      }
      if (!std::isalpha(static_cast<unsigned char>(letter)) || axis >= x.dim()) continue;
      double& length = lengths[letter];
      length = std::max(length, static_cast<double>(x.size(axis++)));
    }
    at = end < equation.size() && equation[end] == ',' ? end + 1 : equation.size();
  }
  for (const auto& [letter, length] : lengths) unnamed *= std::max(length, 1.0);
  return unnamed;
}

void run_einsum(OperatorCall& call) {
  std::vector<at::Tensor> inputs;
  for (size_t i = 0; i < std::max<size_t>(call.inputs.size(), 1); ++i) inputs.push_back(call.input(i));
  const std::string equation = string_attribute(call.node, "equation", "");
  call.limits.check_work(equation_work(equation, inputs));
  call.outputs[0] = at::einsum(equation, inputs);
}

void run_det(OperatorCall& call) {
  const at::Tensor& x = call.input(0);
  call.limits.check_work(static_cast<double>(x.numel()) * static_cast<double>(x.dim() > 0 ? x.size(-1) : 1));
  call.outputs[0] = at::linalg_det(x);
}

// Output elements times the length of the axis summed over.
double macs(const NodeFacts& facts, bool first_transposed) {
  const auto& a = facts.input_shape(0);
  if (a.empty()) return 0;
  double all = static_cast<double>(first_transposed ? a.front() : a.back());
  for (const int64_t length : facts.output_shape(0)) all *= static_cast<double>(length);
  return all;
}

double gemm_macs(const NodeFacts& facts) { return macs(facts, int_attribute(facts.node, "transA", 0) != 0); }
double matmul_macs(const NodeFacts& facts) { return macs(facts, false); }

int64_t gemm_unit_axis(const Node& node) {
  if (float_attribute(node, "beta", 1) != 1 || int_attribute(node, "transA", 0)) return -1;
  return int_attribute(node, "transB", 0) ? 0 : 1;
}

at::Tensor matmul_unrotated(const Node&, const at::Tensor& weight, const at::Tensor& q) {
  return at::matmul(q, weight).contiguous();
}

at::Tensor gemm_unrotated(const Node& node, const at::Tensor& weight, const at::Tensor& q) {
  if (int_attribute(node, "transB", 0) == 0) return matmul_unrotated(node, weight, q);
  return at::matmul(weight, q.t()).contiguous();
}

constexpr Operator kLinearOperators[] = {
    {.name = "Gemm",
     .run = run_gemm,
     .window = everything,
     .macs = gemm_macs,
     .mixes_channels = true,
     .relevance = RelevanceFlow::kWeighted,
     .learned = {1, 2},
     .unit_axis = gemm_unit_axis,
     .unrotated = gemm_unrotated},
    {.name = "MatMul",
     .run = run_matmul,
     .window = everything,
     .macs = matmul_macs,
     .mixes_channels = true,
     .relevance = RelevanceFlow::kWeighted,
     .learned = {1, 1},
     .unrotated = matmul_unrotated},
    {.name = "Einsum", .run = run_einsum, .window = everything},
    {.name = "Det", .run = run_det, .window = everything},
};

}  // namespace

extern const OperatorFamily linear;
const OperatorFamily linear{"linear", kLinearOperators};

}  // namespace microtome::operators
