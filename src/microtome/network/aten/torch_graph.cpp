// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/aten/torch_graph.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome {
namespace {

constexpr size_t kMostTorchNodes = 1 << 16;
constexpr int64_t kTorchOpset = 20;

// As many elements as asked for, kept in one.
at::Tensor shape_alone(const at::Tensor& made) { return at::zeros({}, made.options()).expand(made.sizes()); }

std::string in_small_letters(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return name;
}

at::Tensor as_kept(const at::Tensor& values) {
  const bool other = values.is_floating_point() && values.scalar_type() != at::kFloat;
  return other ? values.to(at::kFloat) : values;
}

}  // namespace

TorchGraph::TorchGraph(const std::vector<int64_t>& shape) {
  graph_.input = add("input", shape, {});
  input_ = std::make_shared<TorchTensor>();
  input_->now = at::zeros({}, at::kFloat).expand(shape);
  input_->depends = true;
  input_->value = graph_.input;
  limits_ = RunLimits::for_input(input_->now);
}

TorchTensorPtr TorchGraph::known(const at::Tensor& values, const std::string& name, bool writable) {
  auto made = std::make_shared<TorchTensor>();
  made->now = as_kept(values);
  made->name = name;
  made->writable = writable;
  return made;
}

// Repeated names count up, as torch.fx does it.
std::string TorchGraph::free_name(const std::string& wanted) {
  std::string name = wanted;
  while (!names_.insert(name).second) name = fmt::format("{}_{}", wanted, ++counts_[wanted]);
  return name;
}

ValueIndex TorchGraph::add(const std::string& wanted, std::vector<int64_t> shape, at::Tensor constant) {
  graph_.values.push_back({free_name(wanted), std::move(shape), std::move(constant)});
  return static_cast<ValueIndex>(graph_.values.size()) - 1;
}

ValueIndex TorchGraph::index_of(TorchTensor& tensor, const std::string& reader) {
  if (tensor.depends || (tensor.value >= 0 && !tensor.writable)) return tensor.value;
  // What the program may still write into is kept as it is now.
  const at::Tensor kept = tensor.writable ? tensor.now.clone() : tensor.now;
  tensor.value = add(tensor.name.empty() ? reader + ".constant" : tensor.name, kept.sizes().vec(), kept);
  return tensor.value;
}

std::string TorchGraph::name_of(const std::string& op, const std::string& name) {
  if (!next_name_.empty()) return std::exchange(next_name_, {});
  const std::string own = name.empty() ? in_small_letters(op) : name;
  return path().empty() ? own : path() + "." + own;
}

std::vector<at::Tensor> TorchGraph::run(const Node& node, std::span<const TorchTensorPtr> inputs) const {
  std::vector<at::Tensor> given(inputs.size()), made(node.outputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]) given[i] = inputs[i]->now;
  }
  const std::vector<char> wanted(made.size(), 1);
  OperatorCall call{.node = node, .inputs = given, .outputs = made, .wanted = wanted, .limits = limits_};
  const at::NoGradGuard no_gradients;
  const AllocationBound bound(limits_.bytes);
  try {
    require_operator(node).run(call);
  } catch (const c10::Error& failure) {
    throw Error(ErrorKind::kCorrupt, "",
                fmt::format("{} does not fit its input: {}", node.name, failure.what_without_backtrace()));
  }
  for (const at::Tensor& tensor : made) {
    if (!tensor.defined()) throw Error(ErrorKind::kUnsupported, "", node.name + " makes fewer values than are asked");
    limits_.check_value(tensor);
  }
  return made;
}

