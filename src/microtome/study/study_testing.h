// SPDX-License-Identifier: Apache-2.0
// A planted network and a set drawn for it: unit 0 answers to red, unit 1 to blue, so answers are known beforehand.
#pragma once
#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "microtome/base/reporter.h"
#include "microtome/base/rng.h"
#include "microtome/concepts/formats/broden_writer.h"
#include "microtome/network/builder.h"
#include "microtome/study/source.h"

namespace microtome::testing {

inline constexpr int kSide = 16;
inline constexpr int kImages = 14;

// Red on the left and blue on the right, each pixel of its own brightness, so that no two cells are equal.
inline void write_planted_set(const std::string& folder) {
  const std::vector<Concept> concepts = {{}, {1, "cherry", 0, {0}}, {2, "plum", 0, {0}}};
  BrodenWriter writer(folder, {"object"}, concepts);
  for (int i = 0; i < kImages; ++i) {
    Rng rng(3, "planted", static_cast<uint64_t>(i));
    Image image(kSide, kSide);
    LabelMap labels(kSide, kSide);
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const bool left = x < kSide / 2;
        image.at(x, y)[left ? 0 : 2] = static_cast<uint8_t>(rng.between(60, 255));
        labels.at(x, y) = left ? 1 : 2;
      }
    }
    BrodenWriter::Cell cell;
    cell.planes = {labels};
    writer.add(i, "planted/" + std::to_string(i) + ".png", "train", image, {{0, cell}});
  }
  writer.finish();
}

// Keeps what a user would be warned of.
class KeptWarnings final : public Reporter {
 public:
  void start(const std::string&, int64_t, const std::string&, int64_t) override {}
  void advance(int64_t) override {}
  void finish() override {}
  void note(const std::string&) override {}
  void detail(const std::string&) override {}
  void warn(const std::string& text) override { texts.push_back(text); }
  std::vector<std::string> texts;
};

inline Source planted_source(const std::string& layer = "colour") {
  GraphBuilder graph;
  const ValueIndex input = graph.input("input", {-1, 3, kSide, kSide});
  const at::Tensor weight = at::tensor({1.F, 0.F, -1.F, -1.F, 0.F, 1.F}).reshape({2, 3, 1, 1});
  const ValueIndex colour = graph.relu(layer, graph.conv("colour/linear", input, weight, at::zeros({2})));
  Network::Facts facts;
  facts.name = "planted";
  facts.format = "memory";
  facts.has_preprocessing = true;
  Network network(graph.finish({colour}), facts);
  Preprocessing preprocessing;
  preprocessing.name = "stored";
  preprocessing.side = kSide;
  return {std::move(network), preprocessing, true, {}};
}

}  // namespace microtome::testing
