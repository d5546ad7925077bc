// SPDX-License-Identifier: Apache-2.0
// Which layers does a network have?
#include "microtome/study/network_facts.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

struct InfoRequest : NetworkArguments {};

// What the file takes: the input that is studied as the file has it, and the others.
void add_inputs(Json& input, const Source& source) {
  const InputFacts& facts = source.network.facts().input;
  const Graph& graph = source.network.graph();
  input["name"] = graph.values[at_index(graph.input)].name;
  input["shape"] = graph.values[at_index(graph.input)].shape;
  input["type"] = facts.type;
  input["file_shape"] = facts.file_shape;
  input["channels_last"] = facts.channels_last;
  input["tokens"] = facts.tokens;
  input["guessed"] = !source.stated;
  input["held"] = Json::array();
  for (const HeldInput& held : facts.held) {
    input["held"].push_back({{"name", held.name},
                             {"type", held.type},
                             {"shape", held.shape},
                             {"value", held.value},
                             {"given", held.given}});
  }
}

Json outputs_of(const Network& network) {
  Json outputs = Json::array();
  for (const ValueIndex output : network.graph().outputs) {
    const Value& value = network.graph().values[at_index(output)];
    outputs.push_back({{"name", value.name}, {"shape", value.shape}});
  }
  return outputs;
}

// {"network":{"hash","format","name","input","outputs","classes","notes"},
//  "layers":[{"name","aliases","op","shape","units","receptive_field","macs_share"}]}
Json info(const InfoRequest& request, const Bench&) {
  const Source source = open_source(request);
  AtlasNetwork network = network_record(source);
  add_inputs(network.input, source);
  Json layers = Json::array();
  for (const AtlasLayer& layer : layer_records(source.network, source.network)) {
    layers.push_back({{"name", layer.name},
                      {"aliases", layer.aliases},
                      {"op", layer.op},
                      {"shape", layer.shape},
                      {"units", layer.units},
                      {"receptive_field", layer.receptive_field},
                      {"macs_share", layer.macs_share}});
  }
  return {{"network",
           {{"hash", network.hash},
            {"format", network.format},
            {"name", network.name},
            {"input", network.input},
            {"outputs", outputs_of(source.network)},
            {"classes", network.classes.size()},
            {"notes", source.network.facts().notes}}},
          {"layers", std::move(layers)}};
}

}  // namespace

extern const QuestionKind info_question;
const QuestionKind info_question =
    make_question<InfoRequest, info>("info", "List a network's layers: shape, units, receptive field, cost", R"(
Layers keep the file's names; any alias works wherever a layer is asked for.
Example:
  microtome info googlenet.onnx --json | jq '.layers[].name'
docs/networks.md says which inputs are understood.
)");

}  // namespace microtome::questions
