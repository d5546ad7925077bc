// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/lab/architecture.h"
#include "microtome/lab/trainer.h"
#include "microtome/network/executor.h"
#include "microtome/network/network.h"

namespace microtome {
namespace {

constexpr int64_t kSide = 16, kExamples = 96, kClasses = 2;

ArchitectureSettings tiny() {
  ArchitectureSettings settings;
  settings.side = kSide;
  settings.widths = {4, 6, 8};
  settings.scenes = kClasses;
  settings.objects = kClasses;
  settings.seed = 5;
  return settings;
}

// Class 0 is horizontal stripes, class 1 vertical ones, under noise.
at::Tensor stripes() {
  const at::Tensor pictures = at::empty({kExamples, 3, kSide, kSide}, at::kFloat);
  auto values = pictures.accessor<float, 4>();
  for (int64_t i = 0; i < kExamples; ++i) {
    Rng rng(1, "stripes", static_cast<uint64_t>(i));
    const int64_t phase = rng.below(4);
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t y = 0; y < kSide; ++y) {
        for (int64_t x = 0; x < kSide; ++x) {
          const int64_t along = i % kClasses == 0 ? y : x;
          values[i][c][y][x] = static_cast<float>(((along + phase) / 2 % 2 == 0 ? 1 : -1) + 0.5 * rng.normal());
        }
      }
    }
  }
  return pictures;
}

struct Trained {
  Graph graph;
  std::vector<double> losses;
};

Trained train(int threads, int64_t epochs, double lr = 0.05) {
  Trained out{small_network(tiny()), {}};
  const at::Tensor pictures = stripes();
  TrainerSettings settings;
  settings.epochs = epochs;
  settings.batch = 40;  // Not a multiple of the shard: the last shard is smaller.
  settings.lr = lr;
  settings.threads = threads;
  const Examples examples = [&](const std::vector<int64_t>& indices, uint64_t) {
    return pictures.index_select(0, at::tensor(indices, at::kLong));
  };
  const Loss loss = [](const std::vector<at::Tensor>& outputs, const std::vector<int64_t>& indices) {
    std::vector<int64_t> answers;
    for (const int64_t i : indices) answers.push_back(i % kClasses);
    const at::Tensor target = at::tensor(answers, at::kLong);
    return at::cross_entropy_loss(outputs[0], target) + at::cross_entropy_loss(outputs[1], target);
  };
  const auto reporter = make_silent_reporter();
  out.losses = train_graph(out.graph, kExamples, examples, loss, settings, *reporter);
  return out;
}

TEST(Trainer, LearnsATaskThatTheNetworkCanSolve) {
  const Trained trained = train(1, 15);
  EXPECT_LT(trained.losses.back(), 0.2 * trained.losses.front());
  const at::Tensor logits = evaluate(trained.graph, stripes(), trained.graph.outputs)[0];
  int64_t right = 0;
  for (int64_t i = 0; i < kExamples; ++i) right += logits[i].argmax().item<int64_t>() == i % kClasses ? 1 : 0;
  EXPECT_GE(right, kExamples - 2);  // In inference mode: the running statistics are in place.
}

TEST(Trainer, GivesTheSameWeightsForEveryThreadCount) {
  const Trained one = train(1, 2), three = train(3, 2);
  EXPECT_EQ(one.losses, three.losses);
  for (size_t i = 0; i < one.graph.values.size(); ++i) {
    const at::Tensor& a = one.graph.values[i].constant;
    if (!a.defined()) continue;
    EXPECT_TRUE(a.equal(three.graph.values[i].constant)) << one.graph.values[i].name;
  }
}

TEST(Trainer, SaysWhenTheLossDiverges) { EXPECT_THROW(train(1, 6, 1e30), Error); }

TEST(Architecture, HasTheLayersAndShapesThatItSays) {
  const Network network(small_network(tiny()), {});
  EXPECT_EQ(network.layer("conv1").shape, (std::vector<int64_t>{4, 8, 8}));
  EXPECT_EQ(network.layer("conv2").shape, (std::vector<int64_t>{6, 4, 4}));
  EXPECT_EQ(network.layer("pool3").shape, (std::vector<int64_t>{8, 2, 2}));
  EXPECT_EQ(network.output_layer().name, "scene");
  EXPECT_EQ(network.layer("conv2").receptive_field.size, (std::array<int64_t, 2>{9, 9}));
  ArchitectureSettings narrow = tiny();
  narrow.widths = {4};
  EXPECT_THROW(small_network(narrow), Error);
}

}  // namespace
}  // namespace microtome
