// SPDX-License-Identifier: Apache-2.0
// Rectifiers whose backward lets positive gradients through alone.
#include "microtome/network/ops/operator.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

bool is_rectifier(const NodeFacts& facts) {
  const auto lower_bound = require_operator(facts.node).lower_bound;
  return lower_bound != nullptr && lower_bound(facts) == 0;
}

}  // namespace

Network guided_backprop(const Network& network) {
  return {with_other_backward(network.graph(), is_rectifier, "Guided"), network.facts(), network.layers()};
}

Network deconvolution(const Network& network) {
  return {with_other_backward(network.graph(), is_rectifier, "Deconvolved"), network.facts(), network.layers()};
}

}  // namespace microtome
