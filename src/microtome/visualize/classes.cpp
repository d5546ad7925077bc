// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome {
namespace {

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
  if (classes.empty())
    throw Error(ErrorKind::kUsage, call.where_of("class"), "the network names no classes", "give unit=NUMBER");
  std::vector<std::string> known;
  for (size_t i = 0; i < classes.size(); ++i) {
    for (std::string& name : names_of(classes[i])) {
      if (name == folded(label)) return static_cast<int64_t>(i);
      known.push_back(std::move(name));
    }
  }
  throw Error(ErrorKind::kNotFound, call.where_of("class"), fmt::format("there is no class \"{}\"", label),
              fmt::format("nearest: \"{}\"", nearest_name(label, known)));
}

}  // namespace

const Layer& logits(const Network& network) {
  const Layer& output = network.output_layer();
  for (const Node& node : network.graph().nodes) {
    const bool makes_output = std::ranges::find(node.outputs, output.value) != node.outputs.end();
    if (!makes_output || require_operator(node).scale == OutputScale::kAny) continue;
    for (const Layer& layer : network.layers()) {
      if (layer.value == node.inputs[0]) return layer;
    }
  }
  return output;
}

int64_t read_class(const Call& call, const Network& network) {
  const auto settings = read_settings<ClassSettings>(call);
  if (settings.unit >= 0 && !settings.label.empty()) {
    throw Error(ErrorKind::kUsage, call.where, "both unit and class are given", "give one of them");
  }
  const bool by_number = settings.label.empty();
  const int64_t unit = by_number ? settings.unit : find_class(settings.label, network, call);
  require_unit(logits(network), unit, call, by_number ? "unit" : "class");
  return unit;
}

std::string class_text(std::string_view kind, int64_t unit) {
  return call_text(kind, ClassSettings{.unit = unit, .label = {}});
}

}  // namespace microtome
