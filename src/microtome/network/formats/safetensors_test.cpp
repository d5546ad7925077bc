// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/hash.h"
#include "microtome/base/json.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/graph_json.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/network/formats/safetensors_file.h"
#include "microtome/network/formats/testing/small_onnx.h"
#include "microtome/network/load.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;

std::string file_of(const std::string& header, size_t data_bytes, uint64_t length) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(length >> (8 * i));
  return bytes + header + std::string(data_bytes, '\1');
}

std::string file_of(const std::string& header, size_t data_bytes) { return file_of(header, data_bytes, header.size()); }

SafetensorsFile parse(const std::string& bytes) {
  return parse_safetensors(std::make_shared<const std::string>(bytes), "file");
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& place) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + place + "}";
}

bool same(const at::Tensor& a, const at::Tensor& b) { return a.scalar_type() == b.scalar_type() && a.equal(b); }

bool same(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  if (const auto* tensor = std::get_if<at::Tensor>(&a)) return same(*tensor, std::get<at::Tensor>(b));
  return std::visit(
      [&](const auto& value) {
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<T, at::Tensor>)
          return false;
        else
          return value == std::get<T>(b);
      },
      a);
}

std::vector<std::string> names(const std::vector<ValueIndex>& values, const Graph& graph) {
  std::vector<std::string> out;
  for (const ValueIndex value : values) out.push_back(value < 0 ? "" : graph.values[static_cast<size_t>(value)].name);
  return out;
}

void expect_same_graph(const Graph& a, const Graph& b) {
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  EXPECT_EQ(names(a.outputs, a), names(b.outputs, b));
  for (size_t i = 0; i < a.nodes.size(); ++i) {
    EXPECT_EQ(a.nodes[i].op, b.nodes[i].op);
    EXPECT_EQ(a.nodes[i].name, b.nodes[i].name);
    EXPECT_EQ(a.nodes[i].version, b.nodes[i].version);
    EXPECT_EQ(names(a.nodes[i].inputs, a), names(b.nodes[i].inputs, b));
    EXPECT_EQ(names(a.nodes[i].outputs, a), names(b.nodes[i].outputs, b));
    ASSERT_EQ(a.nodes[i].attributes.size(), b.nodes[i].attributes.size());
    for (const auto& [name, attribute] : a.nodes[i].attributes) {
      EXPECT_TRUE(same(attribute, b.nodes[i].attributes.at(name))) << name;
    }
    for (size_t k = 0; k < a.nodes[i].inputs.size(); ++k) {
      const auto ia = a.nodes[i].inputs[k], ib = b.nodes[i].inputs[k];
      if (ia < 0 || !a.values[static_cast<size_t>(ia)].constant.defined()) continue;
      EXPECT_TRUE(same(a.values[static_cast<size_t>(ia)].constant, b.values[static_cast<size_t>(ib)].constant));
    }
  }
}

Network small_network() {
  const auto bytes = std::make_shared<const std::string>(small_model().SerializeAsString());
  const Network read = network_from_bytes({"small.onnx", bytes});
  Network::Facts facts = read.facts();
  facts.preprocessing = {.name = "x",
                         .low = -1,
                         .high = 1,
                         .mean = {0.1, 0.2, 0.3},
                         .deviation = {1, 2, 3},
                         .bgr = true,
                         .side = 8,
                         .resize_short = 9};
  facts.has_preprocessing = true;
  facts.classes = {"disc", "square", "caf\xc3\xa9", "", "\"quoted\""};
  return Network(read.graph(), facts);
}

TEST(SafetensorsFile, RoundTripKeepsEveryType) {
  SafetensorsFile content;
  content.metadata["note"] = "made by a test";
  const at::Tensor numbers = at::arange(12).view({3, 4}).sub(5);
  for (const auto type : {at::kBool, at::kFloat, at::kChar, at::kDouble, at::kHalf, at::kLong, at::kInt, at::kShort,
                          at::kByte, at::kBFloat16}) {
    content.tensors.emplace_back(std::string("t_") + at::toString(type),
                                 type == at::kBool ? numbers.gt(0) : numbers.abs().to(type));
  }
  content.tensors.emplace_back("scalar", at::scalar_tensor(2.5F));
  content.tensors.emplace_back("nothing", at::empty({0, 3}));
  const SafetensorsFile back = parse(safetensors_bytes(content, "file"));
  EXPECT_EQ(back.metadata, content.metadata);
  ASSERT_EQ(back.tensors.size(), content.tensors.size());
  for (const auto& [name, tensor] : content.tensors) {
    const auto found =
        std::find_if(back.tensors.begin(), back.tensors.end(), [&, n = name](const auto& t) { return t.first == n; });
    ASSERT_NE(found, back.tensors.end()) << name;
    EXPECT_TRUE(same(found->second, tensor)) << name;
  }
}

TEST(SafetensorsFile, RefusesPlacesThatDoNotFit) {
  EXPECT_EQ(parse(file_of("{" + entry("a", "F32", "[2]", "[0,8]") + "}", 8)).tensors.size(), 1u);
  const std::pair<std::string, std::string> broken[] = {
      {file_of("{" + entry("a", "F32", "[2]", "[0,8]") + "}", 7), "lies at bytes"},
      {file_of("{" + entry("a", "F32", "[3]", "[0,8]") + "}", 8), "its shape needs 12"},
      {file_of("{" + entry("a", "F32", "[2]", "[8,0]") + "}", 8), "lies at bytes"},
      {file_of("{" + entry("a", "F32", "[-2]", "[0,8]") + "}", 8), "no count"},
      {file_of("{" + entry("a", "F32", "[4611686018427387904,4]", "[0,8]") + "}", 8), "impossible"},
      {file_of("{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[4,12]") + "}", 12),
       "overlaps"},
      {file_of("{\"a\":7}", 8), "lacks dtype"},
      {file_of("[1,2]", 0), "not a JSON object"},
      {file_of("{\"a\":", 0), "damaged json"},
      {file_of("{}", 0, 900), "should have 900"},
      {file_of("{}", 0, ~uint64_t{0}), "should have"},
      {"{}", "too few"},
  };
  for (const auto& [bytes, expected] : broken) {
    const auto [kind, text] = error_of([&, b = bytes] { parse(b); });
    EXPECT_EQ(kind, ErrorKind::kCorrupt) << text;
    EXPECT_THAT(text, HasSubstr(expected));
  }
  EXPECT_EQ(error_of([] { parse(file_of("{" + entry("a", "F4", "[2]", "[0,1]") + "}", 1)); }).first,
            ErrorKind::kUnsupported);
}

