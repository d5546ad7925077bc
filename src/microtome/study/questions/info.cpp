// SPDX-License-Identifier: Apache-2.0
// Which layers does a network have?
#include "microtome/study/network_facts.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

struct InfoRequest : NetworkArguments {};

// {"network":{"hash","format","name","input","classes","notes"},
//  "layers":[{"name","aliases","op","shape","units","receptive_field","macs_share"}]}
Json info(const InfoRequest& request, const Bench&) {
  const Source source = open_source(request);
  const AtlasNetwork network = network_record(source);
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
)");

}  // namespace microtome::questions
