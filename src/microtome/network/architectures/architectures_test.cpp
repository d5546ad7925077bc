// SPDX-License-Identifier: Apache-2.0
// Published networks: every weight finds its place. What each costs, and that it makes the numbers that PyTorch makes,
// is tested in peers_test.cpp.
#include <ATen/ATen.h>

#include "microtome/network/architectures/testing/published.h"
#include "microtome/network/formats/formats_testing.h"
#include "microtome/network/formats/state_dict.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/passes.h"

namespace microtome {
namespace {

// What training changes, counted in the graph.
int64_t learned_in(const Graph& graph) {
  int64_t sum = 0;
  for (const Node& node : graph.nodes) {
    const Operator& op = require_operator(node);
    for (size_t i = op.learned.first; i < op.learned.first + op.learned.count && i < node.inputs.size(); ++i) {
      const at::Tensor& weight = graph.values[at_index(node.inputs[i])].constant;
      if (weight.defined()) sum += weight.numel();
    }
  }
  return sum;
}

struct Known {
  const char* name;
  NamedTensors (*weights)();
  int64_t parameters;  // as torchvision states them
};

TEST(Architectures, ParametersArePublished) {
  using namespace published;
  const Known known[] = {{"resnet18",
                          [] {
                            return resnet({2, 2, 2, 2}, false);
                          },
                          11689512},
                         {"resnet50",
                          [] {
                            return resnet({3, 4, 6, 3}, true);
                          },
                          25557032},
                         {"resnet152",
                          [] {
                            return resnet({3, 8, 36, 3}, true);
                          },
                          60192808},
                         {"resnext50_32x4d",
                          [] {
                            return resnet({3, 4, 6, 3}, true, 32, 4);
                          },
                          25028904},
                         {"wide_resnet50_2",
                          [] {
                            return resnet({3, 4, 6, 3}, true, 1, 128);
                          },
                          68883240},
                         {"resnet20 for CIFAR", [] { return small_resnet(3, 16, 10); }, 269722},
                         {"alexnet", alexnet, 61100840},
                         {"vgg16", [] { return vgg(kVgg16, false); }, 138357544},
                         {"vgg16_bn", [] { return vgg(kVgg16, true); }, 138365992},
                         {"squeezenet1_0", [] { return squeezenet(false); }, 1248424},
                         {"squeezenet1_1", [] { return squeezenet(true); }, 1235496},
                         {"googlenet", googlenet, 6624904},
                         {"densenet121", [] { return densenet121(); }, 7978856},
                         {"densenet121 under old names", [] { return densenet121(true); }, 7978856},
                         {"mobilenet_v2", mobilenet_v2, 3504872},
                         {"efficientnet_b0", efficientnet_b0, 5288548}};
  for (const Known& one : known) {
    const NamedTensors weights = one.weights();
    EXPECT_EQ(parameters(weights), one.parameters) << one.name;
    EXPECT_EQ(learned_in(network_from_weights(weights, 0, one.name).graph), one.parameters) << one.name;
  }
}

// Scales of layers and tokens are no weights of linear operators, so that only the file is counted.
TEST(Architectures, TransformersTakeAllTheirWeights) {
  using namespace published;
  EXPECT_EQ(parameters(convnext_tiny()), 28589128);
  EXPECT_EQ(parameters(vit(768, 12, 16, 224)), 86567656);
  EXPECT_NO_THROW(network_from_weights(convnext_tiny(), 0, "convnext_tiny"));
  EXPECT_NO_THROW(network_from_weights(vit(192, 2, 16, 224), 0, "vit_tiny"));
  EXPECT_NO_THROW(network_from_weights(vit(384, 2, 14, 518, 4), 0, "dinov2 with registers"));
}

TEST(Architectures, KnowTheirInput) {
  using namespace published;
  const StoredNetwork resnet18 = network_from_weights(resnet({2, 2, 2, 2}, false), 0, "x");
  EXPECT_TRUE(resnet18.facts.has_preprocessing);
  EXPECT_THAT(resnet18.facts.notes, ::testing::ElementsAre(::testing::HasSubstr("resnet")));
  EXPECT_EQ(resnet18.facts.preprocessing.mean.at(0), 0.485);
  EXPECT_EQ(resnet18.graph.values[at_index(resnet18.graph.input)].shape, (std::vector<int64_t>{1, 3, 224, 224}));
  // Trained by anybody: nothing says which range.
  EXPECT_FALSE(network_from_weights(small_resnet(3, 16, 10), 0, "x").facts.has_preprocessing);
  EXPECT_EQ(network_from_weights(googlenet(), 0, "x").facts.preprocessing.low, -1);
  const StoredNetwork asked = network_from_weights(resnet({2, 2, 2, 2}, false), 96, "x");
  EXPECT_EQ(asked.graph.values[at_index(asked.graph.input)].shape[2], 96);
}

// Other widths and other numbers of classes are read from the shapes.
TEST(Architectures, WidthsAreFree) {
  const StoredNetwork narrow = network_from_weights(published::small_resnet(2, 6, 17, 1), 0, "x");
  const Network network(narrow.graph, narrow.facts);
  EXPECT_EQ(network.output_layer().units, 17);
  EXPECT_EQ(network.layer("layer3").units, 24);
}

// 197 tokens of 3 heads of 64 channels are 14 x 14 patches and a class, and no map of 3 x 64 behind 5.
TEST(Architectures, TokensAreMapsOfThePatches) {
  const StoredNetwork stored = network_from_weights(published::vit(192, 1, 16, 224), 0, "x");
  const Network grid = with_maps(Network(stored.graph, stored.facts), "blocks.0.add_1", "grid");
  EXPECT_EQ(grid.layer("blocks.0.add_1~grid").shape, (std::vector<int64_t>{192, 14, 14}));
}

TEST(Architectures, RefuseSidesThatDoNotDivide) {
  const NamedTensors weights = published::vit(192, 1, 16, 224);
  const auto [kind, text] = error_of([&] { network_from_weights(weights, 100, "x"); });
  EXPECT_EQ(kind, ErrorKind::kUnsupported);
  EXPECT_THAT(text, ::testing::HasSubstr("16"));
  EXPECT_NO_THROW(network_from_weights(weights, 256, "x"));
  EXPECT_THAT(error_of([] { network_from_weights(published::alexnet(), 300, "x"); }).second,
              ::testing::HasSubstr("avgpool"));
}

}  // namespace
}  // namespace microtome
