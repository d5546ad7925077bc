// SPDX-License-Identifier: Apache-2.0
// Traces on planted filters, where the gradient is known, and against finite differences.
#include "microtome/explain/trace.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "microtome/base/error.h"
#include "microtome/base/field_value.h"
#include "microtome/network/executor.h"
#include "microtome/network/passes.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/signed_picture.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::Chain;
using testing::noise;

constexpr int64_t kTraceSide = 15;

// Three-channel pictures through one 5 x 5 filter and a rectifier.
Network one_filter(const at::Tensor& filter, double bias = 0) {
  return Chain({1, 3, kTraceSide, kTraceSide}).conv("conv", filter, at::full({1}, bias)).relu("relu").network();
}

// Black but for the filter's own signs around (x, y).
Image planted(const at::Tensor& filter, int64_t x, int64_t y) {
  at::Tensor picture = at::zeros({1, 3, kTraceSide + 4, kTraceSide + 4});
  picture.slice(2, y, y + 5).slice(3, x, x + 5) = (filter > 0).to(at::kFloat);
  return to_image(picture.slice(2, 2, 2 + kTraceSide).slice(3, 2, 2 + kTraceSide));
}

TraceSettings method(const std::string& name) {
  TraceSettings settings;
  settings.method = name;
  return settings;
}

TEST(Tracer, ShowsTheFilterWhereItFits) {
  const at::Tensor filter = noise({1, 3, 5, 5}, 1);
  for (const char* name : {"gradient", "guided", "deconvolution"}) {
    const Trace trace = UnitTracer(one_filter(filter), {}, "relu", {0}, method(name)).trace(planted(filter, 9, 4));
    EXPECT_EQ(trace.x, 9) << name;
    EXPECT_EQ(trace.y, 4);
    EXPECT_EQ(trace.left, 7);
    EXPECT_EQ(trace.top, 2);
    EXPECT_FALSE(trace.silent);
    EXPECT_NEAR(trace.activation, filter.clamp_min(0).sum().item<double>(), 1e-4);
    EXPECT_TRUE(trace.seen == to_image((filter > 0).to(at::kFloat)));
    EXPECT_TRUE(trace.drawn == to_image(signed_picture(filter[0], TraceSettings().saturated).unsqueeze(0)));
  }
}

TEST(Tracer, IsGreyBeyondTheEdgeOfTheImage) {
  const at::Tensor filter = noise({1, 3, 5, 5}, 2).abs() + 0.1;
  at::Tensor picture = at::zeros({1, 3, kTraceSide, kTraceSide});
  picture.slice(2, 0, 1).slice(3, 0, 1) = 1;  // one white pixel in the corner: the filter's largest entry decides
  filter.slice(2, 2, 3).slice(3, 2, 3) += 10;
  const Trace trace = UnitTracer(one_filter(filter), {}, "conv", {0}, {}).trace(to_image(picture));
  EXPECT_EQ(trace.left, -2);
  EXPECT_EQ(trace.top, -2);
  ASSERT_EQ(trace.drawn.width, 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(*trace.drawn.at(1, i), 128);
    EXPECT_EQ(*trace.seen.at(i, 1), 128);
    EXPECT_GT(*trace.drawn.at(2 + i / 2, 2), 128);
  }
}

TEST(Tracer, ThePictureHasTheChannelsOfTheImageWhateverTheNetworkTakes) {
  at::Tensor filter = at::zeros({1, 3, 5, 5});
  filter.slice(1, 0, 1) += 1;  // the network's first channel: blue
  filter.slice(1, 1, 2) += 1;
  Preprocessing bgr;
  bgr.bgr = true;
  bgr.deviation = {1, 2, 1};
  const Trace trace = UnitTracer(one_filter(filter), bgr, "conv", {0}, {}).trace(Image(kTraceSide, kTraceSide, 3, 200));
  const uint8_t* pixel = trace.drawn.at(2, 2);
  EXPECT_EQ(pixel[0], 128);
  EXPECT_EQ(pixel[1], 191);  // half of blue's gradient
  EXPECT_EQ(pixel[2], 255);
}

TEST(Tracer, ThePlainMethodIsTheDerivative) {
  const Network network = Chain({1, 3, 8, 8})
                              .conv("conv1", noise({6, 3, 3, 3}, 3), noise({6}, 4))
                              .relu("relu1")
                              .conv("conv2", noise({4, 6, 3, 3}, 5), noise({4}, 6), 2)
                              .network();
  const Image image = to_image(at::sigmoid(noise({1, 3, 8, 8}, 7)));
  TraceSettings settings = method("gradient");
  settings.saturated = 0;
  const Trace trace = UnitTracer(network, {}, "conv2", {2}, settings).trace(image);
  const auto executor = make_executor(network, {"conv2"});
  const at::Tensor pixels = from_image(image);
  EXPECT_EQ(executor->run(pixels)[0][0][2].max().item<float>(), static_cast<float>(trace.activation));
  const auto value = [&](const at::Tensor& at) { return executor->run(at)[0][0][2][trace.y][trace.x].item<double>(); };
  constexpr double kStep = 1e-3;
  at::Tensor derivative = at::zeros({1, 3, 8, 8});
  for (int64_t i = 0; i < pixels.numel(); ++i) {
    at::Tensor up = pixels.clone(), down = pixels.clone();
    up.view({-1})[i] += kStep;
    down.view({-1})[i] -= kStep;
    derivative.view({-1})[i] = (value(up) - value(down)) / (2 * kStep);
  }
  ASSERT_EQ(trace.drawn.width, 5);
  const at::Tensor drawn = from_image(trace.drawn)[0];
  const at::Tensor padded = at::constant_pad_nd(derivative, {8, 8, 8, 8})[0]
                                .slice(1, trace.top + 8, trace.top + 13)
                                .slice(2, trace.left + 8, trace.left + 13);
  EXPECT_NEAR(padded.abs().sum().item<double>(), derivative.abs().sum().item<double>(), 1e-3);  // nothing lies outside
  EXPECT_LT((drawn - signed_picture(padded, 0)).abs().max().item<double>(), 0.01);
}

