// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/onnx_order.h"

#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace microtome {
namespace {

constexpr int kDeepestBody = 32;

void collect_reads(const onnx::NodeProto& node, int depth, std::set<std::string>& reads) {
  reads.insert(node.input().begin(), node.input().end());
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.type() != onnx::AttributeProto::GRAPH || depth > kDeepestBody) continue;
    for (const onnx::NodeProto& inner : attribute.g().node()) collect_reads(inner, depth + 1, reads);
    for (const auto& output : attribute.g().output()) reads.insert(output.name());
  }
}

}  // namespace

std::vector<int> running_order(const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes) {
  const int count = nodes.size();
  std::unordered_map<std::string, std::vector<int>> readers;
  std::vector<int> missing(static_cast<size_t>(count)), order, late;
  std::unordered_set<std::string> made;
  for (const auto& node : nodes) made.insert(node.output().begin(), node.output().end());
  for (int i = 0; i < count; ++i) {
    std::set<std::string> reads;
    collect_reads(nodes[i], 0, reads);
    for (const std::string& name : reads) {
      if (name.empty() || !made.contains(name)) continue;
      readers[name].push_back(i);
      ++missing[static_cast<size_t>(i)];
    }
  }
  std::set<int> ready;  // the first in the file first, so that an order which is right stays
  for (int i = 0; i < count; ++i) {
    if (missing[static_cast<size_t>(i)] == 0) ready.insert(i);
  }
  while (!ready.empty()) {
    order.push_back(*ready.begin());
    ready.erase(ready.begin());
    for (const std::string& name : nodes[order.back()].output()) {
      for (const int reader : std::exchange(readers[name], {})) {
        if (--missing[static_cast<size_t>(reader)] == 0) ready.insert(reader);
      }
    }
  }
  for (int i = 0; i < count; ++i) {
    if (missing[static_cast<size_t>(i)] > 0) late.push_back(i);
  }
  order.insert(order.end(), late.begin(), late.end());
  return order;
}

}  // namespace microtome
