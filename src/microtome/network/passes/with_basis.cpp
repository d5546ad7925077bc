// SPDX-License-Identifier: Apache-2.0
// A layer seen in another basis.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "microtome/base/error.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

void check_basis(const Basis& basis, int64_t channels, const std::string& layer) {
  const std::string where = fmt::format("basis \"{}\"", basis.name);
  if (basis.vectors.dim() != 2 || basis.vectors.size(1) != channels) {
    throw Error(ErrorKind::kUsage, where,
                fmt::format("is of shape [{}], layer \"{}\" has {} channels", fmt::join(basis.vectors.sizes(), ", "),
                            layer, channels),
                "a basis has a row for each unit and a column for each channel");
  }
  if (!at::isfinite(basis.vectors).all().item<bool>()) {
    throw Error(ErrorKind::kUsage, where, "holds numbers that are not finite");
  }
  const at::Tensor zero = (basis.vectors.abs().sum(1) == 0).nonzero();
  if (zero.numel() > 0) {
    throw Error(ErrorKind::kUsage, where, fmt::format("row {} is zero", zero[0].item<int64_t>()));
  }
}

}  // namespace

Network with_basis(const Network& network, const std::string& layer, const Basis& basis) {
  const Layer& from = network.layer(layer);
  check_basis(basis, from.units, from.name);
  Graph graph = network.graph();
  const std::string name = derived_name(from.name, basis.name);
  const int64_t units = basis.vectors.size(0), channels = basis.vectors.size(1);
  std::vector<int64_t> shape = graph.values[at_index(from.value)].shape;
  if (from.shape.size() != 3 && from.shape.size() != 1) {
    throw Error(ErrorKind::kUsage, from.name,
                fmt::format("a layer with {} axes has no channels to combine", from.shape.size()),
                "make it maps first: LAYER~grid or LAYER~line");
  }
  shape[1] = units;
  if (from.shape.size() == 3) {
    const ValueIndex weight = add_constant(graph, name + ".weight", basis.vectors.reshape({units, channels, 1, 1}));
    add_node(graph, "Conv", name, {from.value, weight}, {{"kernel_shape", std::vector<int64_t>{1, 1}}}, shape);
  } else {
    const ValueIndex weight = add_constant(graph, name + ".weight", basis.vectors.contiguous());
    add_node(graph, "Gemm", name, {from.value, weight}, {{"transB", int64_t{1}}}, shape);
  }
  return {std::move(graph), network.facts(), network.layers()};
}

}  // namespace microtome
