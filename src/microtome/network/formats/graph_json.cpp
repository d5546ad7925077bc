// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/graph_json.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"

namespace microtome {
namespace {

constexpr int kVersion = 1;

[[noreturn]] void refuse_form(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, where, what, "get the file anew or save it again");
}

// JSON has no infinities, and Clip has them as attributes.
Json number_to_json(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

double number_from_json(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  return std::stod(json.get<std::string>());
}

// One form an attribute can have: its key in the JSON and both directions.
struct AttributeForm {
  std::string_view key;
  Json (*write)(const Attribute&);  // null json when the attribute has another form
  Attribute (*read)(const Json&);
};

template <class T>
Json write_as(const Attribute& attribute) {
  const T* value = std::get_if<T>(&attribute);
  return value != nullptr ? Json(*value) : Json();
}

Json write_float(const Attribute& attribute) {
  const double* value = std::get_if<double>(&attribute);
  return value != nullptr ? number_to_json(*value) : Json();
}

Json write_floats(const Attribute& attribute) {
  const auto* values = std::get_if<std::vector<double>>(&attribute);
  if (values == nullptr) return {};
  Json out = Json::array();
  for (const double value : *values) out.push_back(number_to_json(value));
  return out;
}

template <class T>
Attribute read_as(const Json& json) {
  return json.get<T>();
}

Attribute read_floats(const Json& json) {
  std::vector<double> values;
  for (const Json& item : json) values.push_back(number_from_json(item));
  return values;
}

constexpr AttributeForm kForms[] = {
    {"int", write_as<int64_t>, read_as<int64_t>},
    {"float", write_float, [](const Json& json) -> Attribute { return number_from_json(json); }},
    {"string", write_as<std::string>, read_as<std::string>},
    {"ints", write_as<std::vector<int64_t>>, read_as<std::vector<int64_t>>},
    {"floats", write_floats, read_floats},
    {"strings", write_as<std::vector<std::string>>, read_as<std::vector<std::string>>},
};
constexpr std::string_view kTensorForm = "tensor";

Json attribute_to_json(const Attribute& attribute, const std::string& tensor_name, NamedTensors& tensors) {
  if (const auto* tensor = std::get_if<at::Tensor>(&attribute)) {
    tensors.emplace_back(tensor_name, *tensor);
    return {{std::string(kTensorForm), tensor_name}};
  }
  for (const AttributeForm& form : kForms) {
    const Json value = form.write(attribute);
    if (!value.is_null()) return {{std::string(form.key), value}};
  }
  throw Error(ErrorKind::kInternal, tensor_name, "has a form that the file format lacks");
}

at::Tensor tensor_named(const std::string& name, const std::map<std::string, at::Tensor>& tensors,
                        const std::string& where) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) refuse_form(where, fmt::format("has no tensor \"{}\", which its graph asks for", name));
  return found->second;
}

Attribute attribute_from_json(const Json& json, const std::map<std::string, at::Tensor>& tensors,
                              const std::string& where) {
  if (!json.is_object() || json.size() != 1) refuse_form(where, "an attribute of its graph has no form");
  const std::string key = json.begin().key();
  if (key == kTensorForm) return tensor_named(json.begin()->get<std::string>(), tensors, where);
  for (const AttributeForm& form : kForms) {
    if (form.key == key) return form.read(*json.begin());
  }
  refuse_form(where, fmt::format("an attribute of its graph has the unknown form \"{}\"", key));
}

class GraphReader {
 public:
  GraphReader(const std::map<std::string, at::Tensor>& tensors, const std::string& where)
      : tensors_(tensors), where_(where) {}

  Graph read(const Json& json) {
    if (json.at("version").get<int>() != kVersion) {
      throw Error(ErrorKind::kUnsupported, where_, "was written by a newer microtome", "install that one");
    }
    for (const Json& name : json.at("constants")) {
      const ValueIndex index = add(name.get<std::string>());
      graph_.values[static_cast<size_t>(index)].constant = tensor_named(name.get<std::string>(), tensors_, where_);
    }
    graph_.input = add(json.at("input").get<std::string>());
    json.at("shape").get_to(graph_.values[static_cast<size_t>(graph_.input)].shape);
    for (const Json& node : json.at("nodes")) read_node(node);
    for (const Json& name : json.at("outputs")) graph_.outputs.push_back(known(name.get<std::string>()));
    return std::move(graph_);
  }

 private:
  ValueIndex add(const std::string& name) {
    const auto index = static_cast<ValueIndex>(graph_.values.size());
    if (name.empty() || !indices_.emplace(name, index).second)
      refuse_form(where_, fmt::format("makes the value \"{}\" twice", name));
    graph_.values.push_back({.name = name, .shape = {}, .constant = {}});
    return index;
  }

