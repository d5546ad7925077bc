// SPDX-License-Identifier: Apache-2.0
// What an operator is: how it runs on ATen and what is known of it beforehand. One file of this folder per family.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/network/graph.h"
#include "microtome/network/limits.h"

namespace microtome {

// Which integers are taken; what is outside is Error(kCorrupt).
struct IntRange {
  int64_t least = -kLargestInteger, most = kLargestInteger;
};
constexpr IntRange kAnyInteger{std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
constexpr IntRange kWindowLengths{1, kLargestWindow}, kPaddings{0, kLargestWindow};

// One run of one node. A run function fills outputs[0], and the others where wants(i). It throws Error with an empty
// `where` (whoever runs the graph adds the node's name) or lets c10::Error pass. Must be differentiable by autograd
// where the operator is, work in float32 and float64, and never write into an input that owns() denies. What it
// allocates is bounded from outside; where its work is not linear in what it reads and makes, it asks limits first.
struct OperatorCall {
  const Node& node;
  std::span<at::Tensor> inputs;  // undefined where the node leaves an optional input out
  std::span<at::Tensor> outputs;
  std::span<const char> wanted;  // by output
  bool training = false;
  RunLimits limits{};

  const at::Tensor& input(size_t i) const;  // Throws Error(kCorrupt) when it is absent.
  bool has(size_t i) const { return i < inputs.size() && inputs[i].defined(); }
  bool wants(size_t i) const { return i < wanted.size() && wanted[i]; }
  // Whether nobody else can see input i, so that it may be overwritten.
  bool owns(size_t i) const;
};

// What is known of a node without running it; shapes were learnt by an earlier run.
struct NodeFacts {
  const Node& node;
  const Graph& graph;

  const std::vector<int64_t>& input_shape(size_t i) const;  // Empty for an absent input.
  const std::vector<int64_t>& output_shape(size_t i) const;
  // Input i where it is constant; undefined when it is absent or computed.
  const at::Tensor& constant(size_t i) const;
  // The integers of a constant input; empty when it is absent or not constant.
  std::vector<int64_t> constant_ints(size_t i, IntRange range = {}) const;
};

// Which positions of the inputs one output position p reads, along x and y: those from p * step + start on, `size` of
// them. With shrink > 1 (upsampling), positions floor(p / shrink) + start on.
struct Window {
  std::array<int64_t, 2> size{1, 1}, step{1, 1}, start{0, 0}, shrink{1, 1};
  bool everything = false;
};

// Inputs first .. first + count - 1 of a node.
struct InputRange {
  size_t first = 0, count = 0;
};

// y = factor * x + shift for each channel, float64 [C]; undefined where it is not known beforehand.
struct ChannelAffine {
  at::Tensor factor, shift;
};

// What the values along the class axis are, whatever they were before.
enum class OutputScale : char { kAny, kProbabilities, kLogProbabilities };

// How relevance goes back through an operator (explain/relevance.h).
enum class RelevanceFlow : char {
  kNone,      // there is no rule
  kWeighted,  // sums of products of input 0 with constant weights, input 1, and a bias
  kSummed,    // linear in what it reads of the picture, in another way: sums, means, constant factors
  kArranged,  // each value is one of the values read, or none: the largest, a part, another order
  kPassed,    // an activation function: what its result is worth is what its input is worth
};

// An operator is complete in its file: nothing outside this folder and formats/ asks for its name, only for what is
// said of it here.
struct Operator {
  std::string_view name;  // as ONNX has it
  void (*run)(OperatorCall& call);
  Window (*window)(const NodeFacts& facts);
  double (*macs)(const NodeFacts& facts) = nullptr;  // multiply-adds for the whole output; null = not counted

  // Of its values. Layers and passes go by them.
  bool reads_values = true;         // false: the result depends on the shapes of the inputs alone
  InputRange shape_follows{};       // inputs whose values decide the shape of the result
  bool hands_on = false;            // the values of input 0 as they are, perhaps in another arrangement
  bool each_channel_alone = false;  // output channel k is a function of input channel k of input 0 (axis 1)
  bool mixes_channels = false;      // a sum over channels of products with weights (a matrix or more, input 1)
  bool joins_inputs = false;        // the inputs one behind the other along attribute "axis"
  bool rectifies = false;           // an activation function that holds back what is negative
  bool has_target_shape = false;    // input 1, or attribute "shape", is the shape of the output; 0 keeps a length
  OutputScale scale = OutputScale::kAny;
  RelevanceFlow relevance = RelevanceFlow::kNone;
  bool internal = false;  // made by passes alone; no file has it

  // One sentence where the file asks for something else than is done here. Null or empty: it does not.
  std::string (*note)(const NodeFacts& facts) = nullptr;

  // Of its parameters.
  bool channel_parameters = false;  // inputs 1.. hold one entry a channel
  InputRange learned{};             // what training changes by gradients
  InputRange running{};             // what training lets follow the batches
  // The axis of the weights (input 1) that counts the output units; null or -1: there is none.
  int64_t (*unit_axis)(const Node& node) = nullptr;

  // Values below become this one and stop gradients; NaN where it is not known beforehand. Null: it is no clamp.
  double (*lower_bound)(const NodeFacts& facts) = nullptr;
  // What it does to each channel alone, where that is affine. Null: it is not.
  ChannelAffine (*channel_affine)(const NodeFacts& facts) = nullptr;
  // Whether a rotation of the channels of input 0 may as well come after it. Null: it may not.
  bool (*passes_rotation)(const NodeFacts& facts) = nullptr;
  // The weights (input 1) that undo a rotation q [C,C] of the channels of input 0; undefined where none do. Null: they
  // never do.
  at::Tensor (*unrotated)(const Node& node, const at::Tensor& weight, const at::Tensor& q) = nullptr;
};

struct OperatorFamily {
  std::string_view name;
  std::span<const Operator> operators;
};

namespace operators {
std::span<const OperatorFamily* const> kinds();
}  // namespace operators

// Null when this build has no such operator.
const Operator* find_operator(std::string_view name);
// As above, but throws Error(kUnsupported), saying why the node cannot run; a misspelt name with the one meant.
const Operator& require_operator(const Node& node);
std::vector<std::string> operator_names();
// How values of ONNX's TensorProto::DataType are kept: every floating type as float32, uint16 and wider unsigned ones
// as the next wider signed one, 4 bits as 8. Throws Error(kUnsupported) on text, complex numbers and 8-bit floats.
at::ScalarType element_type(int64_t onnx);
// The number that ONNX has for a type, as Cast takes it; for every floating type that of float32.
int64_t onnx_type(at::ScalarType type);

// Usual windows.
Window same_position(const NodeFacts& facts);  // elementwise over space
Window everything(const NodeFacts& facts);
Window by_layout(const NodeFacts& facts);  // same_position when the last two axes keep their lengths, else everything

// Which nodes let a rotation pass: each, or those whose input is [N,C] or [N,C,1,1].
bool always(const NodeFacts& facts);
bool with_one_position(const NodeFacts& facts);

// Attributes. Those with a fallback throw Error(kCorrupt) when the attribute has another type or is outside the range;
// without one also when it is absent. An integer is taken where a number is asked for; NaN is no number.
bool has_attribute(const Node& node, const std::string& name);
int64_t int_attribute(const Node& node, const std::string& name, int64_t fallback, IntRange range = {});
double float_attribute(const Node& node, const std::string& name, double fallback);
std::string string_attribute(const Node& node, const std::string& name, const std::string& fallback);
std::vector<int64_t> ints_attribute(const Node& node, const std::string& name, IntRange range = {});  // Empty: absent.
const at::Tensor& tensor_attribute(const Node& node, const std::string& name);

// The integers of a small tensor (a shape, axes, pads) of any integer type.
std::vector<int64_t> to_ints(const at::Tensor& tensor, IntRange range = {});
// The list that ONNX moved from an attribute to input i: whichever is there, empty when neither is.
std::vector<int64_t> ints_of(const OperatorCall& call, size_t i, const std::string& attribute, IntRange range = {});
// Axis in 0..rank-1 from one that may count from the end. Throws Error(kCorrupt).
int64_t normal_axis(int64_t axis, int64_t rank);

}  // namespace microtome
