// SPDX-License-Identifier: Apache-2.0
// Files of torch.export.save(), written by hand after torch/_export/serde/schema.py: PyTorch 2 is not there to write
// them.
#include <ATen/ATen.h>

#include "microtome/base/json.h"
#include "microtome/base/rng.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/testing/small_pytorch.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;

Json tensor_named(const std::string& name) { return {{"as_tensor", {{"name", name}}}}; }
Json fixed_lengths(at::IntArrayRef lengths) {
  Json all = Json::array();
  for (const int64_t length : lengths) all.push_back({{"as_int", length}});
  return all;
}
Json open_length(int64_t hint) { return {{"as_expr", {{"expr_str", "s0"}, {"hint", {{"as_int", hint}}}}}}; }

Json tensor_meta(const Json& sizes, const Json& strides) {
  return {{"dtype", 7},
          {"sizes", sizes},
          {"requires_grad", false},
          {"device", {{"type", "cpu"}}},
          {"strides", strides},
          {"storage_offset", {{"as_int", 0}}},
          {"layout", 7}};
}

// inputs: name, value, and whether by name.
struct Input {
  std::string name;
  Json value;
  bool by_name = false;
};

Json call_of(const std::string& target, const std::vector<Input>& inputs, const std::string& made,
             const std::string& scope) {
  Json listed = Json::array();
  for (const Input& input : inputs) {
    listed.push_back({{"name", input.name}, {"arg", input.value}, {"kind", input.by_name ? 2 : 1}});
  }
  const std::string stack = "L__self__,,Net;L__self___" + scope + "," + scope + ",torch.nn.Module";
  return {{"target", target},
          {"inputs", listed},
          {"outputs", Json::array({tensor_named(made)})},
          {"metadata", scope.empty() ? Json::object() : Json{{"nn_module_stack", stack}}}};
}

const NamedTensors& exported_weights() {
  static const NamedTensors weights = {
      {"stem.conv.weight", at::arange(6 * 3 * 9, at::kFloat).mul(0.7).sin().reshape({6, 3, 3, 3})},
      {"head.weight", at::arange(30, at::kFloat).mul(1.3).sin().reshape({5, 6})}};
  return weights;
}

// relu(conv(x)), its mean over the map, a matrix; x is [s0,3,20,20].
Json small_program(const Json& sizes, const std::string& activation = "torch.ops.aten.relu.default") {
  const Json one = {{"as_ints", {1, 1}}};
  Json nodes = Json::array();
  nodes.push_back(call_of("torch.ops.aten.conv2d.default",
                          {{"input", tensor_named("x")},
                           {"weight", tensor_named("p_conv")},
                           {"bias", {{"as_none", true}}},
                           {"stride", {{"as_ints", {2, 2}}}},
                           {"padding", one}},
                          "conv2d", "stem.conv"));
  nodes.push_back(call_of(activation, {{"self", tensor_named("conv2d")}}, "act", "stem.act"));
  nodes.push_back(
      call_of("torch.ops.aten.sym_size.int", {{"self", tensor_named("x")}, {"dim", {{"as_int", 0}}}}, "", ""));
  nodes.back()["outputs"] = Json::array({{{"as_sym_int", {{"as_name", "n"}}}}});
  nodes.push_back(
      call_of("torch.ops.aten.mean.dim", {{"self", tensor_named("act")}, {"dim", {{"as_ints", {2, 3}}}}}, "mean", ""));
  nodes.push_back(call_of(
      "torch.ops.aten.view.default",
      {{"self", tensor_named("mean")}, {"size", {{"as_sym_ints", Json::array({{{"as_name", "n"}}, {{"as_int", 6}}})}}}},
      "view", ""));
  nodes.push_back(call_of("torch.ops.aten.linear.default",
                          {{"input", tensor_named("view")}, {"weight", tensor_named("p_head")}}, "linear", "head"));
  Json specs = Json::array();
  for (const auto& [arg, name] : {std::pair{"p_conv", "stem.conv.weight"}, std::pair{"p_head", "head.weight"}}) {
    specs.push_back({{"parameter", {{"arg", {{"name", arg}}}, {"parameter_name", name}}}});
  }
  specs.push_back({{"user_input", {{"arg", tensor_named("x")}}}});
  const Json outputs = Json::array({{{"user_output", {{"arg", tensor_named("linear")}}}}});
  const Json graph = {{"inputs", Json::array()},
                      {"outputs", Json::array()},
                      {"nodes", nodes},
                      {"tensor_values", {{"x", tensor_meta(sizes, sizes)}}},
                      {"sym_int_values", Json::object()},
                      {"sym_bool_values", Json::object()}};
  return {{"graph_module",
           {{"graph", graph},
            {"signature", {{"input_specs", specs}, {"output_specs", outputs}}},
            {"metadata", Json::object()}}},
          {"opset_version", {{"aten", 10}}},
          {"schema_version", {{"major", 8}, {"minor", 8}}}};
}

