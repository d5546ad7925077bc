// SPDX-License-Identifier: Apache-2.0
// What methods promise, on networks where the answer is known.
#include "microtome/explain/attribution.h"

#include "microtome/base/error.h"
#include "microtome/explain/explain_testing.h"

namespace microtome {
namespace {

using testing::branched;
using testing::largest;
using testing::network_of;
using testing::normal;
using testing::some_pixels;

Attribution attributed(const Network& network, const std::string& method, const std::string& objective,
                       const at::Tensor& pixels, const AttributionSettings& settings = {},
                       const Preprocessing& preprocessing = {}, const AttributionPlace& place = {}) {
  const Subject subject(network, preprocessing, objective);
  return make_attributor(method, subject, settings, place)->attribute(pixels);
}

Preprocessing shifted() {
  Preprocessing p;
  p.mean = {0.5, 0.4, 0.3};
  p.deviation = {0.2, 0.25, 0.3};
  p.bgr = true;
  return p;
}

TEST(Subject, TheGradientIsThatOfThePixels) {
  const Network network = branched(true, 6);
  const Subject subject(network, shifted(), "fc:1 - 0.5*fc:3");
  const at::Tensor pixels = some_pixels(3, 6, 3);
  const Subject::Slope slope = subject.slope(pixels);
  EXPECT_NEAR(slope.value, subject.value(pixels), 1e-5);
  for (int64_t i = 0; i < pixels.numel(); i += 7) {
    at::Tensor up = pixels.clone(), down = pixels.clone();
    up.view({-1})[i] += 1e-3;
    down.view({-1})[i] -= 1e-3;
    const double expected = (subject.value(up) - subject.value(down)) / 2e-3;
    EXPECT_NEAR(slope.gradient.reshape({-1})[i].item<double>(), expected, 2e-3);
  }
}

TEST(Subject, RefusesWhatIsNoQuestionToTheNetwork) {
  const Network network = branched(true);
  EXPECT_THROW(Subject(network, {}, "tv"), Error);
  EXPECT_THROW(Subject(network, {}, "fc:1 - 0.1*tv"), Error);
  EXPECT_THROW(Subject(network, {}, "diversity(pool1)"), Error);
  EXPECT_THROW(Subject(network, {}, "fc:77"), Error);
}

TEST(Subject, TheBackgroundOfNothingIsZeroToTheNetwork) {
  const Subject subject(branched(true), shifted(), "fc:1");
  const at::Tensor pixels = some_pixels(3, 12, 1);
  EXPECT_LT(largest(subject.input(background(subject, pixels, "zero"))), 1e-5);
  EXPECT_EQ(largest(background(subject, pixels, "black")), 0);
  const at::Tensor blurred = background(subject, pixels, "blur");
  EXPECT_NEAR(blurred.mean().item<double>(), pixels.mean().item<double>(), 0.05);
  EXPECT_LT(blurred.std().item<double>(), 0.5 * pixels.std().item<double>());
  EXPECT_THROW(background(subject, pixels, "pink"), Error);
}

// E2: without biases every path through the origin is straight.
TEST(Attribution, InputTimesGradientIsCompleteForAHomogeneousNetwork) {
  const Network network = branched(false);
  for (const char* method : {"input-gradient", "integrated"}) {
    const Attribution found = attributed(network, method, "fc:2", some_pixels(3, 12, 4));
    ASSERT_TRUE(found.residual());
    EXPECT_NEAR(found.sum, found.value, 1e-4);
    EXPECT_NEAR(*found.residual(), 0, 1e-4);
  }
}

TEST(Attribution, IntegratedGradientsAreCompleteToAPercent) {
  const Network network = branched(true);
  for (const char* ground : {"zero", "black", "white", "grey", "blur"}) {
    AttributionSettings settings;
    settings.background = ground;
    const Attribution found = attributed(network, "integrated", "fc:2", some_pixels(3, 12, 5), settings, shifted());
    EXPECT_LT(std::abs(*found.residual()), 0.01 * std::max(0.1, std::abs(*found.promised))) << ground;
  }
}

TEST(Attribution, RelevanceIsCompleteWithoutBiases) {
  const Attribution found = attributed(branched(false), "lrp", "fc:0 - fc:4", some_pixels(3, 12, 6));
  EXPECT_NEAR(*found.residual(), 0, 1e-3);
}

// A linear network: each method of shares gives weight times pixel, whatever the channel order.
TEST(Attribution, OfALinearNetworkIsItsWeights) {
  GraphBuilder b;
  const ValueIndex in = b.input("input", {-1, 3, 5, 5});
  const at::Tensor weight = normal({1, 75}, 8);
  const Network network = network_of(b, {b.gemm("y", b.flatten("row", in), weight, at::full({1}, 0.7))});
  Preprocessing bgr;
  bgr.bgr = true;
  const at::Tensor pixels = some_pixels(3, 5, 9);
  const at::Tensor shares = (weight.view({3, 5, 5}).flip(0) * pixels[0]).sum(0);
  AttributionSettings epsilon;
  epsilon.rules = "epsilon";
  epsilon.epsilon = 1e-9;
  epsilon.patch = 1;
  for (const char* method : {"input-gradient", "integrated", "occlusion"}) {
    EXPECT_LT(largest(attributed(network, method, "y:0", pixels, epsilon, bgr).map - shares), 1e-4) << method;
  }
  // Relevance counts the bias in: the shares are scaled to it.
  const Attribution lrp = attributed(network, "lrp", "y:0", pixels, epsilon, bgr);
  EXPECT_LT(largest(lrp.map - shares), 1e-3 * largest(shares));
  EXPECT_NEAR(*lrp.residual(), 0.7, 1e-3);
  const at::Tensor sensitivity = weight.view({3, 5, 5}).flip(0).abs().amax(0);
  for (const char* method : {"gradient", "smooth", "guided", "deconvolution"}) {
    EXPECT_LT(largest(attributed(network, method, "y:0", pixels, {}, bgr).map - sensitivity), 1e-4) << method;
  }
}

// One bright square is all that the unit answers to.
TEST(Attribution, EveryMethodFindsTheOnlyCause) {
  GraphBuilder b;
  const ValueIndex in = b.input("input", {-1, 1, 24, 24});
  at::Tensor square = at::full({1, 1, 5, 5}, 1.0f / 25);
  const ValueIndex conv = b.conv("conv", in, square, at::full({1}, -0.5), {.pad = 2});
  const ValueIndex pool = b.global_average_pool("mean", b.relu("relu", conv));
  const Network network = network_of(b, {b.flatten("y", pool)});
  at::Tensor pixels = at::full({1, 1, 24, 24}, 0.1f);
  pixels.narrow(2, 12, 6).narrow(3, 3, 6).fill_(1);
  AttributionSettings settings;
  settings.masks = 2000;
  for (const AttributionKind* kind : attributions::kinds()) {
    if (kind->name == "deconvolution") continue;  // asks nothing of the picture but where the largest values lie
    const Attribution found = attributed(network, std::string(kind->name), "y:0", pixels, settings);
    ASSERT_EQ(found.map.sizes().vec(), (std::vector<int64_t>{24, 24})) << kind->name;
    EXPECT_NEAR(found.value, Subject(network, {}, "y:0").value(pixels), 1e-6);
    const at::Tensor strength = found.map.clamp_min(0);
    const double inside = strength.narrow(0, 10, 10).narrow(1, 1, 10).sum().item<double>();
    const double share = inside / strength.sum().item<double>();
    EXPECT_GT(share, kind->name == "rise" ? 0.35 : 0.6) << kind->name;  // by chance 0.17
    const int64_t top = found.map.argmax().item<int64_t>();
    EXPECT_TRUE(top / 24 >= 10 && top / 24 < 20 && top % 24 >= 1 && top % 24 < 11) << kind->name;
  }
}

TEST(Attribution, IsTheSameForTheSameSeed) {
  const Network network = branched(true);
  AttributionSettings settings;
  settings.masks = 20;
  for (const char* method : {"smooth", "rise"}) {
    const at::Tensor pixels = some_pixels(3, 12, 2);
    settings.seed = 4;
    const at::Tensor first = attributed(network, method, "fc:1", pixels, settings).map;
    EXPECT_TRUE(at::equal(first, attributed(network, method, "fc:1", pixels, settings).map));
    settings.seed = 5;
    EXPECT_FALSE(at::equal(first, attributed(network, method, "fc:1", pixels, settings).map));
  }
}

TEST(Attribution, SaysWhatCannotBe) {
  const Network network = branched(true);
  const Subject subject(network, {}, "fc:1");
  EXPECT_THROW(make_attributor("magic", subject, {}), Error);
  EXPECT_THROW(make_attributor("gradient", subject, {}, {"pool1", {}}), Error);
  EXPECT_THROW(make_attributor("gradcam", subject, {}, {"pool1", {1}}), Error);
  EXPECT_THROW(make_attributor("gradcam", subject, {}, {"flat", {}}), Error);
  EXPECT_THROW(make_attributor("gradcam", Subject(network, {}, "left:1"), {}, {"right", {}}), Error);
  EXPECT_THROW(make_attributor("lrp", subject, {}, {"pool1", {6}})->attribute(some_pixels(3, 12, 1)), Error);
  AttributionSettings large;
  large.patch = 13;
  EXPECT_THROW(make_attributor("occlusion", subject, large)->attribute(some_pixels(3, 12, 1)), Error);
}

}  // namespace
}  // namespace microtome
