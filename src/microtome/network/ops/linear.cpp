// SPDX-License-Identifier: Apache-2.0
// Gemm and MatMul.
#include <ATen/ATen.h>

#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

// alpha * A' B' + beta * C
void run_gemm(OperatorCall& call) {
  const double alpha = float_attribute(call.node, "alpha", 1.0);
  const double beta = float_attribute(call.node, "beta", 1.0);
  const at::Tensor a = int_attribute(call.node, "transA", 0) ? call.input(0).t() : call.input(0);
  const at::Tensor b = int_attribute(call.node, "transB", 0) ? call.input(1).t() : call.input(1);
  if (call.has(2)) {
    call.outputs[0] = at::addmm(call.inputs[2], a, b, beta, alpha);
  } else {
    const at::Tensor product = at::mm(a, b);
    call.outputs[0] = alpha == 1.0 ? product : product * alpha;
  }
}

void run_matmul(OperatorCall& call) { call.outputs[0] = at::matmul(call.input(0), call.input(1)); }

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
     .learned = {1, 2},
     .unit_axis = gemm_unit_axis,
     .unrotated = gemm_unrotated},
    {.name = "MatMul",
     .run = run_matmul,
     .window = everything,
     .macs = matmul_macs,
     .mixes_channels = true,
     .learned = {1, 1},
     .unrotated = matmul_unrotated},
};

}  // namespace

extern const OperatorFamily linear;
const OperatorFamily linear{"linear", kLinearOperators};

}  // namespace microtome::operators
