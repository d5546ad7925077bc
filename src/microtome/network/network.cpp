// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/network.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "microtome/base/error.h"
#include "microtome/base/hash.h"
#include "microtome/base/nearest.h"
#include "microtome/network/aliases.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/probe.h"
#include "microtome/network/receptive_field.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

std::vector<double> macs_by_node(const Graph& graph) {
  std::vector<double> macs;
  for (const Node& node : graph.nodes) {
    const Operator& op = require_operator(node);
    macs.push_back(op.macs ? op.macs({node, graph}) : 0);
  }
  return macs;
}

double macs_up_to(const Graph& graph, ValueIndex value, const std::vector<double>& macs) {
  double sum = 0;
  for (const Node* node : needed_nodes(graph, {&value, 1})) sum += macs[static_cast<size_t>(node - graph.nodes.data())];
  return sum;
}

std::vector<Layer> list_layers(const Graph& graph, const std::vector<char>& eligible, std::span<const Layer> known) {
  const std::vector<ReceptiveField> fields = receptive_fields(graph);
  const std::vector<double> macs = macs_by_node(graph);
  double all_macs = 0;
  for (const double one : macs) all_macs += one;
  std::vector<Layer> layers;
  std::vector<ValueIndex> values;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueIndex value : graph.nodes[i].outputs) {
      if (value < 0 || !eligible[at_index(value)] || graph.values[at_index(value)].name.empty()) continue;
      const Value& made = graph.values[at_index(value)];
      Layer layer;
      layer.name = made.name;
      layer.op = graph.nodes[i].op;
      layer.value = value;
      layer.shape.assign(made.shape.begin() + 1, made.shape.end());
      layer.units = layer.shape[0];
      layer.receptive_field = fields[at_index(value)];
      layer.macs = macs[i];
      layer.macs_share = all_macs > 0 ? macs_up_to(graph, value, macs) / all_macs : 0;
      layers.push_back(std::move(layer));
      values.push_back(value);
    }
  }
  std::vector<std::vector<std::string>> aliases;
  if (known.empty()) aliases = find_aliases(graph, values);
  for (size_t i = 0; i < layers.size(); ++i) {
    if (known.empty()) {
      layers[i].aliases = std::move(aliases[i]);
      continue;
    }
    const auto same =
        std::find_if(known.begin(), known.end(), [&](const Layer& k) { return k.name == layers[i].name; });
    if (same != known.end()) layers[i].aliases = same->aliases;
  }
  return layers;
}

// SHA-256 over operators, wiring, attributes' names and weights.
std::string content_hash(const Graph& graph) {
  Sha256 hash;
  for (const Node& node : graph.nodes) {
    hash.add(node.op);
    hash.add_values<ValueIndex>(node.inputs);
    hash.add_values<ValueIndex>(node.outputs);
    for (const auto& [name, attribute] : node.attributes) {
      hash.add(name);
      if (const auto* i = std::get_if<int64_t>(&attribute)) hash.add_values<int64_t>({i, 1});
      if (const auto* d = std::get_if<double>(&attribute)) hash.add_values<double>({d, 1});
      if (const auto* text = std::get_if<std::string>(&attribute)) hash.add(*text);
      if (const auto* list = std::get_if<std::vector<int64_t>>(&attribute)) hash.add_values<int64_t>(*list);
      if (const auto* list = std::get_if<std::vector<double>>(&attribute)) hash.add_values<double>(*list);
    }
  }
  for (const Value& value : graph.values) {
    hash.add(value.name);
    hash.add_values<int64_t>(value.shape);
    if (!value.constant.defined()) continue;
    const at::Tensor plain = value.constant.detach().cpu().contiguous();
    hash.add({static_cast<const char*>(plain.data_ptr()), plain.nbytes()});
  }
  return hash.hex();
}