TEST(Tracer, MethodsPullBackThroughTheirPass) {
  const Network network = Chain({1, 3, 8, 8})
                              .conv("conv1", noise({6, 3, 3, 3}, 3), noise({6}, 4))
                              .relu("relu1")
                              .conv("conv2", noise({4, 6, 3, 3}, 5), noise({4}, 6))
                              .relu("relu2")
                              .pool("pool")
                              .network();
  const Image image = to_image(at::sigmoid(noise({1, 3, 8, 8}, 7)));
  const auto expected = [&](const Network& changed) {
    const auto tape = make_executor(changed, {"pool"})->record(from_image(image));
    at::Tensor seed = at::zeros({1, 4, 1, 1});
    seed[0][1] = 1;
    return to_image(signed_picture(tape->pull_back({&seed, 1})[0], TraceSettings().saturated).unsqueeze(0));
  };
  const auto drawn = [&](const char* name) {
    return UnitTracer(network, {}, "pool", {1}, method(name)).trace(image).drawn;
  };
  EXPECT_TRUE(drawn("gradient") == expected(network));
  EXPECT_TRUE(drawn("guided") == expected(guided_backprop(network)));
  EXPECT_TRUE(drawn("deconvolution") == expected(deconvolution(network)));
  EXPECT_FALSE(drawn("guided") == drawn("gradient"));
  EXPECT_FALSE(drawn("guided") == drawn("deconvolution"));
}

TEST(Tracer, TheNegativeSideIsThatBeforeTheRectifier) {
  const at::Tensor filter = noise({1, 3, 5, 5}, 8);
  const UnitTracer tracer(one_filter(filter), {}, "relu", {0, Sign::kNegative}, {});
  EXPECT_EQ(tracer.layer().name, "relu~pre");
  const Trace trace = tracer.trace(planted(-filter, 6, 7));
  EXPECT_EQ(trace.x, 6);
  EXPECT_EQ(trace.y, 7);
  EXPECT_NEAR(trace.activation, filter.clamp_max(0).sum().item<double>(), 1e-4);
  EXPECT_TRUE(trace.drawn == to_image(signed_picture(-filter[0], TraceSettings().saturated).unsqueeze(0)));
}

TEST(Tracer, SaysWhenTheUnitIsSilent) {
  const Trace trace = UnitTracer(one_filter(noise({1, 3, 5, 5}, 9), -1e6), {}, "relu", {0}, {})
                          .trace(Image(kTraceSide, kTraceSide, 3, 100));
  EXPECT_TRUE(trace.silent);
  EXPECT_EQ(trace.activation, 0);
  for (const uint8_t pixel : trace.drawn.pixels) EXPECT_EQ(pixel, 128);
}

TEST(Tracer, RefusesWhatMakesNoSense) {
  const Network network = one_filter(noise({1, 3, 5, 5}, 10));
  EXPECT_THROW(UnitTracer(network, {}, "conv9", {0}, {}), Error);
  EXPECT_THROW(UnitTracer(network, {}, "relu", {0}, method("guide")), Error);
  EXPECT_THROW(UnitTracer(network, {}, "relu", {1}, {}), Error);
  EXPECT_THROW(UnitTracer(network, {}, "relu", {-1}, {}), Error);
  const Network rows = Chain({1, 4}).gemm("fc", noise({2, 4}, 11), at::zeros({2})).network();
  EXPECT_THROW(UnitTracer(rows, {}, "fc", {0}, {}), Error);
}

TEST(SignedPicture, GreyIsZeroAndTheScaleIsOfTheLargest) {
  const at::Tensor values = at::tensor({0.f, -2.f, 1.f, 4.f}).view({1, 2, 2});
  EXPECT_TRUE(at::equal(signed_picture(values, 0), at::tensor({0.5f, 0.25f, 0.625f, 1.f}).view({1, 2, 2})));
  // Half of the three values that are not zero: the scale is their median.
  EXPECT_TRUE(at::equal(signed_picture(values, 0.5), at::tensor({0.5f, 0.f, 0.75f, 1.f}).view({1, 2, 2})));
  EXPECT_TRUE(at::equal(signed_picture(at::zeros({3, 2, 2}), 0.01), at::full({3, 2, 2}, 0.5)));
}

}  // namespace
}  // namespace microtome
