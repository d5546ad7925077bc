// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/network_facts.h"

#include <algorithm>
#include <string_view>

#include "microtome/base/json.h"

namespace microtome {

AtlasNetwork network_record(const Source& source) {
  const Network& network = source.network;
  const Preprocessing& input = source.preprocessing;
  const Network::Facts& facts = network.facts();
  Json described = {{"channels", network.channels()},
                    {"height", network.height()},
                    {"width", network.width()},
                    {"preprocess", input.name},
                    {"range", {input.low, input.high}},
                    {"order", input.bgr ? "bgr" : "rgb"},
                    {"mean", input.mean},
                    {"std", input.deviation}};
  for (const HeldInput& held : facts.input.held) described["held"][held.name] = held.value;
  return {facts.hash, facts.format, facts.name, std::move(described), source.classes};
}

namespace {

double share_of(std::string_view name, const Network& file) {
  for (;;) {
    const auto found = std::ranges::find(file.layers(), name, &Layer::name);
    if (found != file.layers().end()) return found->macs_share;
    const size_t derived = name.rfind('~');
    if (derived == std::string_view::npos) return 0;
    name = name.substr(0, derived);
  }
}

}  // namespace

std::vector<AtlasLayer> layer_records(const Network& network, const Network& file) {
  std::vector<AtlasLayer> records;
  for (const Layer& layer : network.layers()) {
    AtlasLayer record;
    record.name = layer.name;
    record.aliases = layer.aliases;
    record.op = layer.op;
    record.shape = layer.shape;
    record.units = layer.units;
    const ReceptiveField& field = layer.receptive_field;
    record.receptive_field = {{"size", field.size}, {"step", field.step}, {"start", field.start}};
    record.macs_share = share_of(layer.name, file);
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace microtome