// Looking a name up for each entry would take hours.
TEST(SafetensorsFile, ReadsManyEntries) {
  std::string header = "{";
  constexpr int kEntries = 200000;
  for (int i = 0; i < kEntries; ++i) {
    header += fmt::format("{}\"t{}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}", i ? "," : "", i);
  }
  header += "}";
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
  const auto file = parse_safetensors(std::make_shared<const std::string>(bytes + header), "file");
  EXPECT_EQ(file.tensors.size(), static_cast<size_t>(kEntries));
}

TEST(SafetensorsFile, ReadsWhatIsNotAligned) {
  const std::string header = "{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("b", "F32", "[1]", "[1,5]") + "}";
  const float value = 1.25F;
  std::string bytes = file_of(header, 1) + std::string(reinterpret_cast<const char*>(&value), 4);
  EXPECT_EQ(parse(bytes).tensors.at(1).second.item<float>(), 1.25F);
}

TEST(Safetensors, RoundTripKeepsTheNetwork) {
  const Network network = small_network();
  const std::string file = testing::TempDir() + "round_trip.safetensors";
  save_network(network, file);
  const Network back = load_network(file);
  expect_same_graph(network.graph(), back.graph());
  EXPECT_EQ(back.facts().format, "safetensors");
  EXPECT_EQ(back.facts().name, "round_trip");
  EXPECT_EQ(back.facts().hash, sha256_file_hex(file));
  EXPECT_EQ(back.facts().classes, network.facts().classes);
  ASSERT_TRUE(back.facts().has_preprocessing);
  const Preprocessing &p = back.facts().preprocessing, &q = network.facts().preprocessing;
  EXPECT_EQ(p.name, "stored");
  EXPECT_EQ(std::tie(p.low, p.high, p.mean, p.deviation, p.bgr, p.side, p.resize_short),
            std::tie(q.low, q.high, q.mean, q.deviation, q.bgr, q.side, q.resize_short));
  const std::string again = testing::TempDir() + "again.safetensors";
  save_network(back, again);
  EXPECT_EQ(read_file(again), read_file(file));
  std::filesystem::remove(file);
  std::filesystem::remove(again);
}

TEST(Safetensors, HalfWeightsAreReadAsWholeOnes) {
  const Network network = small_network();
  const std::string file = testing::TempDir() + "half.safetensors";
  save_network(network, file);
  const size_t whole = read_file(file).size();
  halve_weights(file);
  EXPECT_LT(read_file(file).size(), whole);
  const Network back = load_network(file);
  for (const Value& value : back.graph().values) {
    EXPECT_TRUE(!value.constant.defined() || value.constant.scalar_type() != at::kHalf) << value.name;
  }
  const at::Tensor input = at::linspace(-1, 1, 3 * 8 * 8).view({1, 3, 8, 8});
  EXPECT_TRUE(at::allclose(make_executor(back, {"logits"})->run(input).at(0),
                           make_executor(network, {"logits"})->run(input).at(0), 1e-2, 1e-3));
  std::filesystem::remove(file);
}

TEST(Safetensors, WeightsAloneAreNoNetwork) {
  const auto bytes = std::make_shared<const std::string>(safetensors_bytes({{{"w", at::zeros({2, 2})}}, {}}, "file"));
  const auto [kind, text] = error_of([&] { network_from_bytes({"weights.safetensors", bytes}); });
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text, testing::AllOf(HasSubstr("without a graph"), HasSubstr("torch.onnx.export")));
}

TEST(GraphJson, KeepsEveryFormOfAttribute) {
  Graph graph;
  graph.values = {{"x", {1, 2}, {}}, {"y", {1, 2}, {}}};
  graph.input = 0;
  graph.outputs = {1};
  const double infinity = std::numeric_limits<double>::infinity();
  Node node{.op = "Clip", .name = "", .version = 6, .inputs = {0, -1}, .outputs = {1}, .attributes = {}};
  node.attributes = {{"int", int64_t{1} << 60},
                     {"float", 1.0},
                     {"tiny", 0.1},
                     {"max", infinity},
                     {"min", -infinity},
                     {"text", std::string("same_upper")},
                     {"ints", std::vector<int64_t>{-1, 0}},
                     {"none", std::vector<int64_t>{}},
                     {"floats", std::vector<double>{2.0, infinity}},
                     {"texts", std::vector<std::string>{"a", ""}},
                     {"tensor", at::arange(3)}};
  graph.nodes.push_back(node);
  NamedTensors tensors;
  const Json json = Json::parse(graph_to_json(graph, tensors).dump());
  const Graph back = graph_from_json(json, {tensors.begin(), tensors.end()}, "file");
  expect_same_graph(graph, back);
  EXPECT_EQ(back.nodes.at(0).inputs, (std::vector<ValueIndex>{back.input, -1}));
}

}  // namespace
}  // namespace microtome
