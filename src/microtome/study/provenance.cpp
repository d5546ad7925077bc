// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/workflow.h"

#include "microtome/base/json.h"

namespace microtome {

Provenance make_provenance(const Source& source, const StudyRequest& request, const std::string& stage,
                           const std::string& data_hash, Json settings) {
  const Preprocessing& input = source.preprocessing;
  settings["input"] = {{"side", input.side}, {"low", input.low},       {"high", input.high},
                       {"mean", input.mean}, {"std", input.deviation}, {"bgr", input.bgr}};
  Provenance provenance;
  provenance.stage = stage;
  provenance.version = MICROTOME_VERSION;
  provenance.network_hash = source.network.facts().hash;
  provenance.data_hash = data_hash;
  provenance.settings = std::move(settings);
  provenance.command = request.command;
  return provenance;
}

}  // namespace microtome
