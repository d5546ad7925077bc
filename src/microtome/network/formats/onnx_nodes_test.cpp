// SPDX-License-Identifier: Apache-2.0
// Functions, branches, loops and fused operators of ONNX models, and networks of which the end cannot run.
#include <ATen/ATen.h>

#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/onnx_proto.h"

namespace microtome {
namespace {

using onnx::AttributeProto;
using onnx::NodeProto;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

Network load_made(const onnx::ModelProto& model) {
  return network_from_bytes({"nets/made.onnx", std::make_shared<const std::string>(model.SerializeAsString())});
}

at::Tensor run_layer(const Network& network, const std::string& layer, const at::Tensor& x) {
  return make_executor(network, {layer})->run(x)[0];
}

NodeProto node_of(const std::string& op, std::vector<std::string> inputs, std::vector<std::string> outputs,
                  const std::string& domain = "") {
  NodeProto node;
  node.set_op_type(op);
  node.set_domain(domain);
  node.set_name("the " + outputs[0]);
  for (const std::string& name : inputs) node.add_input(name);
  for (const std::string& name : outputs) node.add_output(name);
  return node;
}

AttributeProto& attribute(NodeProto& node, const std::string& name, AttributeProto::AttributeType type) {
  AttributeProto& made = *node.add_attribute();
  made.set_name(name);
  made.set_type(type);
  return made;
}

NodeProto number_node(const std::string& name, double value) {
  NodeProto node = node_of("Constant", {}, {name});
  attribute(node, "value_float", AttributeProto::FLOAT).set_f(static_cast<float>(value));
  return node;
}

NodeProto integer_node(const std::string& name, int64_t value) {
  NodeProto node = node_of("Constant", {}, {name});
  attribute(node, "value_int", AttributeProto::INT).set_i(value);
  return node;
}

// A network of rows [1,4] named "x" whose output is "y".
onnx::ModelProto model_of(const std::vector<NodeProto>& nodes, const std::string& output = "y") {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  auto& graph = *model.mutable_graph();
  graph.add_input()->set_name("x");
  auto& type = *graph.mutable_input(0)->mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  for (const int64_t size : {1, 4}) type.mutable_shape()->add_dim()->set_dim_value(size);
  for (const NodeProto& node : nodes) *graph.add_node() = node;
  graph.add_output()->set_name(output);
  return model;
}

at::Tensor row() { return at::tensor({-1.0F, 0.5F, 2.0F, 3.0F}).reshape({1, 4}); }

onnx::GraphProto body_of(std::vector<std::string> inputs, std::vector<NodeProto> nodes,
                         std::vector<std::string> outputs) {
  onnx::GraphProto body;
  for (const std::string& name : inputs) body.add_input()->set_name(name);
  for (const NodeProto& node : nodes) *body.add_node() = node;
  for (const std::string& name : outputs) body.add_output()->set_name(name);
  return body;
}

NodeProto branching(const std::string& condition) {
  NodeProto node = node_of("If", {condition}, {"y"});
  *attribute(node, "then_branch", AttributeProto::GRAPH).mutable_g() =
      body_of({}, {node_of("Relu", {"x"}, {"one"})}, {"one"});
  *attribute(node, "else_branch", AttributeProto::GRAPH).mutable_g() =
      body_of({}, {node_of("Neg", {"x"}, {"other"})}, {"other"});
  return node;
}

TEST(OnnxNodes, TakesTheBranchThatTheShapesDecide) {
  NodeProto size = node_of("Size", {"x"}, {"size"});
  for (const auto& [count, wanted] : std::map<int64_t, at::Tensor>{{4, row().relu()}, {5, -row()}}) {
    const Network network = load_made(model_of(
        {size, integer_node("count", count), node_of("Equal", {"size", "count"}, {"same"}), branching("same")}));
    EXPECT_TRUE(run_layer(network, "y", row()).equal(wanted));
    EXPECT_TRUE(network.facts().notes.empty());
  }
}

TEST(OnnxNodes, CutsAtABranchThatThePictureDecides) {
  NodeProto largest = node_of("ReduceMax", {"hidden"}, {"largest"});
  attribute(largest, "keepdims", AttributeProto::INT).set_i(0);
  const Network network = load_made(model_of({node_of("Sigmoid", {"x"}, {"hidden"}), largest, number_node("half", 0.5),
                                              node_of("Greater", {"largest", "half"}, {"large"}), branching("large")}));
  EXPECT_TRUE(run_layer(network, "hidden", row()).equal(row().sigmoid()));
  EXPECT_THAT(network.facts().notes, Contains(AllOf(HasSubstr("If node \"the y\""), HasSubstr("no output \"y\""))));
  EXPECT_THAT(error_of([&] { network.output_layer(); }).second, HasSubstr("what is in the picture"));
}

NodeProto loop(const std::string& rounds) {
  NodeProto node = node_of("Loop", {rounds, "", "x"}, {"y", "rows"});
  NodeProto cast = node_of("Cast", {"i"}, {"turn"});
  attribute(cast, "to", AttributeProto::INT).set_i(onnx::TensorProto::FLOAT);
  *attribute(node, "body", AttributeProto::GRAPH).mutable_g() =
      body_of({"i", "on", "value"},
              {cast, node_of("Add", {"value", "x"}, {"sum"}), node_of("Mul", {"sum", "turn"}, {"next"}),
               node_of("Identity", {"on"}, {"still"}), node_of("Neg", {"next"}, {"row"})},
              {"still", "next", "row"});
  return node;
}

TEST(OnnxNodes, UnrollsLoops) {
  const Network network = load_made(model_of({integer_node("rounds", 3), loop("rounds")}));
  at::Tensor value = row();
  std::vector<at::Tensor> rows;
  for (int i = 0; i < 3; ++i) {
    value = (value + row()) * i;
    rows.push_back(-value);
  }
  EXPECT_TRUE(run_layer(network, "y", row()).equal(value));
  onnx::ModelProto both = model_of({integer_node("rounds", 3), loop("rounds")}, "rows");
  const Network rows_of = load_made(both);
  EXPECT_TRUE(evaluate(rows_of.graph(), row(), rows_of.graph().outputs)[0].equal(at::stack(rows)));
}

TEST(OnnxNodes, RefusesEndlessAndUnknownLoops) {
  NodeProto endless = loop("");
  endless.clear_input();
  for (const char* name : {"", "", "x"}) endless.add_input(name);
  for (const auto& [first, what] : std::vector<std::pair<NodeProto, std::string>>{
           {endless, "more than"}, {loop("asked"), "as often as the picture says"}}) {
    NodeProto sum = node_of("ReduceSum", {"x"}, {"sum"});
    attribute(sum, "keepdims", AttributeProto::INT).set_i(0);
    NodeProto asked = node_of("Cast", {"sum"}, {"asked"});
    attribute(asked, "to", AttributeProto::INT).set_i(onnx::TensorProto::INT64);
    const Network network = load_made(model_of({node_of("Relu", {"x"}, {"hidden"}), sum, asked, first}));
    EXPECT_EQ(network.layer("hidden").units, 4);
    EXPECT_THAT(network.facts().notes, Contains(HasSubstr(what)));
  }
}

TEST(OnnxNodes, PutsFunctionsIntoThePlaceOfTheirCalls) {
  onnx::ModelProto model;
  NodeProto call = node_of("Twice", {"x", ""}, {"y"}, "mine");
  attribute(call, "slope", AttributeProto::FLOAT).set_f(0.25F);
  model = model_of({call});
  auto& import = *model.add_opset_import();
  import.set_domain("mine");
  import.set_version(1);
  const auto define = [&](const std::string& name, std::vector<NodeProto> nodes) {
    auto& function = *model.add_functions();
    function.set_name(name);
    function.set_domain("mine");
    for (const char* input : {"a", "unused"}) function.add_input(input);
    function.add_output("b");
    function.add_attribute("slope");
    for (const NodeProto& node : nodes) *function.add_node() = node;
    for (const char* domain : {"", "mine"}) {
      auto& opset = *function.add_opset_import();
      opset.set_domain(domain);
      opset.set_version(domain[0] == 0 ? 17 : 1);
    }
  };
  NodeProto leaky = node_of("LeakyRelu", {"a"}, {"b"});
  AttributeProto& alpha = attribute(leaky, "alpha", AttributeProto::FLOAT);
  alpha.set_ref_attr_name("slope");
  NodeProto first = node_of("Leak", {"a", "unused"}, {"c"}, "mine"), second = node_of("Leak", {"c"}, {"b"}, "mine");
  attribute(first, "slope", AttributeProto::FLOAT).set_ref_attr_name("slope");
  define("Leak", {leaky});
  define("Twice", {first, second});
  const Network network = load_made(model);
  const at::Tensor once = at::leaky_relu(row(), 0.25);
  EXPECT_TRUE(run_layer(network, "y", row()).equal(at::leaky_relu(once, 0.01)));  // the second call gives no slope
  EXPECT_TRUE(run_layer(network, "the y/c", row()).equal(once));
  *model.mutable_functions(0)->mutable_node(0) = first;  // it calls itself
  EXPECT_EQ(error_of([&] { load_made(model); }).first, ErrorKind::kUnsupported);
}

TEST(OnnxNodes, TakesFusedOperatorsApart) {
  const std::string runtime = "com.microsoft";
  NodeProto product = node_of("FusedMatMul", {"x", "x"}, {"y"}, runtime);
  attribute(product, "transA", AttributeProto::INT).set_i(1);
  attribute(product, "alpha", AttributeProto::FLOAT).set_f(0.5F);
  const Network fused = load_made(model_of({product}));
  const at::Tensor made = evaluate(fused.graph(), row(), fused.graph().outputs)[0];
  EXPECT_TRUE(at::allclose(made, 0.5 * row().t().matmul(row())));
  const Network quick = load_made(model_of({node_of("QuickGelu", {"x"}, {"y"}, runtime)}));
  EXPECT_TRUE(at::allclose(run_layer(quick, "y", row()), row() * (row() * 1.702).sigmoid()));
  onnx::ModelProto alone = model_of({node_of("QuickGelu", {"x"}, {"y"}, runtime)});
  alone.mutable_opset_import(0)->set_domain(runtime);
  EXPECT_TRUE(run_layer(load_made(alone), "y", row()).equal(run_layer(quick, "y", row())));
  const Network biased =
      load_made(model_of({node_of("Sin", {"x"}, {"s"}), node_of("BiasGelu", {"s", "x"}, {"y"}, runtime)}));
  EXPECT_TRUE(at::allclose(run_layer(biased, "y", row()), at::gelu(row().sin() + row())));
  NodeProto skip = node_of("SkipLayerNormalization", {"x", "x", "one", "zero"}, {"y", "", "", "sum"}, runtime);
  attribute(skip, "epsilon", AttributeProto::FLOAT).set_f(0.01F);
  const Network skipped = load_made(model_of({number_node("one", 1), number_node("zero", 0), skip}));
  const at::Tensor centred = 2 * row() - (2 * row()).mean();
  EXPECT_TRUE(
      at::allclose(run_layer(skipped, "y", row()), centred / (centred.square().mean() + 0.01).sqrt(), 1e-4, 1e-5));
}

TEST(OnnxNodes, AttendsByQueriesKeysAndValuesSideBySide) {
  NodeProto node = node_of("Attention", {"tokens", "w", "b"}, {"y"}, "com.microsoft");
  attribute(node, "num_heads", AttributeProto::INT).set_i(2);
  NodeProto axes = node_of("Constant", {}, {"axes"});
  attribute(axes, "value_ints", AttributeProto::INTS).add_ints(2);
  onnx::ModelProto model = model_of(
      {axes, node_of("Unsqueeze", {"x", "axes"}, {"column"}), node_of("Tile", {"column", "times"}, {"tokens"}), node});
  const at::Tensor w = at::linspace(-1, 1, 24).reshape({2, 12}).sin(), b = at::linspace(0, 1, 12);
  const auto store = [&](const char* name, std::initializer_list<int64_t> dims, const at::Tensor& values, int type) {
    auto& weight = *model.mutable_graph()->add_initializer();
    weight.set_name(name);
    weight.set_data_type(type);
    for (const int64_t dim : dims) weight.add_dims(dim);
    weight.set_raw_data(values.data_ptr(), values.nbytes());
  };
  store("w", {2, 12}, w, onnx::TensorProto::FLOAT);
  store("b", {12}, b, onnx::TensorProto::FLOAT);
  store("times", {3}, at::tensor({1, 1, 2}, at::kLong), onnx::TensorProto::INT64);
  const Network network = load_made(model);
  const at::Tensor all = at::matmul(row().unsqueeze(2).repeat({1, 1, 2}), w) + b;  // [1,4,12]
  std::vector<at::Tensor> heads;
  for (int64_t head = 0; head < 2; ++head) {
    const auto part = [&](int64_t i) { return all.narrow(2, 4 * i + 2 * head, 2)[0]; };
    heads.push_back(at::matmul(at::softmax(at::matmul(part(0), part(1).t()) / std::sqrt(2.0), -1), part(2)));
  }
  EXPECT_TRUE(at::allclose(run_layer(network, "y", row())[0], at::cat(heads, 1), 1e-5, 1e-6));
  node.add_input("tokens");  // a mask
  *model.mutable_graph()->mutable_node(3) = node;
  EXPECT_THAT(load_made(model).facts().notes, Contains(HasSubstr("com.microsoft.Attention")));
}

TEST(OnnxNodes, CutsOffWhatCannotRunAndSaysSo) {
  const Network network =
      load_made(model_of({node_of("Relu", {"x"}, {"hidden"}), node_of("Nonsense", {"hidden"}, {"z"}),
                          node_of("ZipMap", {"hidden"}, {"map"}, "ai.onnx.ml"), node_of("Neg", {"z"}, {"y"})}));
  ASSERT_EQ(network.layers().size(), 1);
  EXPECT_EQ(network.layers()[0].name, "hidden");
  EXPECT_THAT(network.facts().notes, Contains(AllOf(HasSubstr("Nonsense node \"the z\""), HasSubstr("1 node behind"))));
  EXPECT_EQ(network.find_output_layer(), nullptr);
  EXPECT_THAT(error_of([&] { network.output_layer(); }).second, HasSubstr("Nonsense"));
  const auto [kind, text] = error_of([] { load_made(model_of({node_of("Nonsense", {"x"}, {"y"})})); });
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text, AllOf(HasSubstr("nets/made.onnx"), HasSubstr("Nonsense node \"the y\"")));
  // Attributes that an operator does not know are found when it is run.
  NodeProto gelu = node_of("Gelu", {"hidden"}, {"y"});
  attribute(gelu, "approximate", AttributeProto::STRING).set_s("by ear");
  const Network partly = load_made(model_of({node_of("Relu", {"x"}, {"hidden"}), gelu}));
  EXPECT_EQ(partly.layers().size(), 1);
  EXPECT_THAT(partly.facts().notes, Contains(HasSubstr("Gelu node \"the y\"")));
  const Network counted =
      load_made(model_of({node_of("Relu", {"x"}, {"hidden"}), node_of("NonZero", {"hidden"}, {"y"})}));
  EXPECT_THAT(counted.facts().notes, Contains(HasSubstr("NonZero")));
}

TEST(OnnxNodes, SuggestsOnlySlipsOfThePen) {
  const auto text = [](const char* op) {
    return error_of([&] { load_made(model_of({node_of(op, {"x"}, {"y"})})); }).second;
  };
  EXPECT_THAT(text("Rellu"), HasSubstr("do you mean Relu?"));
  for (const char* op : {"Convolve", "GuidedReluX", "DeformConv", "RandomNormalLike"}) {
    EXPECT_THAT(text(op), ::testing::Not(HasSubstr("do you mean"))) << op;
  }
  EXPECT_THAT(text("RandomNormalLike"), HasSubstr("at random"));
}

TEST(OnnxNodes, TellsModelsThatAreNoNetworks) {
  onnx::ModelProto trees = model_of({node_of("TreeEnsembleClassifier", {"x"}, {"y"}, "ai.onnx.ml")});
  trees.clear_opset_import();
  trees.add_opset_import()->set_domain("ai.onnx.ml");
  const auto [kind, text] = error_of([&] { load_made(trees); });
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text, AllOf(HasSubstr("ai.onnx.ml"), HasSubstr("not a neural network")));
}

