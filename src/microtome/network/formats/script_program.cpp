// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/script_program.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/error_parts.h"
#include "microtome/network/formats/check_graph.h"
#include "microtome/network/formats/script_objects.h"
#include "microtome/network/formats/script_runner.h"

namespace microtome {
namespace {

constexpr int64_t kUsualScriptSides[] = {224, 299, 256, 227, 384, 336, 192, 160, 128, 112, 96, 64, 48, 40, 32, 28};
constexpr int64_t kLongestGuess = 4096;  // of rows

// Inputs to try, the likeliest first.
std::vector<std::vector<int64_t>> inputs_of(const std::vector<std::vector<int64_t>>& weights, int side) {
  const auto of_rank = [&](size_t rank) {
    return std::find_if(weights.begin(), weights.end(), [&](const auto& shape) {
      return shape.size() == rank && shape[1] > 0 && !(rank == 3 && shape[0] == 1);  // [1,T,C]: tokens
    });
  };
  std::vector<std::vector<int64_t>> inputs;
  const auto kernels = of_rank(4), filters = of_rank(3), matrix = of_rank(2);
  const int64_t asked = side;
  for (const int64_t usual : kUsualScriptSides) {
    const int64_t length = asked > 0 ? asked : usual;
    if (kernels != weights.end()) inputs.push_back({1, (*kernels)[1], length, length});
    if (asked > 0) break;
  }
  if (kernels == weights.end() && filters != weights.end()) {
    inputs.push_back({1, (*filters)[1], std::min(asked > 0 ? asked : 224, kLongestGuess)});
  }
  if (kernels == weights.end() && filters == weights.end() && matrix != weights.end()) {
    inputs.push_back({1, (*matrix)[1]});
  }
  if (inputs.empty()) inputs.push_back({1, 3, asked > 0 ? asked : 224, asked > 0 ? asked : 224});
  return inputs;
}

// Lists may share parts: what is gone through is counted.
void gather_outputs(const TorchValue& value, std::vector<TorchTensorPtr>& outputs, int& left) {
  if (--left < 0) throw Error(ErrorKind::kUnsupported, "", "returns too many values");
  if (value.kind == TorchKind::kTensor && value.tensor->depends) outputs.push_back(value.tensor);
  if (!value.items) return;
  for (const TorchValue& item : *value.items) gather_outputs(item, outputs, left);
}

StoredNetwork run_script(const TorchArchive& archive, ScriptObjects& objects, const std::vector<TorchValue>& constants,
                         const std::vector<int64_t>& input, const std::string& where) {
  try {
    ScriptSources sources(archive, where);
    TorchGraph graph(input);
    ScriptRunner runner(sources, objects, constants, graph);
    std::vector<TorchTensorPtr> outputs;
    int most = 1 << 12;
    gather_outputs(runner.run(), outputs, most);
    if (outputs.empty()) throw Error(ErrorKind::kUnsupported, "", "returns nothing that depends on its input");
    StoredNetwork stored;
    stored.graph = graph.finish(outputs);
    stored.facts.notes.push_back(
        fmt::format("is a TorchScript program, followed with an input of [{}]: what it decides "
                    "by lengths is decided for these",
                    fmt::join(input, ",")));
    if (runner.trained()) stored.facts.notes.push_back("was saved in training mode and is taken for evaluation");
    return stored;
  } catch (const c10::Error& failure) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("does not run: {}", failure.what_without_backtrace()));
  }
}

[[noreturn]] void refuse_program(const Error& failure, const std::string& where) {
  const ErrorParts parts = parts_of(failure);
  if (parts.where == where) throw failure;
  throw Error(ErrorKind::kUnsupported, where,
              fmt::format("is a TorchScript program that cannot be followed: it {}", failure.what()),
              "export the network where it was made: torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), "
              "\"net.onnx\")");
}

}  // namespace

bool is_script(const TorchArchive& archive) { return archive.has("constants.pkl") && !archive.below("code/").empty(); }

StoredNetwork network_of_script(const TorchArchive& archive, int side, const std::string& where) {
  ScriptObjects objects(archive, "data.pkl", "data/", where);
  ScriptObjects of_constants(archive, "constants.pkl", "constants/", where);
  const TorchValue listed = of_constants.root();
  const std::vector<TorchValue> constants = listed.items ? *listed.items : std::vector<TorchValue>();
  std::vector<std::vector<int64_t>> shapes = objects.weight_shapes();
  for (const TorchValue& constant : constants) {  // where a frozen program has its weights
    if (constant.kind == TorchKind::kTensor) shapes.push_back(constant.tensor->now.sizes().vec());
  }
  std::vector<Error> failures;
  for (const std::vector<int64_t>& input : inputs_of(shapes, side)) {
    try {
      StoredNetwork stored = run_script(archive, objects, constants, input, where);
      check_graph(stored.graph, where);
      check_input(stored.graph, where);
      return stored;
    } catch (const Error& failure) {
      failures.push_back(failure);
      if (failure.kind() != ErrorKind::kCorrupt) break;
    }
  }
  // What another input does not help with says more than what does not fit it.
  refuse_program(failures.back().kind() == ErrorKind::kCorrupt ? failures.front() : failures.back(), where);
}

}  // namespace microtome
