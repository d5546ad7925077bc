// SPDX-License-Identifier: Apache-2.0
// Five ways to say what a unit depends on, where they must agree.
#include "microtome/explain/dependence.h"

#include <numeric>

#include "microtome/base/error.h"
#include "microtome/explain/explain_testing.h"

namespace microtome {
namespace {

using testing::branched;
using testing::network_of;
using testing::normal;
using testing::some_pixels;

double total(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// A unit that is linear in the layer in front: all five are its share.
TEST(Dependence, AllWaysAgreeWhereTheWayIsLinear) {
  GraphBuilder b;
  const ValueIndex x = b.input("input", {-1, 3, 8, 8});
  const ValueIndex parts = b.relu("parts", b.conv("see", x, normal({5, 3, 3, 3}, 1), {}, {.pad = 1}));
  const Network network =
      network_of(b, {b.relu("wolf", b.conv("join", parts, normal({2, 5, 3, 3}, 2), normal({2}, 3)))});
  const Dependent dependent(network, {}, "wolf", 1, "parts", {});
  EXPECT_TRUE(dependent.adjacent());
  const UnitDependence found = dependent.find(some_pixels(3, 8, 4), true);
  ASSERT_EQ(found.share.size(), 5u);
  EXPECT_NEAR(total(found.share) + dependent.bias(), found.value, 1e-4);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(found.gradient_activation[i], found.share[i], 1e-4);
    EXPECT_NEAR(found.ablation[i], found.share[i], 1e-4);
    // The bias takes its part of relevance.
    EXPECT_NEAR(found.relevance[i], found.share[i], 1e-3);
    // From the zero picture, where the parts are zero.
    EXPECT_NEAR(found.conductance[i], found.share[i], 1e-3);
  }
}

// Farther in front, without biases, on a way from zero: each sums to the value.
TEST(Dependence, SumsOfAHomogeneousNetwork) {
  const Network network = branched(false);
  const Dependent dependent(network, {}, "fc", 3, "pool1", {.steps = 64});
  EXPECT_FALSE(dependent.adjacent());
  EXPECT_TRUE(dependent.no_relevance().empty());
  const UnitDependence found = dependent.find(some_pixels(3, 12, 5), true);
  EXPECT_NEAR(total(found.gradient_activation), found.value, 1e-4);
  EXPECT_NEAR(total(found.conductance), found.value, 1e-3);
  EXPECT_NEAR(total(found.relevance), found.value, 1e-3);
  EXPECT_TRUE(found.share.empty());
  ASSERT_EQ(found.ablation.size(), 6u);
}

// E2: conductance sums to what the value changes by.
TEST(Dependence, ConductanceIsComplete) {
  const Network network = branched(true);
  const Dependent dependent(network, {}, "fc", 0, "pool1", {.background = "black", .steps = 400});
  const at::Tensor pixels = some_pixels(3, 12, 6);
  const UnitDependence found = dependent.find(pixels, false);
  const Subject subject(network, {}, "fc:0");
  EXPECT_NEAR(total(found.conductance), subject.value(pixels) - subject.value(at::zeros_like(pixels)), 5e-3);
  EXPECT_TRUE(found.ablation.empty());
}

TEST(Dependence, SaysWhereRelevanceHasNoRule) {
  GraphBuilder b;
  const ValueIndex x = b.input("input", {-1, 3, 4, 4});
  const ValueIndex a = b.relu("a", b.conv("see", x, normal({4, 3, 1, 1}, 1), {}));
  const ValueIndex soft = b.node("Softmax", "soft", {a}, {{"axis", int64_t{1}}});
  const Network network = network_of(b, {b.conv("out", soft, normal({2, 4, 1, 1}, 2), {})});
  const Dependent dependent(network, {}, "out", 0, "a", {});
  EXPECT_THAT(dependent.no_relevance(), ::testing::HasSubstr("Softmax"));
  const UnitDependence found = dependent.find(some_pixels(3, 4, 1), false);
  EXPECT_TRUE(found.relevance.empty());
  EXPECT_EQ(found.gradient_activation.size(), 4u);
  EXPECT_THROW(Dependent(network, {}, "out", 2, "a", {}), Error);
  EXPECT_THROW(Dependent(network, {}, "a", 0, "out", {}), Error);
}

}  // namespace
}  // namespace microtome
