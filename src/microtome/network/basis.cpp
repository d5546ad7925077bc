// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/basis.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <complex>
#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/base/rng.h"
#include "microtome/network/formats/safetensors_file.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

ValueIndex add_value(Graph& graph, const std::string& name, std::vector<int64_t> shape) {
  Value value;
  value.name = name;
  value.shape = std::move(shape);
  graph.values.push_back(std::move(value));
  return static_cast<ValueIndex>(graph.values.size() - 1);
}

// Adds a node that makes a new value behind what it reads.
ValueIndex add_node(Graph& graph, const std::string& op, const std::string& name, std::vector<ValueIndex> inputs,
                    std::map<std::string, Attribute> attributes, std::vector<int64_t> shape) {
  Node node;
  node.op = op;
  node.name = name;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  node.outputs = {add_value(graph, name, std::move(shape))};
  const ValueIndex made = node.outputs[0];
  int last = -1;
  const std::vector<int> makers = find_makers(graph);
  for (const ValueIndex input : node.inputs) last = std::max(last, makers[static_cast<size_t>(input)]);
  graph.nodes.insert(graph.nodes.begin() + last + 1, std::move(node));
  return made;
}

ValueIndex integers(Graph& graph, const std::string& name, const std::vector<int64_t>& values) {
  return add_constant(graph, name, at::tensor(values, at::kLong));
}

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

at::Tensor normal_matrix(int64_t n, uint64_t seed) {
  Rng rng(seed, "rotation");
  at::Tensor out = at::empty({n, n}, at::kDouble);
  double* data = out.data_ptr<double>();
  for (int64_t i = 0; i < n * n; ++i) data[i] = rng.normal();
  return out;
}

}  // namespace

Basis random_rotation(int64_t channels, uint64_t seed, double alpha) {
  auto [q, r] = at::linalg_qr(normal_matrix(channels, seed));
  q = q * at::sign(at::diagonal(r)).unsqueeze(0);
  // Not `det`: it multiplies n pivots.
  const double determinant = std::get<0>(at::linalg_slogdet(q)).item<double>();
  if (determinant < 0) q.select(0, 0).neg_();
  if (alpha == 1) return {"random1", q.to(at::kFloat).contiguous()};
  const auto [values, vectors] = at::linalg_eig(q);
  const at::Tensor angles = at::angle(values) * alpha;
  const at::Tensor powers = at::complex(at::cos(angles), at::sin(angles));
  // The eigenvectors of an orthogonal matrix with distinct eigenvalues are orthogonal: the inverse is the adjoint.
  const at::Tensor power = at::matmul(vectors * powers.unsqueeze(0), at::linalg_inv(vectors));
  return {fmt::format("random{:g}", alpha), at::real(power).to(at::kFloat).contiguous()};
}

Basis principal_components(const at::Tensor& covariance) {
  const auto [values, vectors] = at::linalg_eigh(covariance.to(at::kDouble));
  at::Tensor rows = vectors.flip(1).t().contiguous();
  for (int64_t k = 0; k < rows.size(0); ++k) {
    const int64_t largest = rows[k].abs().argmax().item<int64_t>();
    if (rows[k][largest].item<double>() < 0) rows[k].neg_();
  }
  return {"pca", rows.to(at::kFloat).contiguous()};
}

namespace {

constexpr std::string_view kTensorMark = ".safetensors:";

// Where the name of the tensor begins in "FILE.safetensors:TENSOR"; npos in other texts.
size_t tensor_begin(const std::string& text) {
  const size_t mark = text.find(kTensorMark);
  return mark == std::string::npos ? mark : mark + kTensorMark.size();
}

at::Tensor read_tensor(const std::string& file, const std::string& name) {
  const SafetensorsFile content = parse_safetensors(std::make_shared<const std::string>(read_file(file)), file);
  std::string matrices;
  for (const auto& [known, tensor] : content.tensors) {
    if (known == name) return tensor;
    if (tensor.dim() != 2) continue;
    matrices += fmt::format("{}{} [{}]", matrices.empty() ? "" : ", ", known, fmt::join(tensor.sizes(), ", "));
  }
  throw Error(ErrorKind::kUsage, file, fmt::format("has no tensor \"{}\"", name),
              matrices.empty() ? "it holds no matrix at all" : "name one of its matrices: " + matrices);
}

}  // namespace

bool names_basis_file(const std::string& text) {
  return text.ends_with(".npy") || text.ends_with(".safetensors") || tensor_begin(text) != std::string::npos;
}

std::string basis_file(const std::string& text) {
  const size_t begin = tensor_begin(text);
  return begin == std::string::npos ? text : text.substr(0, begin - 1);
}

Basis read_basis(const std::string& text, int64_t channels) {
  const std::string file = basis_file(text), stem = std::filesystem::path(file).stem().string();
  Basis basis{stem, {}};
  if (file.ends_with(".safetensors")) {
    const std::string tensor = file == text ? "" : text.substr(file.size() + 1);
    basis.vectors = read_tensor(file, tensor);
    basis.name = fmt::format("{}.{}", stem, tensor);
  } else {
    const NpyFloats array = parse_npy(read_file(file), file);
    basis.vectors = at::tensor(array.values, at::kFloat).reshape(array.shape);
  }
  const at::Tensor& matrix = basis.vectors;
  const bool plain = matrix.dim() == 2 && matrix.size(1) == channels;
  const bool turned = matrix.dim() == 2 && matrix.size(0) == channels;
  if ((!plain && !turned) || !at::isFloatingType(matrix.scalar_type())) {
    throw Error(ErrorKind::kUsage, text,
                fmt::format("is of shape [{}] and type {}; the layer has {} channels", fmt::join(matrix.sizes(), ", "),
                            at::toString(matrix.scalar_type()), channels),
                "a basis is a matrix of floats with a row (or a column) of that length for each unit");
  }
  basis.vectors = (plain ? matrix : matrix.t()).to(at::kFloat).contiguous();
  return basis;
}

