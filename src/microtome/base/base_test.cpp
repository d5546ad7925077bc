// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/field_value.h"
#include "microtome/base/file.h"
#include "microtome/base/hash.h"
#include "microtome/base/json.h"
#include "microtome/base/nearest.h"
#include "microtome/base/npy.h"
#include "microtome/base/params.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"

namespace microtome {
namespace {

TEST(Error, IsOneLineWithWhereWhatAndRemedy) {
  const Error error(ErrorKind::kNotFound, "net.onnx", "no layer \"conv9\"", "nearest: \"conv5\"");
  EXPECT_STREQ(error.what(), "net.onnx: no layer \"conv9\"; nearest: \"conv5\"");
  EXPECT_EQ(error.exit_code(), 1);
  EXPECT_EQ(Error(ErrorKind::kUsage, "", "x").exit_code(), 2);
}

// Known-answer vector of Philox 4x32-10 from the authors' Random123 distribution does not apply to the keyed streams
// here; what must hold is equality of streams, independence of neighbours and the moments of the distributions.
TEST(Rng, IsAPureFunctionOfSeedPurposeUnitAndStep) {
  Rng a(7, "jitter", 3, 9), b(7, "jitter", 3, 9);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
  const uint32_t first = Rng(7, "jitter", 3, 9).next();
  EXPECT_NE(first, Rng(8, "jitter", 3, 9).next());
  EXPECT_NE(first, Rng(7, "scale", 3, 9).next());
  EXPECT_NE(first, Rng(7, "jitter", 4, 9).next());
  EXPECT_NE(first, Rng(7, "jitter", 3, 10).next());
  EXPECT_NE(Rng(7, "jitter", 9, 3).next(), first);
}

TEST(Rng, HasTheMomentsOfItsDistributions) {
  constexpr int kCount = 200000;
  double sum = 0, squares = 0, normal_sum = 0, normal_squares = 0;
  std::array<int, 7> counts{};
  Rng rng(1, "moments");
  for (int i = 0; i < kCount; ++i) {
    const double u = rng.uniform(), n = rng.normal();
    sum += u, squares += u * u, normal_sum += n, normal_squares += n * n;
    ++counts[static_cast<size_t>(rng.below(7))];
  }
  EXPECT_NEAR(sum / kCount, 0.5, 0.003);
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 0.003);
  EXPECT_NEAR(normal_sum / kCount, 0, 0.01);
  EXPECT_NEAR(normal_squares / kCount, 1, 0.02);
  for (const int count : counts) EXPECT_NEAR(count, kCount / 7, 600);
}

TEST(Hash, AgreesWithTheStandardsVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(md5("abc")[0], 0x90);
  EXPECT_EQ(md5("abc")[15], 0x72);
}

TEST(Nearest, FindsTheMisspeltName) {
  const std::vector<std::string> known = {"conv1", "conv5", "inception_4e/output"};
  EXPECT_EQ(nearest_name("inception_4e/ouptut", known), "inception_4e/output");
  EXPECT_EQ(nearest_name("CONV5", known), "conv5");
  EXPECT_EQ(nearest_name("x", {}), "");
}

struct Sample {
  int64_t pixels = 8;
  double rate = 0.5;
  bool loud = false;
  std::string name = "a";
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "pixels", .help = "A size", .min = 0, .max = 64}, s.pixels);
    field({.name = "rate", .help = "A rate"}, s.rate);
    field({.name = "loud", .help = "A flag"}, s.loud);
    field({.name = "name", .help = "A text"}, s.name);
  }
};

TEST(Params, AreAssignedCheckedAndWrittenByName) {
  Sample sample;
  assign(sample, {{"pixels", "12"}, {"rate", "1e-3"}, {"loud", "true"}}, "sample");
  EXPECT_EQ(sample.pixels, 12);
  EXPECT_DOUBLE_EQ(sample.rate, 1e-3);
  EXPECT_TRUE(sample.loud);
  EXPECT_EQ(to_json(sample).dump(), R"({"pixels":12,"rate":0.001,"loud":true,"name":"a"})");
  EXPECT_EQ(describe_fields(default_fields<Sample>()).size(), 4U);
}

TEST(Params, RefuseWhatIsUnknownMalformedOrOutOfRange) {
  Sample sample;
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"pixel", "3"}, {"pixels", "3x"}, {"pixels ", "3"}, {"rate", ""}, {"loud", "maybe"}}) {
    EXPECT_THROW(assign(sample, {{name, text}}, "sample"), Error) << name << "=" << text;
  }
  EXPECT_THROW(assign(sample, {{"pixels", "65"}}, "sample"), Error);
  try {
    assign(sample, {{"pixel", "3"}}, "sample");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "sample: there is no parameter \"pixel\"; nearest: \"pixels\"");
  }
}

TEST(Workers, RunEachIndexOnceAndHandOnTheFirstError) {
  for (const int threads : {1, 2, 5}) {
    std::vector<std::atomic<int>> seen(1000);
    parallel_for(threads, 1000, [&](int worker, int64_t index) {
      EXPECT_LT(worker, threads);
      ++seen[static_cast<size_t>(index)];
    });
    for (const auto& count : seen) EXPECT_EQ(count, 1);
    EXPECT_THROW(parallel_for(threads, 100,
                              [](int, int64_t index) {
                                if (index == 50) throw Error(ErrorKind::kIo, "", "x");
                              }),
                 Error);
  }
}

TEST(Npy, RoundTripsAndRefusesBrokenFiles) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::string bytes = npy_bytes(values, {2, 3});
  const NpyFloats back = parse_npy(bytes, "x.npy");
  EXPECT_EQ(back.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(back.values, values);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(parse_npy(std::string_view(bytes).substr(0, length), "x.npy"), Error) << length;
  }
}

}  // namespace
}  // namespace microtome