std::string names_beside(std::string_view name, std::span<const Layer> layers) {
  std::vector<std::string> known;
  for (const Layer& layer : layers) {
    known.push_back(layer.name);
    known.insert(known.end(), layer.aliases.begin(), layer.aliases.end());
  }
  std::string text;
  for (int i = 0; i < 3 && !known.empty(); ++i) {
    const std::string nearest = nearest_name(name, known);
    text += fmt::format("{}\"{}\"", i ? ", " : "", nearest);
    std::erase(known, nearest);
  }
  return text;
}

}  // namespace

Network::Network(Graph graph, Facts facts, std::span<const Layer> known) : facts_(std::move(facts)) {
  Probe probe = probe_graph(graph);
  take_notes(graph, probe.cut);
  free_size_ = probe.free_size;
  if (facts_.hash.empty()) facts_.hash = content_hash(graph);
  layers_ = std::make_shared<const std::vector<Layer>>(list_layers(graph, probe.layers, known));
  graph_ = std::make_shared<const Graph>(std::move(graph));
}

// A network that is part of another has its notes already.
void Network::take_notes(const Graph& graph, Cut& cut) {
  std::map<std::pair<std::string, std::string>, std::vector<const Node*>> said;  // by operator and sentence
  for (const Node& node : graph.nodes) {
    const auto note = require_operator(node).note;
    if (const std::string text = note ? note({node, graph}) : ""; !text.empty()) said[{node.op, text}].push_back(&node);
  }
  for (const auto& [what, nodes] : said) {
    const std::string more = nodes.size() > 1 ? fmt::format(" (and {} more)", nodes.size() - 1) : "";
    const bool known =
        std::ranges::any_of(facts_.notes, [&](const std::string& one) { return one.ends_with(what.second); });
    if (!known) cut.notes.push_back(fmt::format("{}{} {}", node_label(*nodes.front(), graph), more, what.second));
  }
  facts_.notes.insert(facts_.notes.end(), cut.notes.begin(), cut.notes.end());
  if (facts_.lost_output.empty()) facts_.lost_output = cut.lost_output;
}

const Layer& Network::layer(std::string_view name) const {
  for (const Layer& layer : *layers_) {
    if (layer.name == name) return layer;
  }
  for (const Layer& layer : *layers_) {
    if (std::count(layer.aliases.begin(), layer.aliases.end(), name)) return layer;
  }
  const std::string file = facts_.file.empty() ? "NET" : facts_.file;
  throw Error(ErrorKind::kNotFound, facts_.file.empty() ? "network" : facts_.file,
              fmt::format("has no layer \"{}\"; nearest: {}", name, names_beside(name, *layers_)),
              "list the layers with: microtome info " + file);
}

Network Network::with_classes(std::vector<std::string> classes) const {
  Network out = *this;
  out.facts_.classes = std::move(classes);
  return out;
}

const Layer* Network::find_output_layer() const {
  if (!facts_.lost_output.empty()) return nullptr;
  const Layer* first = nullptr;
  for (const ValueIndex output : graph_->outputs) {
    const auto layer = std::ranges::find(*layers_, output, &Layer::value);
    if (layer == layers_->end()) continue;
    if (layer->shape.size() == 1) return &*layer;
    if (output == graph_->outputs.front()) first = &*layer;
  }
  return first;
}

const Layer& Network::output_layer() const {
  if (const Layer* found = find_output_layer()) return *found;
  const std::string why = facts_.lost_output.empty() ? "none of its outputs is a layer of classes"
                                                     : "its first output is not there: " + facts_.lost_output;
  throw Error(ErrorKind::kUnsupported, facts_.file, why, "layers inside can be dissected and visualized");
}

int64_t Network::channels() const { return graph_->values[at_index(graph_->input)].shape[1]; }

int64_t Network::height() const {
  const auto& shape = graph_->values[at_index(graph_->input)].shape;
  return shape.size() > 2 ? shape[2] : 1;
}

int64_t Network::width() const {
  const auto& shape = graph_->values[at_index(graph_->input)].shape;
  return shape.size() > 3 ? shape[3] : 1;
}

}  // namespace microtome
