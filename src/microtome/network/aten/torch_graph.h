// SPDX-License-Identifier: Apache-2.0
// Writes a graph down while a PyTorch program is gone through once, on an input of fixed lengths: what depends on the
// input becomes a node, everything else is computed at once.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "microtome/network/aten/torch_value.h"
#include "microtome/network/graph.h"
#include "microtome/network/limits.h"

namespace microtome {

// Operators are those of Graph, at opset 20. Throws Error(kUnsupported) with an empty `where`, Error(kCorrupt)
// where lengths do not fit, so that another input may do; every operator runs within RunLimits::for_input, and a
// program makes at most 2^16 nodes.
class TorchGraph {
 public:
  // [N,C,H,W] and the like; the graph's input is "input".
  explicit TorchGraph(const std::vector<int64_t>& shape);

  const TorchTensorPtr& input() const { return input_; }

  // Of known values. A name becomes that of the constant in the graph.
  static TorchTensorPtr known(const at::Tensor& values, const std::string& name = {}, bool writable = false);

  // One node; null inputs are left out. `name` is the last part of its name, else the operator's in small letters.
  TorchTensorPtr node(const std::string& op, std::vector<TorchTensorPtr> inputs,
                      std::map<std::string, Attribute> attributes = {}, const std::string& name = {});
  std::vector<TorchTensorPtr> nodes(const std::string& op, std::vector<TorchTensorPtr> inputs,
                                    std::map<std::string, Attribute> attributes, size_t outputs,
                                    const std::string& name = {});

  // Memory that known values take, counted up to 1 GB, then Error(kUnsupported).
  void spend(int64_t bytes);

  // Modules: nodes are named below the innermost. Leaving one that has no modules in it gives the value that it made
  // last the module's name: "layer1.0.conv1".
  void enter(const std::string& path, bool leaf);
  void leave();
  // A name in full for the next node alone, where the file has one.
  void name_next(const std::string& name) { next_name_ = name; }

  // Writes `made` over what `target` and its views hold.
  void write(TorchTensorPtr& target, const TorchTensorPtr& made);
  // That `made` shares its values with `base`.
  static TorchTensorPtr as_view(const TorchTensorPtr& base, TorchTensorPtr made);

  // Takes the graph; `outputs` that depend on the input.
  Graph finish(const std::vector<TorchTensorPtr>& outputs);

 private:
  struct Scope {
    std::string path;
    bool leaf = false;
    size_t first_node = 0;
  };

  ValueIndex add(const std::string& wanted, std::vector<int64_t> shape, at::Tensor constant);
  std::string free_name(const std::string& wanted);
  ValueIndex index_of(TorchTensor& tensor, const std::string& reader);
  std::vector<at::Tensor> run(const Node& node, std::span<const TorchTensorPtr> inputs) const;
  std::string name_of(const std::string& op, const std::string& name);
  // The module that nodes are made in.
  std::string path() const { return scopes_.empty() ? std::string() : scopes_.back().path; }

  Graph graph_;
  TorchTensorPtr input_;
  RunLimits limits_;
  std::vector<Scope> scopes_;
  std::unordered_set<std::string> names_;
  std::map<std::string, int64_t> counts_;
  std::string next_name_;
  int64_t spent_ = 0;
};

}  // namespace microtome
