// SPDX-License-Identifier: Apache-2.0
// The ONNX project's own operator tests (Debian package libonnx-testdata): each model's outputs against those it came
// with. Skipped where the package is not installed.
#include <ATen/ATen.h>

#include <algorithm>

#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/onnx_graph.h"
#include "microtome/network/formats/onnx_tensor.h"
#include "microtome/network/ops/operator.h"

namespace microtome {
namespace {

constexpr const char* kData = "/usr/share/libonnx-testdata/data/";

// Where we differ from the data, and why that may stand. The front of a name is enough.
struct Difference {
  std::string_view test;
  std::string_view reason;
};
constexpr Difference kDifferences[] = {
    {"test_training_dropout", "dropout acts only in training"},
    {"test_batchnorm_epsilon_training_mode", "batch statistics only in training"},
    {"test_batchnorm_example_training_mode", "batch statistics only in training"},
    {"test_adagrad", "training: names no standard operator set"},
    {"test_adam", "training: names no standard operator set"},
    {"test_momentum", "training: names no standard operator set"},
    {"test_nesterov_momentum", "training: names no standard operator set"},
    {"test_resize_downsample_scales_linear_align_corners", "the data counts a fraction of a pixel as length"},
    {"test_resize_downsample_scales_cubic_align_corners", "the data counts a fraction of a pixel as length"},
    {"test_cast_BFLOAT16_to_FLOAT", "the data holds bfloat16 as the integers of its bits"},
    {"test_cast_FLOAT_to_BFLOAT16", "the data holds bfloat16 as the integers of its bits"},
    {"test_castlike_BFLOAT16_to_FLOAT", "the data holds bfloat16 as the integers of its bits"},
    {"test_castlike_FLOAT_to_BFLOAT16", "the data holds bfloat16 as the integers of its bits"},
    {"test_PReLU_1d_multiparam", "a slope for each channel before operator set 7"},
    {"test_PReLU_2d_multiparam", "a slope for each channel before operator set 7"},
    {"test_PReLU_3d_multiparam", "a slope for each channel before operator set 7"},
};

std::string_view known_difference(const std::string& test) {
  for (const Difference& difference : kDifferences) {
    if (test.starts_with(difference.test)) return difference.reason;
  }
  return {};
}

enum class Outcome { kRight, kWrong, kRefused, kNoInput, kUnknownOperator };

struct Verdict {
  Outcome outcome = Outcome::kRight;
  std::string reason;
};

onnx::TensorProto read_tensor(const std::string& path) {
  onnx::TensorProto proto;
  proto.ParseFromString(read_file(path));
  return proto;
}

bool is_float(const onnx::TensorProto& proto) {
  return proto.data_type() == onnx::TensorProto::FLOAT || proto.data_type() == onnx::TensorProto::FLOAT16 ||
         proto.data_type() == onnx::TensorProto::DOUBLE;
}

// The reader takes networks of one input: the first of floats stays (or the first of all), the others become weights.
// Returns the data of the one that stays; false when there is none.
bool keep_one_input(onnx::ModelProto& model, const std::string& data, onnx::TensorProto& kept) {
  auto& graph = *model.mutable_graph();
  std::vector<std::string> names;
  for (const auto& input : graph.input()) {
    const auto& weights = graph.initializer();
    const bool weight =
        std::any_of(weights.begin(), weights.end(), [&](const auto& w) { return w.name() == input.name(); });
    if (!weight) names.push_back(input.name());
  }
  std::vector<onnx::TensorProto> tensors;
  for (size_t i = 0; i < names.size(); ++i) tensors.push_back(read_tensor(data + "input_" + std::to_string(i) + ".pb"));
  auto chosen = std::find_if(tensors.begin(), tensors.end(), is_float);
  if (chosen == tensors.end()) chosen = tensors.begin();
  if (chosen == tensors.end()) return false;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i == static_cast<size_t>(chosen - tensors.begin())) continue;
    tensors[i].set_name(names[i]);
    *graph.add_initializer() = tensors[i];
  }
  kept = *chosen;
  return true;
}

bool close(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return false;
  return at::allclose(found.to(at::kDouble), expected.to(at::kDouble), 1e-3, 1e-5, /*equal_nan=*/true);
}

