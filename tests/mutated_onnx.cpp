// SPDX-License-Identifier: Apache-2.0
// mutated_onnx COUNT: loads so many models changed in what they mean (testing/mutated_onnx.h), made of a small network
// and of the ONNX project's operator tests, each in a process of its own (limited_child.h). Prints each that ends in
// anything but a network or an Error, and leaves it in the folder for temporary files.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/Parallel.h>

#include "limited_child.h"
#include "microtome/base/file.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/testing/mutated_onnx.h"
#include "microtome/network/formats/testing/small_onnx.h"

namespace microtome {
namespace {

constexpr const char* kOperatorTests = "/usr/share/libonnx-testdata/data/node";
std::vector<onnx::TensorProto> test_inputs(const std::filesystem::path& folder) {
  std::vector<onnx::TensorProto> found;
  for (;;) {
    const std::filesystem::path file = folder / "test_data_set_0" / ("input_" + std::to_string(found.size()) + ".pb");
    if (!std::filesystem::exists(file)) return found;
    if (!found.emplace_back().ParseFromString(read_file(file))) return {};
  }
}

// An operator's test as a network of one input: the other ones are constants.
onnx::ModelProto operator_model(const std::filesystem::path& folder) {
  onnx::ModelProto model;
  if (!model.ParseFromString(read_file(folder / "model.onnx"))) return {};
  const std::vector<onnx::TensorProto> inputs = test_inputs(folder);
  for (size_t i = 1; i < inputs.size() && static_cast<int>(i) < model.graph().input_size(); ++i) {
    onnx::TensorProto& constant = *model.mutable_graph()->add_initializer();
    constant = inputs[i];
    constant.set_name(model.graph().input(static_cast<int>(i)).name());
  }
  return model;
}

std::vector<onnx::ModelProto> operator_models() {
  std::vector<std::filesystem::path> folders;
  std::error_code none;
  for (const auto& folder : std::filesystem::directory_iterator(kOperatorTests, none)) {
    if (std::filesystem::exists(folder.path() / "model.onnx")) folders.push_back(folder.path());
  }
  std::sort(folders.begin(), folders.end());
  std::vector<onnx::ModelProto> models;
  for (const auto& folder : folders) models.push_back(operator_model(folder));
  return models;
}

int run(int64_t count) {
  at::set_num_threads(1);  // a thread would not be there after the fork
  const onnx::ModelProto small = small_model();
  const std::vector<onnx::ModelProto> operators = operator_models();
  std::map<std::string, int64_t> endings;
  int64_t fine = 0;
  for (int64_t i = 0; i < count; ++i) {
    Rng rng(1, "mutated onnx", static_cast<uint64_t>(i));
    const auto operation = static_cast<size_t>(rng.below(std::max<int64_t>(1, std::ssize(operators))));
    onnx::ModelProto model = i % 3 == 0 || operators.empty() ? small : operators[operation];
    mutate(model, rng);
    const auto bytes = std::make_shared<const std::string>(model.SerializeAsString());
    const std::string ending = ending_of([&] { network_from_bytes({"mutated.onnx", bytes}); });
    ++endings[ending];
    if (ending == "done" || ending == "error") {
      ++fine;
      continue;
    }
    const std::string file = std::filesystem::temp_directory_path() / ("mutated_onnx_" + std::to_string(i) + ".onnx");
    write_file(file, *bytes);
    std::printf("FAILED: %s: %s\n", file.c_str(), ending.c_str());
  }
  for (const auto& [ending, number] : endings) {
    std::printf("%lld ended in: %s\n", static_cast<long long>(number), ending.c_str());
  }
  return fine == count ? 0 : 1;
}

}  // namespace
}  // namespace microtome

int main(int count, char** words) {
  if (count != 2) return 2;
  return microtome::run(std::atoll(words[1]));
}