std::vector<TorchTensorPtr> TorchGraph::nodes(const std::string& op, std::vector<TorchTensorPtr> inputs,
                                              std::map<std::string, Attribute> attributes, size_t outputs,
                                              const std::string& name) {
  if (graph_.nodes.size() >= kMostTorchNodes) {
    throw Error(ErrorKind::kUnsupported, "", fmt::format("makes more than {} operations", kMostTorchNodes));
  }
  bool depends = false;
  for (const TorchTensorPtr& input : inputs) {
    if (!input || !input->depends) continue;
    depends = true;
    if (input->seen == *input->writes) continue;
    throw Error(ErrorKind::kUnsupported, "",
                fmt::format("{}: a view is read after another one of the same values was written", op));
  }
  Node node;
  node.op = op;
  node.name = depends ? name_of(op, name) : op;
  node.version = kTorchOpset;
  node.attributes = std::move(attributes);
  node.outputs.assign(outputs, -1);
  const std::vector<at::Tensor> made = run(node, inputs);
  std::vector<TorchTensorPtr> results;
  for (const at::Tensor& tensor : made) {
    const bool own = !depends && std::none_of(inputs.begin(), inputs.end(), [&](const TorchTensorPtr& input) {
      return input && tensor.is_alias_of(input->now);
    });
    if (own) spend(static_cast<int64_t>(tensor.nbytes()));
    auto result = known(depends ? shape_alone(tensor) : tensor, {}, own);
    result->depends = depends;
    results.push_back(std::move(result));
  }
  if (!depends) return results;
  for (size_t i = 0; i < outputs; ++i) {
    results[i]->value = node.outputs[i] = add(node.name, made[i].sizes().vec(), {});
  }
  node.name = graph_.values[at_index(node.outputs[0])].name;
  for (const TorchTensorPtr& input : inputs) node.inputs.push_back(input ? index_of(*input, node.name) : -1);
  graph_.nodes.push_back(std::move(node));
  return results;
}

TorchTensorPtr TorchGraph::node(const std::string& op, std::vector<TorchTensorPtr> inputs,
                                std::map<std::string, Attribute> attributes, const std::string& name) {
  return nodes(op, std::move(inputs), std::move(attributes), 1, name).at(0);
}

void TorchGraph::spend(int64_t bytes) {
  constexpr int64_t kMostSpent = int64_t{1} << 30;
  spent_ += bytes;
  if (spent_ <= kMostSpent) return;
  throw Error(ErrorKind::kUnsupported, "", fmt::format("makes more than {} MB of values of nothing", kMostSpent >> 20));
}

void TorchGraph::enter(const std::string& path, bool leaf) { scopes_.push_back({path, leaf, graph_.nodes.size()}); }

void TorchGraph::leave() {
  const Scope scope = scopes_.back();
  scopes_.pop_back();
  if (!scope.leaf || graph_.nodes.size() == scope.first_node || scope.path.empty()) return;
  Node& last = graph_.nodes.back();
  if (last.outputs.size() != 1) return;
  std::string& name = graph_.values[at_index(last.outputs[0])].name;
  names_.erase(name);
  last.name = name = free_name(scope.path);
}

void TorchGraph::write(TorchTensorPtr& target, const TorchTensorPtr& made) {
  if (target->depends != made->depends || target->now.sizes() != made->now.sizes()) {
    throw Error(ErrorKind::kUnsupported, "", "writes into a part of a tensor");
  }
  if (!made->depends) {
    if (!target->writable) throw Error(ErrorKind::kUnsupported, "", "writes into its own weights");
    target->now.copy_(made->now);
    target->value = -1;
    return;
  }
  target->seen = ++*target->writes;
  target->value = made->value;
  target->now = made->now;
}

TorchTensorPtr TorchGraph::as_view(const TorchTensorPtr& base, TorchTensorPtr made) {
  if (made == base) return made;
  made->writes = base->writes;
  made->seen = base->seen;
  if (!made->depends) made->writable = base->writable && made->now.is_alias_of(base->now);
  return made;
}

Graph TorchGraph::finish(const std::vector<TorchTensorPtr>& outputs) {
  for (const TorchTensorPtr& output : outputs) graph_.outputs.push_back(output->value);
  return std::move(graph_);
}

}  // namespace microtome