std::string text_of(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes() << " " << tensor.flatten().slice(0, 0, 4).to(at::kDouble);
  std::string line = text.str();
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

Verdict compare(const onnx::ModelProto& model, const std::string& data, const std::string& path, at::Tensor input) {
  const Graph graph = read_onnx_graph(model.SerializeAsString(), path, 0);
  for (const Node& node : graph.nodes) {
    if (find_operator(node.op) == nullptr) return {Outcome::kUnknownOperator, node.op};
  }
  const auto outputs = evaluate(graph, input, graph.outputs);
  ExternalData none(path);
  for (size_t i = 0; i < outputs.size(); ++i) {
    onnx::TensorProto proto = read_tensor(data + "output_" + std::to_string(i) + ".pb");
    const at::Tensor expected = take_tensor(proto, none, path);
    if (!close(outputs[i], expected)) {
      return {Outcome::kWrong,
              "output " + std::to_string(i) + ": " + text_of(outputs[i]) + ", expected " + text_of(expected)};
    }
  }
  return {};
}

Verdict try_case(const std::string& folder) {
  const std::string data = folder + "/test_data_set_0/";
  try {
    onnx::ModelProto model;
    model.ParseFromString(read_file(folder + "/model.onnx"));
    for (const auto& input : model.graph().input()) {
      if (!input.type().has_tensor_type()) return {Outcome::kRefused, "an input that is no tensor"};
    }
    onnx::TensorProto kept;
    if (!keep_one_input(model, data, kept)) return {Outcome::kNoInput, ""};
    ExternalData none(folder);
    return compare(model, data, folder, take_tensor(kept, none, folder));
  } catch (const Error& error) {
    const bool honest = error.kind() == ErrorKind::kUnsupported;
    return {honest ? Outcome::kRefused : Outcome::kWrong, error.what()};
  } catch (const std::exception& failure) {
    return {Outcome::kWrong, failure.what()};
  }
}

std::map<std::string, Verdict> try_set(const std::string& set) {
  std::map<std::string, Verdict> verdicts;
  for (const auto& entry : std::filesystem::directory_iterator(kData + set)) {
    if (std::filesystem::exists(entry.path() / "model.onnx")) {
      verdicts[entry.path().filename().string()] = try_case(entry.path().string());
    }
  }
  return verdicts;
}

int count(const std::map<std::string, Verdict>& verdicts, Outcome outcome) {
  return static_cast<int>(
      std::count_if(verdicts.begin(), verdicts.end(), [&](const auto& v) { return v.second.outcome == outcome; }));
}

void report(const std::string& set, const std::map<std::string, Verdict>& verdicts) {
  std::printf("%s: %d right, %d wrong, %d refused, %d without input, %d with other operators\n", set.c_str(),
              count(verdicts, Outcome::kRight), count(verdicts, Outcome::kWrong), count(verdicts, Outcome::kRefused),
              count(verdicts, Outcome::kNoInput), count(verdicts, Outcome::kUnknownOperator));
  for (const auto& [name, verdict] : verdicts) {
    if (verdict.outcome == Outcome::kRefused) std::printf("  refused %s: %s\n", name.c_str(), verdict.reason.c_str());
    if (verdict.outcome != Outcome::kWrong) continue;
    const std::string_view known = known_difference(name);
    if (known.empty())
      ADD_FAILURE() << name << ": " << verdict.reason;
    else
      std::printf("  differs %s: %s\n", name.c_str(), std::string(known).c_str());
  }
}

bool installed() { return std::filesystem::exists(kData); }

TEST(OnnxConformance, ConvertedModules) {
  if (!installed()) GTEST_SKIP() << "libonnx-testdata is not installed";
  const auto verdicts = try_set("pytorch-converted");
  report("pytorch-converted", verdicts);
  EXPECT_GE(count(verdicts, Outcome::kRight), 82);
}

TEST(OnnxConformance, ConvertedOperators) {
  if (!installed()) GTEST_SKIP() << "libonnx-testdata is not installed";
  const auto verdicts = try_set("pytorch-operator");
  report("pytorch-operator", verdicts);
  EXPECT_GE(count(verdicts, Outcome::kRight), 35);
}

TEST(OnnxConformance, SingleNodesAreRightOrRefused) {
  if (!installed()) GTEST_SKIP() << "libonnx-testdata is not installed";
  const auto verdicts = try_set("node");
  report("node", verdicts);
  EXPECT_GE(count(verdicts, Outcome::kRight), 765);
}

}  // namespace
}  // namespace microtome