Network with_basis(const Network& network, const std::string& layer, const Basis& basis) {
  const Layer& from = network.layer(layer);
  check_basis(basis, from.units, from.name);
  Graph graph = network.graph();
  const std::string name = fmt::format("{}~{}", from.name, basis.name);
  const int64_t units = basis.vectors.size(0), channels = basis.vectors.size(1);
  std::vector<int64_t> shape = graph.values[static_cast<size_t>(from.value)].shape;
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

Network with_maps(const Network& network, const std::string& layer, const std::string& suffix) {
  const Layer& from = network.layer(layer);
  if (from.shape.size() != 2) {
    throw Error(ErrorKind::kUsage, from.name,
                fmt::format("has {} axes; ~grid, ~class and ~line are for layers of two", from.shape.size()));
  }
  Graph graph = network.graph();
  const std::string name = fmt::format("{}~{}", from.name, suffix);
  const int64_t first = from.shape[0], second = from.shape[1];
  if (suffix == "line") {
    const ValueIndex shape = integers(graph, name + ".shape", {0, first, 1, second});
    add_node(graph, "Reshape", name, {from.value, shape}, {}, {-1, first, 1, second});
    return {std::move(graph), network.facts(), network.layers()};
  }
  if (suffix == "class") {
    const ValueIndex at = add_constant(graph, name + ".index", at::scalar_tensor(0, at::kLong));
    add_node(graph, "Gather", name, {from.value, at}, {{"axis", int64_t{1}}}, {-1, second});
    return {std::move(graph), network.facts(), network.layers()};
  }
  const auto root = [](int64_t n) { return static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(n)))); };
  const bool plain = root(first) * root(first) == first, classed = root(first - 1) * root(first - 1) == first - 1;
  if (suffix != "grid" || first < 1 || (!plain && !classed)) {
    throw Error(ErrorKind::kUsage, name, fmt::format("{} tokens make no square, with or without a class token", first),
                "use ~class for the class token, or ~line for a layer of channels by positions");
  }
  const int64_t side = plain ? root(first) : root(first - 1);
  ValueIndex tokens = from.value;
  if (!plain) {
    const auto at = [&](const char* what, int64_t value) {
      return integers(graph, fmt::format("{}.{}", name, what), {value});
    };
    tokens = add_node(graph, "Slice", name + "/tokens", {tokens, at("start", 1), at("end", first), at("axis", 1)}, {},
                      {-1, first - 1, second});
  }
  const ValueIndex channels = add_node(graph, "Transpose", name + "/channels", {tokens},
                                       {{"perm", std::vector<int64_t>{0, 2, 1}}}, {-1, second, side * side});
  const ValueIndex shape = integers(graph, name + ".shape", {0, second, side, side});
  add_node(graph, "Reshape", name, {channels, shape}, {}, {-1, second, side, side});
  return {std::move(graph), network.facts(), network.layers()};
}

namespace {

[[noreturn]] void refuse(const Node& node) {
  throw Error(ErrorKind::kUnsupported, node.name,
              fmt::format("a rotation cannot be folded into the {} that reads the layer", node.op),
              "choose a layer that only Conv, Gemm or MatMul read");
}

// The consumer's weights after the channels of its input `value` were rotated by q.
at::Tensor unrotated(const NodeFacts& facts, ValueIndex value, const at::Tensor& q) {
  const Operator& op = require_operator(facts.node);
  const at::Tensor weight = facts.constant(1);
  if (!weight.defined() || facts.node.inputs[0] != value || op.unrotated == nullptr) refuse(facts.node);
  at::Tensor out = op.unrotated(facts.node, weight, q);
  if (!out.defined()) refuse(facts.node);
  return out;
}

}  // namespace

Network folded_rotation(const Network& network, const std::string& layer, const Basis& basis) {
  const Layer& from = network.layer(layer);
  Network rotated = with_basis(network, layer, basis);
  Graph graph = rotated.graph();
  const ValueIndex turned = rotated.layer(fmt::format("{}~{}", from.name, basis.name)).value;
  const at::Tensor q = basis.vectors.to(at::kFloat);
  std::vector<ValueIndex> open = {from.value};
  std::vector<ValueIndex> done;
  while (!open.empty()) {
    const ValueIndex value = open.back();
    open.pop_back();
    done.push_back(value);
    for (Node& node : graph.nodes) {
      if (std::find(node.inputs.begin(), node.inputs.end(), value) == node.inputs.end()) continue;
      if (node.outputs[0] == turned) continue;
      const auto passes = require_operator(node).passes_rotation;
      if (passes != nullptr && passes({node, graph})) {
        for (const ValueIndex output : node.outputs) open.push_back(output);
      } else {
        node.inputs[1] = add_constant(graph, node.name + ".unrotated", unrotated({node, graph}, value, q));
      }
      if (value == from.value) std::replace(node.inputs.begin(), node.inputs.end(), from.value, turned);
    }
  }
  return {std::move(graph), network.facts(), network.layers()};
}

}  // namespace microtome
