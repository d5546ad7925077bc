// SPDX-License-Identifier: Apache-2.0
// An eye sees what its executor gives for the prepared picture, on any thread, and runs it as it was told to.
#include "microtome/network/eye.h"

#include <ATen/Parallel.h>

#include <thread>

#include "microtome/base/error.h"
#include "microtome/network/network_testing.h"

namespace microtome::testing {
namespace {

Preprocessing shifted() {
  Preprocessing preprocessing;
  preprocessing.mean = {0.1, 0.2, 0.3};
  preprocessing.deviation = {0.5, 0.6, 0.7};
  preprocessing.bgr = true;
  return preprocessing;
}

Network seen_network() {
  GraphBuilder b;
  ValueIndex x = b.input("data", {-1, 3, 12, 10});
  x = b.relu("maps", b.conv("conv", x, random_float({4, 3, 3, 3}, "w"), {}, {.pad = 1}));
  x = b.flatten("flat", b.global_average_pool("pool", x));
  return {b.finish({b.gemm("logits", x, random_float({5, 4}, "head"), {})}), {}};
}

Image picture(int width, int height) {
  Image image(width, height);
  Rng rng(3, "picture");
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(rng.below(256));
  return image;
}

TEST(Eye, SeesWhatItsExecutorGives) {
  const Network network = seen_network();
  const Eye eye(network, shifted(), {"logits", "maps"});
  const Image image = picture(31, 17);
  const at::Tensor input = to_input(image, shifted(), 3, 12, 10);
  EXPECT_TRUE(eye.input(image).equal(input));
  EXPECT_TRUE(eye.input(image, 6, 5).equal(to_input(image, shifted(), 3, 6, 5)));
  EXPECT_TRUE(normalize(eye.pixels(image), eye.preprocessing()).equal(input));
  const std::vector<at::Tensor> taps = eye.look(image);
  const std::vector<at::Tensor> wanted = make_executor(network, {"logits", "maps"})->run(input);
  ASSERT_EQ(taps.size(), 2u);
  for (size_t i = 0; i < taps.size(); ++i) EXPECT_TRUE(taps[i].equal(wanted[i]));
  EXPECT_EQ(eye.layers(), (std::vector<std::string>{"logits", "maps"}));
}

TEST(Eye, RecordsWhatItSaw) {
  const Eye eye(seen_network(), shifted(), {"maps"});
  const at::Tensor input = eye.input(picture(12, 10));
  const std::unique_ptr<Tape> tape = eye.record(input);
  EXPECT_TRUE(tape->taps()[0].equal(eye.look(input)[0]));
  const at::Tensor seed = at::ones_like(tape->taps()[0]);
  EXPECT_TRUE(
      tape->pull_back({&seed, 1}).equal(make_executor(eye.network(), {"maps"})->record(input)->pull_back({&seed, 1})));
}

TEST(Eye, TakesOneKernelThread) {
  const Eye eye(seen_network(), {}, {"maps"});
  const at::Tensor input = eye.input(picture(12, 10));
  const auto threads_after = [](const auto& call) {
    int threads = 0;
    std::thread([&] {
      at::set_num_threads(3);
      call();
      threads = at::get_num_threads();
    }).join();
    return threads;
  };
  EXPECT_EQ(threads_after([&] { eye.input(picture(12, 10)); }), 1);
  EXPECT_EQ(threads_after([&] { eye.look(input); }), 1);
  EXPECT_EQ(threads_after([&] { eye.record(input); }), 1);
}

TEST(Eye, NamesWhatIsNotThere) {
  EXPECT_THROW(Eye(seen_network(), {}, {"nowhere"}), Error);
  try {
    const Eye eye(seen_network(), {}, {"maps"}, {.kind = "steam"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), ::testing::AllOf(::testing::HasSubstr("steam"), ::testing::HasSubstr("aten")));
  }
}

// The device "meta" stands for one that is not the CPU: it knows shapes, no numbers.
TEST(Executor, OwnsItsWeightsOnItsDevice) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {-1, 4});
  const ValueIndex weight = b.constant("weight", at::ones({3}));
  const ValueIndex axes = b.constant("axes", at::ones({1}, at::kLong));
  const ValueIndex y = b.gemm("y", x, at::ones({5, 4}), at::ones({5}));
  const ExecutorChoice elsewhere{.device = at::kMeta};
  const std::vector<at::Tensor> constants =
      make_executor(b.finish({weight, axes}), {"weight", "axes"}, elsewhere)->run(at::Tensor());
  EXPECT_TRUE(constants[0].is_meta());
  EXPECT_TRUE(constants[1].is_cpu());
  const at::Tensor input = at::empty({2, 4}, at::TensorOptions(at::kMeta).dtype(at::kFloat));
  const at::Tensor made = make_executor(b.finish({y}), {"y"}, elsewhere)->run(input)[0];
  EXPECT_TRUE(made.is_meta());
  EXPECT_EQ(made.sizes().vec(), ints({2, 5}));
}

}  // namespace
}  // namespace microtome::testing