  ValueIndex known(const std::string& name) const {
    const auto found = indices_.find(name);
    if (found == indices_.end())
      refuse_form(where_, fmt::format("its graph reads \"{}\", which nothing before it makes", name));
    return found->second;
  }

  void read_node(const Json& json) {
    Node node;
    json.at("op").get_to(node.op);
    json.at("name").get_to(node.name);
    json.at("opset").get_to(node.version);
    for (const Json& item : json.at("inputs")) {
      const auto name = item.get<std::string>();
      node.inputs.push_back(name.empty() ? -1 : known(name));
    }
    for (const Json& item : json.at("outputs")) {
      const auto name = item.get<std::string>();
      node.outputs.push_back(name.empty() ? -1 : add(name));
    }
    for (const auto& [name, item] : json.at("attributes").items()) {
      node.attributes[name] = attribute_from_json(item, tensors_, where_);
    }
    graph_.nodes.push_back(std::move(node));
  }

  const std::map<std::string, at::Tensor>& tensors_;
  const std::string& where_;
  Graph graph_;
  std::unordered_map<std::string, ValueIndex> indices_;
};

// Names are what ties the JSON together: a value that shares its name with an earlier one, or has none, gets a number.
std::vector<std::string> unique_names(const Graph& graph) {
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  for (const Value& value : graph.values) {
    std::string name = value.name.empty() ? fmt::format("value{}", names.size()) : value.name;
    while (!seen.insert(name).second) name += fmt::format("#{}", names.size());
    names.push_back(std::move(name));
  }
  return names;
}

// Constants that something reads; folding leaves others behind.
std::vector<bool> needed_constants(const Graph& graph) {
  std::vector<bool> needed(graph.values.size());
  const auto mark = [&](ValueIndex index) {
    if (index >= 0) needed[static_cast<size_t>(index)] = graph.values[static_cast<size_t>(index)].constant.defined();
  };
  for (const Node& node : graph.nodes) std::for_each(node.inputs.begin(), node.inputs.end(), mark);
  std::for_each(graph.outputs.begin(), graph.outputs.end(), mark);
  return needed;
}

}  // namespace

Json graph_to_json(const Graph& graph, NamedTensors& tensors) {
  const std::vector<std::string> unique = unique_names(graph);
  const auto names = [&](const std::vector<ValueIndex>& indices, bool made) {
    Json out = Json::array();
    for (const ValueIndex index : indices) {
      // What folding made a constant is no longer made by its node.
      const bool absent = index < 0 || (made && graph.values[static_cast<size_t>(index)].constant.defined());
      out.push_back(absent ? "" : unique[static_cast<size_t>(index)]);
    }
    return out;
  };
  const std::vector<bool> needed = needed_constants(graph);
  Json constants = Json::array();
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (!needed[i]) continue;
    constants.push_back(unique[i]);
    tensors.emplace_back(unique[i], graph.values[i].constant);
  }
  Json nodes = Json::array();
  for (const Node& node : graph.nodes) {
    Json attributes = Json::object();
    for (const auto& [name, attribute] : node.attributes) {
      attributes[name] = attribute_to_json(attribute, fmt::format("node{}:{}", nodes.size(), name), tensors);
    }
    nodes.push_back({{"op", node.op},
                     {"name", node.name},
                     {"opset", node.version},
                     {"inputs", names(node.inputs, false)},
                     {"outputs", names(node.outputs, true)},
                     {"attributes", attributes}});
  }
  return {{"version", kVersion},
          {"input", unique[static_cast<size_t>(graph.input)]},
          {"shape", graph.values[static_cast<size_t>(graph.input)].shape},
          {"outputs", names(graph.outputs, false)},
          {"constants", constants},
          {"nodes", nodes}};
}

Graph graph_from_json(const Json& json, const std::map<std::string, at::Tensor>& tensors, const std::string& where) {
  try {
    return GraphReader(tensors, where).read(json);
  } catch (const nlohmann::json::exception& failure) {
    refuse_form(where, fmt::format("its graph is not in the form it should have ({})", failure.what()));
  } catch (const std::logic_error&) {
    refuse_form(where, "its graph has text where a number should be");
  }
}

Json preprocessing_to_json(const Preprocessing& p) {
  return {{"low", p.low},
          {"high", p.high},
          {"mean", p.mean},
          {"deviation", p.deviation},
          {"bgr", p.bgr},
          {"side", p.side},
          {"resize_short", p.resize_short}};
}

Preprocessing preprocessing_from_json(const Json& json) {
  Preprocessing p;
  p.name = "stored";
  json.at("low").get_to(p.low);
  json.at("high").get_to(p.high);
  json.at("mean").get_to(p.mean);
  json.at("deviation").get_to(p.deviation);
  json.at("bgr").get_to(p.bgr);
  json.at("side").get_to(p.side);
  json.at("resize_short").get_to(p.resize_short);
  return p;
}

}  // namespace microtome
