// SPDX-License-Identifier: Apache-2.0
// Every operator with every attribute that it reads and every constant input at extreme values, loaded, folded and run:
// the end is a result or an Error, never a signal, a full memory or words of the engine.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/network/network.h"
#include "microtome/network/network_testing.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/ops/testing/operator_examples.h"

namespace microtome::testing {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min(), kHighest = std::numeric_limits<int64_t>::max();
constexpr int64_t kIntegers[] = {
    kLowest, kLowest + 1,      -(int64_t{1} << 40), -(int64_t{1} << 31), -1,           0,       1, 3,
    1 << 24, int64_t{1} << 31, int64_t{1} << 32,    int64_t{1} << 40,    kHighest - 1, kHighest};
constexpr double kNumbers[] = {std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity(),
                               -3e38,
                               -1,
                               0,
                               1e-38,
                               1e6,
                               1e12,
                               3e38};

Graph graph_of(const std::string& op, const Example& example) {
  return OneNode(op, example.inputs, example.attributes, example.version).graph;
}

// The operator on constants alone, which loading folds, beside an input that something else reads.
Graph folded_graph_of(const std::string& op, const Example& example) {
  GraphBuilder builder;
  const ValueIndex x = builder.input("x", {1, 3});
  std::vector<ValueIndex> inputs;
  for (const at::Tensor& input : example.inputs) {
    inputs.push_back(input.defined() ? builder.constant(fmt::format("c{}", inputs.size()), input) : -1);
  }
  const ValueIndex made = builder.node(op, "made", inputs, example.attributes, example.version);
  const ValueIndex shape = builder.node("Shape", "shape", {made});
  const ValueIndex part = builder.node("ReduceMax", "part", {shape}, {{"keepdims", int64_t{0}}});
  return builder.finish({builder.add("sum", x, builder.node("Cast", "number", {part}, {{"to", int64_t{1}}})), made});
}

// Words that only the engine or the standard library speaks.
void expect_own_words(const std::string& text, const std::string& label) {
  for (const char* foreign : {"c10", "aten", "ATen", "Exception raised", "enforce fail", "std::", "vector",
                              "ZeroDivision", "RuntimeError", "INTERNAL ASSERT", "not implemented for", "tensor a"}) {
    EXPECT_EQ(text.find(foreign), std::string::npos) << label << ": " << text;
  }
  EXPECT_EQ(text.find('\n'), std::string::npos) << label << ": " << text;
}

enum class End { kResult, kError };

End end_of(const std::string& label, const std::function<void()>& work) {
  try {
    work();
    return End::kResult;
  } catch (const Error& error) {
    EXPECT_NE(error.kind(), ErrorKind::kInternal) << label << ": " << error.what();
    expect_own_words(error.what(), label);
  } catch (const std::exception& failure) {
    ADD_FAILURE() << label << ": " << failure.what();
  }
  return End::kError;
}

// Loads and runs both graphs; the end of the first run.
End try_out(const std::string& op, const Example& example, const std::string& label) {
  SCOPED_TRACE(label);
  const End end = end_of(label, [&] {
    const Graph graph = graph_of(op, example);
    evaluate(graph, example.inputs[0], graph.outputs);
  });
  // What fails alone fails when it is loaded; what runs may be read in other ways there.
  if (end == End::kResult) {
    end_of(label, [&] {
      const Network network(graph_of(op, example), {});
      evaluate(network.graph(), example.inputs[0], network.graph().outputs);
    });
    end_of(label, [&] { const Network network(folded_graph_of(op, example), {}); });
  }
  return end;
}

const std::vector<std::string>& attribute_names() {
  static const std::vector<std::string> kNames = {"activation_alpha",
                                                  "activation_beta",
                                                  "activations",
                                                  "align_corners",
                                                  "allowzero",
                                                  "alpha",
                                                  "antialias",
                                                  "approximate",
                                                  "auto_pad",
                                                  "axes",
                                                  "axis",
                                                  "batch_axis",
                                                  "batch_dims",
                                                  "beta",
                                                  "bias",
                                                  "block_size",
                                                  "blocksize",
                                                  "broadcast",
                                                  "ceil_mode",
                                                  "center_point_box",
                                                  "clip",
                                                  "coordinate_transformation_mode",
                                                  "count_include_pad",
                                                  "cubic_coeff_a",
                                                  "detect_negative",
                                                  "detect_positive",
                                                  "dilations",
                                                  "direction",
                                                  "dtype",
                                                  "end",
                                                  "ends",
                                                  "epsilon",
                                                  "equation",
                                                  "exclude_outside",
                                                  "exclusive",
                                                  "extrapolation_value",
                                                  "fmod",
                                                  "gamma",
                                                  "group",
                                                  "input_forget",
                                                  "interleaved",
                                                  "inverse",
                                                  "is_causal",
                                                  "k",
                                                  "keep_aspect_ratio_policy",
                                                  "keepdims",
                                                  "kernel_shape",
                                                  "kv_num_heads",
                                                  "lambd",
                                                  "largest",
                                                  "layout",
                                                  "linear_before_reset",
                                                  "max",
                                                  "min",
                                                  "mode",
                                                  "nearest_mode",
                                                  "noop_with_empty_axes",
                                                  "num_groups",
                                                  "num_heads",
                                                  "num_outputs",
                                                  "onesided",
                                                  "output_datatype",
                                                  "output_dtype",
                                                  "output_height",
                                                  "output_padding",
                                                  "output_shape",
                                                  "output_width",
                                                  "p",
                                                  "padding_mode",
                                                  "pads",
                                                  "periodic",
                                                  "perm",
                                                  "q_num_heads",
                                                  "qk_matmul_output_mode",
                                                  "ratio",
                                                  "reduction",
                                                  "reverse",
                                                  "rotary_embedding_dim",
                                                  "sampling_ratio",
                                                  "scale",
                                                  "scales",
                                                  "select_last_index",
                                                  "shape",
                                                  "size",
                                                  "softcap",
                                                  "spatial_scale",
                                                  "split",
                                                  "start",
                                                  "starts",
                                                  "stash_type",
                                                  "storage_order",
                                                  "strides",
                                                  "time_axis",
                                                  "to",
                                                  "training_mode",
                                                  "transA",
                                                  "transB",
                                                  "upper",
                                                  "value",
                                                  "value_float",
                                                  "value_floats",
                                                  "value_int",
                                                  "value_ints"};
  return kNames;
}

// An operator that reads an attribute takes offence at one of the wrong type.
bool reads(const std::string& op, Example example, const std::string& name) {
  example.attributes[name] = std::vector<std::string>{"nonsense"};
  try {
    const Graph graph = graph_of(op, example);
    evaluate(graph, example.inputs[0], graph.outputs);
    return false;
  } catch (const std::exception&) {
    return true;
  }
}

std::vector<Attribute> extreme_attributes() {
  std::vector<Attribute> all = {std::string("nonsense"), std::string(), at::empty({0}), longs({kLowest, 0, kHighest})};
  for (const int64_t value : kIntegers) {
    all.emplace_back(value);
    for (const size_t count : {2, 4}) all.emplace_back(std::vector<int64_t>(count, value));
  }
  for (const double value : kNumbers) {
    all.emplace_back(value);
  }
  all.emplace_back(std::vector<double>(4, std::numeric_limits<double>::quiet_NaN()));
  all.emplace_back(std::vector<int64_t>{});
  all.emplace_back(std::vector<int64_t>(100000, 1));
  return all;
}

std::vector<at::Tensor> extremes_of(const at::Tensor& constant) {
  std::vector<at::Tensor> all = {at::empty({0}, constant.options()), constant.reshape({-1}).slice(0, 0, 1).squeeze(),
                                 constant.reshape({-1}).repeat({3}), constant.unsqueeze(0).unsqueeze(0)};
  const auto put = [&](auto value) {
    all.push_back(at::full_like(constant, value));
    at::Tensor one = constant.clone();
    one.reshape({-1}).slice(0, 0, 1).fill_(value);
    all.push_back(one);
  };
  if (constant.scalar_type() == at::kBool) return all;
  if (constant.is_floating_point()) {
    for (const double value : kNumbers) put(value);
    all.push_back(at::full_like(constant, 3, at::kLong));
  } else {
    for (const int64_t value : kIntegers) {
      const at::Tensor wrapped = at::scalar_tensor(value, at::kLong).to(constant.scalar_type());
      all.push_back(wrapped.expand_as(constant).clone());
      all.push_back(constant.clone());
      all.back().reshape({-1}).slice(0, 0, 1).copy_(wrapped);
    }
    all.push_back(at::full_like(constant, std::numeric_limits<double>::quiet_NaN(), at::kFloat));
    all.push_back(at::full({100000}, 1, at::kLong));
  }
  return all;
}

TEST(Extremes, ExamplesRun) {
  for (const std::string& op : operator_names()) {
    for (const Example& example : examples_of(op)) {
      const Graph graph = graph_of(op, example);
      EXPECT_NO_THROW(evaluate(graph, example.inputs[0], graph.outputs)) << op << ": give examples above";
    }
  }
}

TEST(Extremes, AttributesEndInAResultOrAnError) {
  const std::vector<Attribute> extremes = extreme_attributes();
  for (const std::string& op : operator_names()) {
    for (const Example& example : examples_of(op)) {
      for (const std::string& name : attribute_names()) {
        if (!reads(op, example, name)) continue;
        for (size_t i = 0; i < extremes.size(); ++i) {
          Example changed = example;
          changed.attributes[name] = extremes[i];
          try_out(op, changed, fmt::format("{} with {} = extreme {}", op, name, i));
        }
      }
    }
  }
}

TEST(Extremes, ConstantsEndInAResultOrAnError) {
  for (const std::string& op : operator_names()) {
    for (const Example& example : examples_of(op)) {
      for (size_t i = 0; i < example.inputs.size(); ++i) {
        if (!example.inputs[i].defined()) continue;
        const std::vector<at::Tensor> extremes = extremes_of(example.inputs[i]);
        for (size_t k = 0; k < extremes.size(); ++k) {
          Example changed = example;
          changed.inputs[i] = extremes[k];
          try_out(op, changed, fmt::format("{} with input {} = extreme {}", op, i, k));
        }
      }
      for (size_t count = 0; count <= example.inputs.size(); ++count) {
        Example fewer = example;
        fewer.inputs.resize(count);
        end_of(op, [&] { const Network network(folded_graph_of(op, fewer), {}); });
      }
    }
  }
}

TEST(Extremes, IntegersDivideAsTheyShould) {
  const at::Tensor a = longs({kLowest, kHighest, -7, 7, 0}), b = longs({-1, -1, 2, -2, -1});
  const auto run = [&](const char* op, Attributes attributes) { return OneNode(op, {a, b}, attributes).run(); };
  EXPECT_TRUE(run("Div", {}).slice(0, 1).equal(longs({-kHighest, -3, -3, 0})));
  EXPECT_TRUE(run("Mod", {}).equal(longs({0, 0, 1, -1, 0})));
  EXPECT_TRUE(run("Mod", {{"fmod", int64_t{1}}}).equal(longs({0, 0, -1, 1, 0})));
  const OneNode zero("Div", {a, longs({0, 1, 1, 1, 1})});
  EXPECT_THROW(zero.run(), Error);
  const at::Tensor bytes = at::tensor({200, 255}, at::kByte);
  EXPECT_TRUE(OneNode("Div", {bytes, at::tensor({255, 255}, at::kByte)}).run().equal(at::tensor({0, 1}, at::kByte)));
}

}  // namespace
}  // namespace microtome::testing
