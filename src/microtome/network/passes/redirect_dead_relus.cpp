// SPDX-License-Identifier: Apache-2.0
// Rectifiers whose gradient passes where they are dead.
#include "microtome/network/ops/operator.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

bool is_clamp(const NodeFacts& facts) { return require_operator(facts.node).lower_bound != nullptr; }

}  // namespace

Graph redirected_graph(Graph graph) { return with_other_backward(std::move(graph), is_clamp, "Redirected"); }

Network redirect_dead_relus(const Network& network) {
  return {redirected_graph(network.graph()), network.facts(), network.layers()};
}

}  // namespace microtome