TEST(OnnxNodes, SaysWhereTrainingModeIsNotFollowed) {
  NodeProto norm = node_of("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y"});
  attribute(norm, "training_mode", AttributeProto::INT).set_i(1);
  onnx::ModelProto model = model_of({norm});
  for (const char* name : {"s", "b", "m", "v"}) {
    auto& weight = *model.mutable_graph()->add_initializer();
    weight.set_name(name);
    weight.set_data_type(onnx::TensorProto::FLOAT);
    weight.add_dims(4);
    for (int i = 0; i < 4; ++i) weight.add_float_data(1);
  }
  const auto says_so = Contains(AllOf(HasSubstr("BatchNormalization"), HasSubstr("training mode")));
  EXPECT_THAT(load_made(model).facts().notes, says_so);
  NodeProto& stored = *model.mutable_graph()->mutable_node(0);
  stored.clear_attribute();
  EXPECT_TRUE(load_made(model).facts().notes.empty());
  for (const char* name : {"mean", "var", "saved_mean", "saved_var"}) stored.add_output(name);
  EXPECT_THAT(load_made(model).facts().notes, says_so);
}

TEST(OnnxNodes, ReadsFourBitsAndUnsignedIntegers) {
  onnx::ModelProto model = model_of({node_of("DequantizeLinear", {"q", "scale"}, {"w"}),
                                     node_of("Mul", {"x", "w"}, {"y"}), number_node("scale", 0.5)});
  auto& weight = *model.mutable_graph()->add_initializer();
  weight.set_name("q");
  weight.add_dims(4);
  for (const auto& [type, wanted] : std::map<int, at::Tensor>{{21, at::tensor({1.0F, 15.0F, 8.0F, 7.0F})},
                                                              {22, at::tensor({1.0F, -1.0F, -8.0F, 7.0F})}}) {
    weight.set_data_type(type);
    weight.set_raw_data(std::string("\xF1\x78", 2));
    EXPECT_TRUE(run_layer(load_made(model), "y", row()).equal(row() * wanted * 0.5)) << type;
  }
  weight.set_data_type(onnx::TensorProto::UINT16);
  weight.set_raw_data(std::string("\xFF\xFF\x01\x00\x00\x80\x00\x00", 8));
  EXPECT_TRUE(
      run_layer(load_made(model), "y", row()).equal(row() * at::tensor({65535.0F, 1.0F, 32768.0F, 0.0F}) * 0.5));
}

}  // namespace
}  // namespace microtome