Json usual_sizes() {
  Json sizes = fixed_lengths({3, 20, 20});
  sizes.insert(sizes.begin(), open_length(2));
  return sizes;
}

// As since PyTorch 2.8: weights as they are, listed.
std::string recent_archive(const std::string& program) {
  std::vector<pickled::Member> members = {{"net/archive_format", "pt2"}, {"net/models/model.json", program}};
  Json listed = Json::object();
  for (size_t i = 0; i < exported_weights().size(); ++i) {
    const auto& [name, tensor] = exported_weights()[i];
    const std::string path = fmt::format("weight_{}", i);
    members.push_back({"net/data/weights/" + path, pickled::raw(tensor)});
    listed[name] = {{"path_name", path},
                    {"is_param", true},
                    {"use_pickle", false},
                    {"tensor_meta", tensor_meta(fixed_lengths(tensor.sizes()), fixed_lengths(tensor.strides()))}};
  }
  members.push_back({"net/data/weights/model_weights_config.json", Json{{"config", listed}}.dump()});
  return pickled::zip(members);
}

// As before PyTorch 2.7: a zip archive without a folder, the weights as torch.save writes them.
std::string old_archive(const std::string& program) {
  const std::string weights =
      pickled::archive(pickled::ordered(pickled::entries(exported_weights())), exported_weights());
  return pickled::zip({{"serialized_exported_program.json", program, true},
                       {"serialized_state_dict.pt", weights},
                       {"serialized_constants.pt", pickled::archive("}", {})},
                       {"version", "8.8"}});
}

Network exported_from(const std::string& bytes, int side = 0) {
  return network_from_bytes({"net.pt2", std::make_shared<const std::string>(bytes)}, side);
}

void check_exported(const Network& network) {
  EXPECT_EQ(network.facts().format, "exported");
  for (const char* name : {"stem.conv", "stem.act", "stem", "head"}) EXPECT_NO_THROW(network.layer(name)) << name;
  for (const int64_t batch : {1, 3}) {
    const at::Tensor x = at::arange(batch * 1200, at::kFloat).mul(0.37).sin().reshape({batch, 3, 20, 20});
    const at::Tensor maps = at::conv2d(x, exported_weights()[0].second, {}, 2, 1).relu();
    const at::Tensor expected = at::linear(maps.mean({2, 3}), exported_weights()[1].second);
    const at::Tensor made = make_executor(network, {network.output_layer().name})->run(x).at(0);
    EXPECT_TRUE(made.allclose(expected, 1e-4, 1e-5));
  }
}

TEST(Exported, IsFollowed) {
  const std::string program = small_program(usual_sizes()).dump();
  check_exported(exported_from(recent_archive(program)));
  check_exported(exported_from(old_archive(program)));
}

TEST(Exported, TakesTheSideAskedForWhereItIsOpen) {
  Json sizes = Json::array({open_length(2), Json{{"as_int", 3}}, open_length(20), open_length(20)});
  const std::string bytes = recent_archive(small_program(sizes).dump());
  EXPECT_EQ(exported_from(bytes).height(), 20);
  EXPECT_EQ(exported_from(bytes, 32).height(), 32);
}

TEST(Exported, NamesWhatItDoesNotKnow) {
  const auto refused = [](const std::string& program) {
    return error_of([&] { exported_from(recent_archive(program)); });
  };
  const auto [kind, message] = refused(small_program(usual_sizes(), "torch.ops.aten.odd.default").dump());
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(message, HasSubstr("in its module \"stem.act\" calls the operator odd, which is not known here"));
  EXPECT_THAT(message, HasSubstr("torch.onnx.export("));
  EXPECT_THAT(refused(small_program(usual_sizes(), "torch.ops.mine.relu.default").dump()).second,
              HasSubstr("torch.ops.mine.relu.default"));
  EXPECT_EQ(refused("{}").first, ErrorKind::kCorrupt);
  EXPECT_EQ(refused("no JSON").first, ErrorKind::kCorrupt);
}

// Every changed byte gives a network or an error.
TEST(Exported, BearsDamage) {
  const std::string program = small_program(usual_sizes()).dump();
  Rng rng(11);
  int read = 0;
  for (int i = 0; i < 300; ++i) {
    std::string changed = program;
    for (int64_t k = rng.below(3); k >= 0; --k) {
      changed[static_cast<size_t>(rng.below(std::ssize(changed)))] = "0129-\"[]{}:,aez"[rng.below(15)];
    }
    try {
      exported_from(i % 2 == 0 ? recent_archive(changed) : old_archive(changed));
      ++read;
    } catch (const Error& failure) {
      EXPECT_TRUE(failure.kind() == ErrorKind::kUnsupported || failure.kind() == ErrorKind::kCorrupt) << failure.what();
    }
  }
  EXPECT_GT(read, 5);
}

}  // namespace
}  // namespace microtome
