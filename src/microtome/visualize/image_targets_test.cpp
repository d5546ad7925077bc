// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/image_targets.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "microtome/base/error.h"
#include "microtome/network/executor.h"
#include "microtome/visualize/render.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::classifier;

class Images : public ::testing::Test {
 protected:
  std::string sweep(int unit, const std::string& layer = "conv1") const {
    const std::string& image = files_.image_file();
    return fmt::format("conv1:{} + 0.1*caricature({},image={}) + 0.1*inversion({},image={})", unit, layer, image, layer,
                       image);
  }
  Objective parse(const std::string& text, int64_t side) {
    return parse_objective(text, {network_, raw_, side, side, &images_});
  }

  testing::ObjectiveFiles files_;
  Preprocessing raw_;
  Network network_ = classifier();
  ImageTargets images_{network_, raw_};
};

TEST_F(Images, AreDecodedAndSeenOnceInASweep) {
  for (int unit = 0; unit < 5; ++unit) parse(sweep(unit), 12);
  EXPECT_EQ(images_.decoded(), 1);
  EXPECT_EQ(images_.runs(), 1);
  for (int unit = 0; unit < 5; ++unit) parse(sweep(unit, "fc"), 12);
  EXPECT_EQ(images_.decoded(), 1);
  EXPECT_EQ(images_.runs(), 2);
  parse(sweep(0), 20);
  EXPECT_EQ(images_.decoded(), 1);
  EXPECT_EQ(images_.runs(), 3);
}

TEST_F(Images, AreWhatTheNetworkMakesOfThem) {
  const at::Tensor input = to_input(load_image(files_.image_file()), raw_, 3, 20, 20);
  const at::Tensor expected = make_executor(network_, {"conv1"})->run(input)[0];
  EXPECT_TRUE(images_.activations(files_.image_file(), "conv1", 20, 20).equal(expected));
  EXPECT_TRUE(images_.activations(files_.image_file(), "conv1", 20, 20).equal(expected));
  EXPECT_THROW(images_.activations("/nowhere.png", "conv1", 20, 20), Error);
  EXPECT_THROW(images_.activations("/nowhere.png", "conv1", 20, 20), Error);
}

TEST_F(Images, AreNotLookedAtBeforeTheSizeIsKnown) {
  const Objective objective = parse(sweep(2), 0);
  EXPECT_EQ(images_.decoded(), 0);
  EXPECT_TRUE(objective.reads.image);
  EXPECT_EQ(objective.text, parse(sweep(2), 12).text);
  EXPECT_EQ(objective.layers(), std::vector<std::string>{"conv1"});
}

TEST_F(Images, AreReadOnceByARenderer) {
  RenderSettings settings;
  settings.size = 20;
  settings.steps = 2;
  const Renderer renderer(network_, raw_, settings);
  const Picture before = renderer.render(sweep(1), 0);
  std::remove(files_.image_file().c_str());
  EXPECT_TRUE(renderer.render(sweep(1), 0).image == before.image);
  renderer.parse(sweep(3));
  EXPECT_THROW(Renderer(network_, raw_, settings).parse(sweep(1)), Error);
}

}  // namespace
}  // namespace microtome
