// SPDX-License-Identifier: Apache-2.0
// The reference executor, ATen with autograd: any operator, any device.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "microtome/base/error.h"
#include "microtome/network/executor.h"
#include "microtome/network/schedule.h"

namespace microtome::executors {
namespace {

class AtenTape : public Tape {
 public:
  AtenTape(at::Tensor input, std::vector<at::Tensor> outputs) : input_(std::move(input)), outputs_(std::move(outputs)) {
    for (const at::Tensor& output : outputs_) taps_.push_back(output.detach());
  }

  const std::vector<at::Tensor>& taps() const override { return taps_; }

  at::Tensor pull_back(std::span<const at::Tensor> gradients) override {
    if (gradients.size() != taps_.size() || !input_.defined()) {
      throw Error(ErrorKind::kInternal, "gradient", "a tape is pulled back once, with one gradient a tap");
    }
    torch::autograd::variable_list roots, seeds;
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined() || !outputs_[i].requires_grad()) continue;
      roots.push_back(std::move(outputs_[i]));
      seeds.push_back(gradients[i]);
    }
    const at::Tensor input = std::move(input_);
    input_ = at::Tensor();
    outputs_.clear();
    if (roots.empty()) return at::zeros_like(input).detach();
    try {
      const at::Tensor gradient =
          torch::autograd::grad(roots, {input}, seeds, c10::nullopt, false, /*allow_unused=*/true)[0];
      return gradient.defined() ? gradient : at::zeros_like(input).detach();
    } catch (const c10::Error&) {
      throw Error(ErrorKind::kUnsupported, "gradient", "the network cannot be run backwards",
                  "an operator on the way has no gradient for its attributes or types");
    }
  }

 private:
  at::Tensor input_;
  std::vector<at::Tensor> outputs_;
  std::vector<at::Tensor> taps_;
};

// Weights are put on the device once. Integers (shapes, axes, pads) stay on the CPU, where the operators read them.
Graph on_device(Graph graph, const at::Device& device) {
  for (Value& value : graph.values) {
    if (value.constant.defined() && value.constant.is_floating_point()) value.constant = value.constant.to(device);
  }
  return graph;
}

class AtenExecutor : public Executor {
 public:
  AtenExecutor(Graph graph, std::vector<std::string> taps)
      : graph_(std::move(graph)), schedule_(graph_, graph_.outputs), taps_(std::move(taps)) {}

  std::vector<at::Tensor> run(const at::Tensor& input, std::span<const at::Tensor> given) const override {
    const at::AutoGradMode no_gradients(false);
    return schedule_.run(input, {.given = given});
  }

  std::unique_ptr<Tape> record(const at::Tensor& input, std::span<const at::Tensor> given) const override {
    const at::AutoGradMode with_gradients(true);
    at::Tensor leaf = input.detach().requires_grad_();
    std::vector<at::Tensor> outputs = schedule_.run(leaf, {.given = given});
    return std::make_unique<AtenTape>(std::move(leaf), std::move(outputs));
  }

  const std::vector<std::string>& taps() const override { return taps_; }

 private:
  const Graph graph_;
  const Schedule schedule_;
  const std::vector<std::string> taps_;
};

std::unique_ptr<Executor> make_aten(Graph graph, std::vector<std::string> taps, const at::Device& device) {
  return std::make_unique<AtenExecutor>(on_device(std::move(graph), device), std::move(taps));
}

}  // namespace

extern const ExecutorKind aten;
const ExecutorKind aten{"aten", "ATen with autograd: any operator, any device", make_aten};

}  // namespace microtome::executors
