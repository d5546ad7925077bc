// SPDX-License-Identifier: Apache-2.0
// safetensors: our own networks with their graph in the metadata, or the weights of a known architecture.
#include "microtome/network/formats/safetensors.h"

#include <ATen/ATen.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json_text.h"
#include "microtome/network/formats/check_graph.h"
#include "microtome/network/formats/graph_json.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/safetensors_file.h"
#include "microtome/network/formats/state_dict.h"

namespace microtome {
namespace {

const std::string kOurs = "microtome";  // the key of our JSON in the metadata

bool is_short_float(at::ScalarType type) { return type == at::kHalf || type == at::kBFloat16 || type == at::kDouble; }

void read_facts(const Json& json, Network::Facts& facts) {
  if (json.contains("preprocessing")) {
    facts.preprocessing = preprocessing_from_json(json.at("preprocessing"));
    facts.has_preprocessing = true;
  }
  if (json.contains("classes")) json.at("classes").get_to(facts.classes);
}

StoredNetwork read_safetensors(const ModelFile& file, int side) {
  SafetensorsFile content = parse_safetensors(file.bytes, file.path);
  const auto ours = content.metadata.find(kOurs);
  if (ours == content.metadata.end()) return network_from_weights(std::move(content.tensors), side, file.path);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, tensor] : content.tensors) {
    tensors[name] = is_short_float(tensor.scalar_type()) ? tensor.to(at::kFloat) : tensor;
  }
  StoredNetwork stored;
  try {
    const Json json = parse_json(ours->second, file.path);
    stored.graph = graph_from_json(json.at("graph"), tensors, file.path);
    read_facts(json, stored.facts);
  } catch (const nlohmann::json::exception& failure) {
    throw Error(ErrorKind::kCorrupt, file.path,
                std::string("its network's description is damaged (") + failure.what() + ")",
                "get the file anew or save it again");
  }
  check_graph(stored.graph, file.path);
  check_input(stored.graph, file.path);
  return stored;
}

}  // namespace

void save_network(const Network& network, const std::string& file) {
  SafetensorsFile content;
  Json json;
  json["graph"] = graph_to_json(network.graph(), content.tensors);
  const Network::Facts& facts = network.facts();
  if (facts.has_preprocessing) json["preprocessing"] = preprocessing_to_json(facts.preprocessing);
  if (!facts.classes.empty()) json["classes"] = facts.classes;
  content.metadata["format"] = "pt";  // other readers of the format ask for this key
  try {
    content.metadata[kOurs] = json.dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorKind::kUnsupported, file, "a name in the network is not UTF-8 text", "rename it");
  }
  write_file(file, safetensors_bytes(content, file));
}

namespace model_formats {
extern const ModelFormat safetensors;
const ModelFormat safetensors = {
    "safetensors",
    "safetensors: our own networks, with their graph in the metadata, or weights of a known architecture",
    looks_like_safetensors, read_safetensors};
}  // namespace model_formats

}  // namespace microtome
