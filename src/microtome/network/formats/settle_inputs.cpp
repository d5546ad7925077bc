// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/settle_inputs.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

constexpr int64_t kDefaultSide = 224;
constexpr int64_t kFreeTokens = 16;
constexpr int64_t kFreeSound = 16000;  // a second, as most networks for speech take it
constexpr double kMostHeld = 1 << 24;  // elements

bool has_colours(int64_t length) { return length == 1 || length == 3; }

bool is_picture(const FileInput& input) {
  const bool shaped = input.shape.size() == 4 && (has_colours(input.shape[1]) || has_colours(input.shape[3]));
  return shaped && input.elements != at::kBool;
}

bool is_float(const FileInput& input) { return at::isFloatingType(input.elements); }

const FileInput& studied_of(std::span<const FileInput> inputs, const ModelFile& file) {
  const FileInput* best = nullptr;
  const auto rank = [](const FileInput& input) { return is_picture(input) ? 0 : is_float(input) ? 1 : 2; };
  for (const FileInput& input : inputs) {
    if (best == nullptr || rank(input) < rank(*best)) best = &input;
  }
  if (best != nullptr) return *best;
  throw Error(ErrorKind::kUsage, file.path, "every input is given, so that none is left to study",
              "leave one of `input` out");
}

std::string default_value(const std::string& name) {
  std::string lower;
  for (const char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.find("mask") == std::string::npos ? "0" : "1";
}

// The shape that a held input has where the file leaves it free.
std::vector<int64_t> held_shape(const FileInput& input, const FileInput& studied, int side) {
  std::vector<int64_t> shape = input.shape;
  const auto length = [&](size_t axis) -> int64_t {
    if (axis == 0 || shape.size() != 4) return 1;
    return side > 0 ? side : kDefaultSide;
  };
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < 0) shape[axis] = length(axis);
  }
  // A batch that the file fixes is freed, of all inputs.
  const bool batched = !shape.empty() && !studied.shape.empty() && shape[0] == studied.shape[0] && shape.size() > 1;
  if (batched) shape[0] = 1;
  return shape;
}

at::Tensor fitted(const GivenInput& given, const FileInput& input, const std::vector<int64_t>& shape) {
  at::Tensor values = given.values;
  if (values.dim() == 0) return values.expand(shape);
  if (values.dim() + 1 == static_cast<int64_t>(input.shape.size())) values = values.unsqueeze(0);
  bool fits = values.dim() == static_cast<int64_t>(input.shape.size());
  for (size_t axis = 0; fits && axis < input.shape.size(); ++axis) {
    const int64_t length = values.size(static_cast<int64_t>(axis));
    fits = axis == 0 ? length == 1 || length == input.shape[0] : input.shape[axis] < 0 || length == input.shape[axis];
  }
  if (fits) return values;
  throw Error(ErrorKind::kUsage, "input",
              fmt::format("\"{}\" takes [{}], and {} holds [{}]", given.name, fmt::join(input.shape, ","), given.text,
                          fmt::join(given.values.sizes(), ",")),
              "give one value, or an array of that shape");
}

at::Tensor held_values(const GivenInput& given, const FileInput& input, const std::vector<int64_t>& shape) {
  const at::Tensor values = fitted(given, input, shape);
  if (!is_float(input) && !values.equal(values.round())) {
    throw Error(
        ErrorKind::kUsage, "input",
        fmt::format("\"{}\" takes whole numbers ({}), and {} holds others", given.name, input.type, given.text));
  }
  return values.to(input.elements).contiguous();
}

void check_held(const FileInput& input, const std::string& name, const std::vector<int64_t>& shape,
                const std::string& where) {
  const bool small = shape.size() <= static_cast<size_t>(kMostAxes) && count_elements(shape) <= kMostHeld;
  if (input.has_shape && small) return;
  throw Error(ErrorKind::kUnsupported, where,
              fmt::format("its input \"{}\" {}", name, input.has_shape ? "is too large" : "has no shape"),
              "export it with a fixed input shape");
}

const GivenInput* given_for(const ModelFile& file, const std::string& name) {
  const auto found = std::ranges::find(file.given, name, &GivenInput::name);
  return found == file.given.end() ? nullptr : &*found;
}

void check_names(std::span<const FileInput> inputs, const Graph& graph, const ModelFile& file) {
  std::vector<std::string> names;
  for (const FileInput& input : inputs) names.push_back(graph.values[at_index(input.value)].name);
  for (const GivenInput& given : file.given) {
    if (std::ranges::find(names, given.name) != names.end()) continue;
    throw Error(ErrorKind::kNotFound, file.path,
                fmt::format("has no input \"{}\"; its inputs are {}", given.name, fmt::join(names, ", ")));
  }
}

