// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/objective.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::classifier;
using testing::context;
using testing::noise;
using testing::view_of;

using Taps = std::map<std::string, at::Tensor>;

class Objectives : public ::testing::Test {
 protected:
  double score(const std::string& text, const Taps& taps) {
    return parse_objective(text, context(network_)).score(view_of(taps)).item<double>();
  }
  std::string refusal(const std::string& text) {
    try {
      parse_objective(text, context(network_));
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  const std::string& vector_file() const { return files_.vector_file(); }

  testing::ObjectiveFiles files_;
  Network network_ = classifier();
  Taps taps_ = {{"conv1", noise({1, 5, 6, 7}, 9).to(at::kDouble)}, {"fc", noise({1, 4}, 8).to(at::kDouble)}};
};

TEST_F(Objectives, ScoreWhatTheySay) {
  const at::Tensor map = taps_.at("conv1");
  EXPECT_NEAR(score("channel(layer=conv1,unit=2)", taps_), map[0][2].mean().item<double>(), 1e-12);
  EXPECT_NEAR(score("neuron(layer=conv1,unit=1)", taps_), map[0][1][3][3].item<double>(), 1e-12);
  EXPECT_NEAR(score("neuron(layer=conv1,unit=1,x=6,y=0)", taps_), map[0][1][0][6].item<double>(), 1e-12);
  EXPECT_NEAR(score("channel(layer=fc,unit=3)", taps_), taps_.at("fc")[0][3].item<double>(), 1e-12);
}

TEST_F(Objectives, LogitReadsBehindTheSoftmax) {
  EXPECT_NEAR(score("logit(unit=2)", taps_), taps_.at("fc")[0][2].item<double>(), 1e-12);
  EXPECT_EQ(parse_objective("logit(class=\"Snow Plough, snowplow\")", context(network_)).text, "logit(unit=3)");
  EXPECT_EQ(parse_objective("logit(class=tabby cat)", context(network_)).text, "logit(unit=0)");
  EXPECT_NE(refusal("logit(class=huskie)").find("husky"), std::string::npos);
}

TEST_F(Objectives, ClassesAreFoundBehindTheirWordNetNumbers) {
  const Network named =
      network_.with_classes({"n02123045 tabby, tabby cat", "n07697537 hotdog", "n07697538\tRed_Hot", "n123 odd"});
  for (const auto& [name, unit] : {std::pair("hotdog", 1), std::pair("HOTDOG", 1), std::pair("n07697537", 1),
                                   std::pair("n07697537 hotdog", 1), std::pair("tabby cat", 0), std::pair("tabby", 0),
                                   std::pair("red hot", 2), std::pair("red_hot", 2), std::pair("n123 odd", 3)}) {
    EXPECT_EQ(parse_objective(fmt::format("logit(class=\"{}\")", name), context(named)).text,
              fmt::format("logit(unit={})", unit));
  }
  EXPECT_EQ(named.facts().classes[1], "n07697537 hotdog");
}

TEST_F(Objectives, DirectionFollowsItsFormula) {
  const std::string& file = vector_file();
  const at::Tensor map = taps_.at("conv1");
  const std::vector<float>& v = files_.vector();
  for (const double power : {0., 2.}) {
    double sum = 0;
    for (int64_t i = 0; i < 42; ++i) {
      double dot = 0, square = 0, norm = 0;
      for (int64_t c = 0; c < 5; ++c) {
        const double a = map.view({5, 42})[c][i].item<double>();
        dot += a * v[static_cast<size_t>(c)];
        square += a * a;
        norm += v[static_cast<size_t>(c)] * v[static_cast<size_t>(c)];
      }
      const double cosine = dot / (std::sqrt(square) + 1e-4) / (std::sqrt(norm) + 1e-4);
      sum += dot * std::pow(std::max(0.1, cosine), power);
    }
    const std::string text = "direction(layer=conv1,vector=" + file + ",power=" + std::to_string(power) + ")";
    EXPECT_NEAR(score(text, taps_), sum / 42, 1e-9) << power;
  }
}

TEST_F(Objectives, AddAndScale) {
  const double a = score("channel(layer=conv1,unit=2)", taps_), b = score("logit(unit=1)", taps_);
  EXPECT_NEAR(score("-channel(layer=conv1,unit=2)", taps_), -a, 1e-12);
  EXPECT_NEAR(score("0.5*channel(layer=conv1,unit=2) - 2 * logit(unit=1)", taps_), 0.5 * a - 2 * b, 1e-12);
  EXPECT_EQ(parse_objective("logit(unit=1)+channel(layer=conv1,unit=2)", context(network_)).layers(),
            (std::vector<std::string>{"fc", "conv1"}));
}

TEST_F(Objectives, SameTextSameObjective) {
  for (const std::string text :
       {"channel(layer=conv1,unit=2)", "-neuron(layer=conv1,unit=1,x=3)", "0.5*logit(unit=1) - 2*logit(unit=2)"}) {
    EXPECT_EQ(parse_objective(text, context(network_)).text, text);
  }
}

TEST_F(Objectives, NameTheirTarget) {
  const auto target = parse_objective("-neuron(layer=conv1,unit=1)", context(network_)).target;
  ASSERT_TRUE(target);
  EXPECT_EQ(target->layer, "conv1");
  EXPECT_EQ(target->of.unit, 1);
  EXPECT_EQ(target->of.sign, Sign::kNegative);
  EXPECT_FALSE(parse_objective("logit(unit=1) + logit(unit=2)", context(network_)).target);
  EXPECT_FALSE(parse_objective("direction(layer=conv1,vector=" + vector_file() + ")", context(network_)).target);
}

TEST_F(Objectives, PointAtMistakes) {
  EXPECT_NE(refusal("chanel(layer=conv1,unit=0)").find("column 1"), std::string::npos);
  EXPECT_NE(refusal("chanel(layer=conv1,unit=0)").find("\"channel\""), std::string::npos);
  EXPECT_NE(refusal("logit(unit=0) + nuron(unit=0)").find("column 17"), std::string::npos);
  EXPECT_NE(refusal("channel(layer=conv1,units=0)").find("nearest: \"unit\""), std::string::npos);
  EXPECT_NE(refusal("channel(layer=conv1,unit=5)").find("0 to 4"), std::string::npos);
  EXPECT_NE(refusal("channel(layer=conv9,unit=0)").find("conv1"), std::string::npos);
  EXPECT_NE(refusal("channel(layer=conv1)").find("no unit"), std::string::npos);
  EXPECT_NE(refusal("channel(unit=1)").find("no layer"), std::string::npos);
  EXPECT_NE(refusal("channel(layer=conv1,unit=0").find("column 27"), std::string::npos);
  EXPECT_NE(refusal("channel(unit=1,unit=2)").find("twice"), std::string::npos);
  EXPECT_NE(refusal("").find("column 1"), std::string::npos);
  EXPECT_NE(refusal("3 channel(layer=conv1,unit=0)").find("\"*\""), std::string::npos);
  EXPECT_THROW(score("neuron(layer=conv1,unit=1,x=7)", taps_), Error);
}

}  // namespace
}  // namespace microtome
