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
  for (const char c : text)
    out += c == '_' || c == '\t' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const size_t begin = std::min(out.find_first_not_of(' '), out.size());
  return out.substr(begin, out.find_last_not_of(' ') + 1 - begin);
}

// "n02123045", the number of a noun in WordNet, which many lists of ImageNet's classes have before the names.
size_t wordnet_id(std::string_view label) {
  constexpr size_t kDigits = 8;
  if (label.size() <= kDigits + 1 || label[0] != 'n' || (label[kDigits + 1] != ' ' && label[kDigits + 1] != '\t'))
    return 0;
  return std::ranges::all_of(label.substr(1, kDigits), [](char c) { return c >= '0' && c <= '9'; }) ? kDigits + 1 : 0;
}

// The whole line first, then what is behind WordNet's number and that number, then each synonym of "tabby, tabby cat".
std::vector<std::string> names_of(std::string_view label) {
  std::vector<std::string> names = {folded(label)};
  if (const size_t id = wordnet_id(label); id > 0) {
    names.push_back(folded(label.substr(0, id)));
    label.remove_prefix(id);
    names.push_back(folded(label));
  }
  for (size_t begin = 0; begin <= label.size();) {
    const size_t end = std::min(label.find(',', begin), label.size());
    names.push_back(folded(label.substr(begin, end - begin)));
    begin = end + 1;
  }
  return names;
}

int64_t find_class(const std::string& label, const Network& network, const Call& call) {
  const std::vector<std::string>& classes = network.facts().classes;
  if (classes.empty())
    throw Error(ErrorKind::kUsage, call.where_of("class"), "the network names no classes", "give unit=NUMBER");
  if (const auto found = class_named(label, classes)) return *found;
  std::vector<std::string> known;
  for (const std::string& of : classes) {
    for (std::string& name : names_of(of)) known.push_back(std::move(name));
  }
  throw Error(ErrorKind::kNotFound, call.where_of("class"), fmt::format("there is no class \"{}\"", label),
              fmt::format("nearest: \"{}\"", nearest_name(label, known)));
}

}  // namespace

std::optional<int64_t> class_named(const std::string& name, const std::vector<std::string>& classes) {
  const std::string wanted = folded(name);
  for (size_t i = 0; i < classes.size(); ++i) {
    const std::vector<std::string> names = names_of(classes[i]);
    if (std::ranges::find(names, wanted) != names.end()) return static_cast<int64_t>(i);
  }
  return std::nullopt;
}

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
