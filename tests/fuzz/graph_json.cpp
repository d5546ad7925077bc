// SPDX-License-Identifier: Apache-2.0
// The graph within our own network files.
#include <ATen/ATen.h>

#include "answered.h"
#include "microtome/base/json.h"
#include "microtome/base/json_text.h"
#include "microtome/network/formats/check_graph.h"
#include "microtome/network/formats/graph_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  static const std::map<std::string, at::Tensor> tensors = {
      {"w1", at::ones({4, 3, 3, 3})}, {"b1", at::ones({4})}, {"w2", at::ones({5, 16})}, {"shape", at::arange(2)}};
  return fuzz::answered([&] {
    const Json json = parse_json<Json>(fuzz::text_of(data, size), "x");
    check_graph(graph_from_json(json, tensors, "x"), "x");
  });
}