// Where the channels are, as the first operator that has any sees it.
struct Channels {
  size_t axis = 1;        // of the input
  int64_t count = -1;     // that its weights ask for; -1: not known
  bool of_a_row = false;  // features of each item of a sequence, which stay where they are
};

// Operators that take the axes as they come, though they do something to each channel alone.
bool keeps_axes(const Node& node, const Operator& op) {
  if (node.op == "Pad" || node.op == "Resize" || node.op == "Upsample" || node.op == "Slice") return true;
  return op.window == same_position && !op.channel_parameters;
}

std::optional<Channels> channels_of(const Node& node, const Operator& op, const Graph& graph,
                                    const std::vector<size_t>& axes) {
  if (axes.size() == 2) {  // rows of a matrix product
    const at::Tensor weight = op.mixes_channels ? constant_input(graph, node, 1) : at::Tensor();
    if (!weight.defined() || weight.dim() != 2) return std::nullopt;
    return Channels{axes[1], weight.size(int_attribute(node, "transB", 0) != 0 ? 1 : 0)};
  }
  if (op.unit_axis != nullptr) {
    const at::Tensor weight = constant_input(graph, node, 1);
    if (!weight.defined() || weight.dim() != static_cast<int64_t>(axes.size())) return std::nullopt;
    return Channels{axes[1], weight.size(1) * int_attribute(node, "group", 1, kWindowLengths)};
  }
  if (op.channel_parameters) {
    const at::Tensor scale = constant_input(graph, node, 1);
    return Channels{axes[1], scale.defined() && scale.dim() == 1 ? scale.size(0) : -1};
  }
  if (op.each_channel_alone) return Channels{axes[1], -1};
  return std::nullopt;
}

// What a matrix product or a recurrent network reads of each item of a sequence.
std::optional<Channels> features_of(const Node& node, const Operator& op, const Graph& graph,
                                    const std::vector<size_t>& axes) {
  const bool recurrent = node.op == "LSTM" || node.op == "GRU" || node.op == "RNN";
  if (axes.size() < 3 || (!recurrent && (!op.mixes_channels || op.unit_axis != nullptr))) return std::nullopt;
  const at::Tensor weight = constant_input(graph, node, 1);
  if (!weight.defined() || weight.dim() != (recurrent ? 3 : 2)) return std::nullopt;
  return Channels{axes.back(), weight.size(recurrent ? 2 : 0), true};
}

// Follows the input's axes through what keeps or permutes them.
std::optional<Channels> find_channels(const Graph& graph, ValueIndex input, size_t rank) {
  std::vector<std::vector<size_t>> axes(graph.values.size());  // by value: of the input; empty: not known
  axes[at_index(input)].resize(rank);
  std::iota(axes[at_index(input)].begin(), axes[at_index(input)].end(), size_t{0});
  std::optional<Channels> features;
  for (const Node& node : graph.nodes) {
    const auto reads =
        std::ranges::find_if(node.inputs, [&](ValueIndex v) { return v >= 0 && !axes[at_index(v)].empty(); });
    const Operator* op = find_operator(node.op);
    if (reads == node.inputs.end() || op == nullptr || node.outputs.empty() || node.outputs[0] < 0) continue;
    std::vector<size_t> now = axes[at_index(*reads)];
    if (node.op == "Transpose") {
      const std::vector<int64_t> order = ints_attribute(node, "perm");
      if (order.size() != rank) continue;
      for (size_t i = 0; i < rank; ++i)
        now[i] = axes[at_index(*reads)].at(static_cast<size_t>(normal_axis(order[i], static_cast<int64_t>(rank))));
    } else if (!keeps_axes(node, *op)) {
      if (const auto found = channels_of(node, *op, graph, now)) return found;
      if (!features) features = features_of(node, *op, graph, now);
      continue;
    }
    axes[at_index(node.outputs[0])] = std::move(now);
  }
  return features;
}

std::optional<Channels> channels_in(const Graph& graph, const std::string& where) {
  try {
    return find_channels(graph, graph.input, graph.values[at_index(graph.input)].shape.size());
  } catch (const Error& failure) {
    throw Error(failure.kind(), where, failure.what());  // an attribute is not what it should be
  }
}

// Without an operator that tells: pictures have up to 4 channels, and signals [N,C,L,1] are told from grey pictures by
// not being square.
bool looks_channels_last(const std::vector<int64_t>& shape) {
  if (shape.size() != 4 || (shape[1] >= 1 && shape[1] <= 4)) return false;
  return shape[3] == 1 ? shape[1] == shape[2] : shape[3] > 1 && shape[3] <= 4;
}

