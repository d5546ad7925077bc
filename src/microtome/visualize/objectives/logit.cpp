// SPDX-License-Identifier: Apache-2.0
// One class before the softmax, which would let a picture win by lowering the others.
#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cctype>

#include "microtome/base/error.h"
#include "microtome/visualize/objective.h"

namespace microtome::objectives {
namespace {

struct Settings {
  int64_t unit = -1;
  std::string label;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "unit", .help = "Number of the class, from 0"}, s.unit);
    field({.name = "class", .help = "Name of the class, or one of its comma-separated synonyms, instead of its number"},
          s.label);
  }
};

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const size_t begin = std::min(out.find_first_not_of(' '), out.size());
  return out.substr(begin, out.find_last_not_of(' ') + 1 - begin);
}

// The whole name first, then each synonym of "tabby, tabby cat".
std::vector<std::string> names_of(const std::string& label) {
  std::vector<std::string> names = {folded(label)};
  for (size_t begin = 0; begin <= label.size();) {
    const size_t end = std::min(label.find(',', begin), label.size());
    names.push_back(folded(std::string_view(label).substr(begin, end - begin)));
    begin = end + 1;
  }
  return names;
}

int64_t find_class(const std::string& label, const Network& network, const Call& call) {
  const std::vector<std::string>& classes = network.facts().classes;
  if (classes.empty()) throw Error(ErrorKind::kUsage, call.where, "the network names no classes", "give unit=NUMBER");
  std::vector<std::string> known;
  for (size_t i = 0; i < classes.size(); ++i) {
    for (std::string& name : names_of(classes[i])) {
      if (name == folded(label)) return static_cast<int64_t>(i);
      known.push_back(std::move(name));
    }
  }
  throw Error(ErrorKind::kNotFound, call.where, fmt::format("there is no class \"{}\"", label),
              fmt::format("nearest: \"{}\"", nearest_name(label, known)));
}

// The output, or what the softmax that makes it reads.
const Layer& logits(const Network& network) {
  const Layer& output = network.output_layer();
  for (const Node& node : network.graph().nodes) {
    const bool makes_output = std::ranges::find(node.outputs, output.value) != node.outputs.end();
    if (!makes_output || (node.op != "Softmax" && node.op != "LogSoftmax")) continue;
    for (const Layer& layer : network.layers()) {
      if (layer.value == node.inputs[0]) return layer;
    }
  }
  return output;
}

class Logit : public Objective {
 public:
  Logit(int64_t unit, std::string layer) : unit_(unit), layers_{std::move(layer)} {}
  const std::vector<std::string>& layers() const override { return layers_; }
  at::Tensor score(const View& view) const override { return view.unit(layers_[0], unit_).mean(); }
  std::string to_string() const override { return call_text("logit", Settings{.unit = unit_, .label = {}}); }
  std::optional<Target> target() const override { return Target{layers_[0], unit_}; }
  std::optional<std::vector<int64_t>> units(const std::string&) const override { return {{unit_}}; }

 private:
  int64_t unit_;
  std::vector<std::string> layers_;
};

std::unique_ptr<Objective> make(const Call& call, const ObjectiveContext& context) {
  const Network& network = context.network;
  const auto settings = read_settings<Settings>(call);
  if (settings.unit >= 0 && !settings.label.empty()) {
    throw Error(ErrorKind::kUsage, call.where, "both unit and class are given", "give one of them");
  }
  const Layer& layer = logits(network);
  const int64_t unit = settings.label.empty() ? settings.unit : find_class(settings.label, network, call);
  require_unit(layer, unit, call);
  return std::make_unique<Logit>(unit, layer.name);
}

}  // namespace

extern const ObjectiveKind logit;
const ObjectiveKind logit = {"logit", "One class of the network's output, before the softmax",
                             describe_settings<Settings>, make, "class"};

}  // namespace microtome::objectives