void complete_lengths(StoredNetwork& stored, std::vector<int64_t>& shape, const Channels& channels,
                      const std::string& where, int side) {
  const bool tokens = stored.facts.input.tokens;
  if (shape[0] < 0) shape[0] = 1;
  for (size_t axis = 1; axis < shape.size(); ++axis) {
    if (shape[axis] > 0) continue;
    if (axis == channels.axis && !tokens) {
      const bool sound = shape.size() == 2 && channels.count < 0;
      shape[axis] = !sound ? channels.count : side > 0 ? side : kFreeSound;
    } else if (tokens || (shape.size() == 5 && axis != shape.size() - 1 && axis != shape.size() - 2)) {
      shape[axis] = kFreeTokens;
    } else {
      shape[axis] = side > 0 ? side : kDefaultSide;
      if (shape.size() == 4) stored.free_sides.push_back(axis);
    }
    if (shape[axis] > 0) continue;
    throw Error(ErrorKind::kUnsupported, where,
                fmt::format("its input \"{}\" leaves the number of channels free", stored.facts.input.name),
                "export it with that number fixed");
  }
}

// The file's value is made of a new input, [N,C,...], by moving the channels behind.
void put_channels_first(StoredNetwork& stored, const std::vector<int64_t>& shape) {
  const size_t rank = shape.size();
  std::vector<int64_t> first = {shape[0], shape.back()}, order = {0};
  first.insert(first.end(), shape.begin() + 1, shape.end() - 1);
  for (size_t axis = 2; axis < rank; ++axis) order.push_back(static_cast<int64_t>(axis));
  order.push_back(1);
  add_before_input(stored.graph, "Transpose", {}, {{"perm", order}}, first);
  for (size_t& axis : stored.free_sides) ++axis;
}

}  // namespace

std::vector<int64_t> usual_lengths(std::vector<int64_t> shape) {
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < 0) shape[axis] = axis == 0 ? 1 : kDefaultSide;
  }
  return shape;
}

FileInput hold_other_inputs(StoredNetwork& stored, std::span<const FileInput> inputs, const ModelFile& file, int side) {
  Graph& graph = stored.graph;
  check_names(inputs, graph, file);
  std::vector<FileInput> open;
  for (const FileInput& input : inputs) {
    if (given_for(file, graph.values[at_index(input.value)].name) == nullptr) open.push_back(input);
  }
  const FileInput studied = studied_of(open, file);
  for (const FileInput& input : inputs) {
    if (input.value == studied.value) continue;
    Value& value = graph.values[at_index(input.value)];
    const std::vector<int64_t> shape = held_shape(input, studied, side);
    check_held(input, value.name, shape, file.path);
    const GivenInput* given = given_for(file, value.name);
    const std::string usual = default_value(value.name);
    const GivenInput held = given != nullptr ? *given : GivenInput{value.name, usual, at::scalar_tensor(usual == "1")};
    value.constant = held_values(held, input, shape);
    value.shape = value.constant.sizes().vec();
    graph.held.push_back(input.value);
    stored.facts.input.held.push_back({value.name, input.type, value.shape, held.text, given != nullptr});
  }
  graph.input = studied.value;
  return studied;
}

void lay_out_input(StoredNetwork& stored, const FileInput& studied, const std::string& where, int side) {
  Graph& graph = stored.graph;
  InputFacts& facts = stored.facts.input;
  facts.name = graph.values[at_index(studied.value)].name;
  facts.type = studied.type;
  facts.file_shape = studied.shape;
  facts.tokens = !is_float(studied) && !is_picture(studied);
  std::vector<int64_t> shape = studied.shape;
  if (shape.size() == 1) shape.insert(shape.begin(), 1);  // load.cpp looks whether rows of them give the same
  graph.values[at_index(graph.input)].shape = shape;
  const size_t rank = shape.size();
  if (!studied.has_shape || rank < 2 || rank > 5) {
    throw Error(ErrorKind::kUnsupported, where,
                fmt::format("its input \"{}\" {}", facts.name,
                            studied.has_shape ? fmt::format("has {} axes", studied.shape.size()) : "has no shape"),
                "export it with an input [N,C,H,W], [N,C,L] or [N,F], its lengths fixed");
  }
  const auto found = facts.tokens ? std::nullopt : channels_in(graph, where);
  const bool told = found && !found->of_a_row;
  const bool last = rank > 2 && (told ? found->axis == rank - 1 : looks_channels_last(studied.shape));
  Channels channels = found.value_or(Channels{});
  if (!found && last) channels.axis = rank - 1;
  complete_lengths(stored, shape, channels, where, side);
  graph.values[at_index(graph.input)].shape = shape;
  facts.channels_last = last;
  if (last) put_channels_first(stored, shape);
  if (facts.tokens) add_before_input(graph, "Cast", {}, {{"to", onnx_type(studied.elements)}}, shape);
  if (facts.tokens || is_float(studied)) return;
  const double low = studied.elements == at::kChar ? -128 : 0;
  stored.facts.preprocessing = {.name = studied.type, .low = low, .high = low + 255, .mean = {}, .deviation = {}};
  stored.facts.has_preprocessing = true;
}

}  // namespace microtome
