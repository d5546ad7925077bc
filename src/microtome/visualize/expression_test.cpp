// SPDX-License-Identifier: Apache-2.0
// The arithmetic of objectives: values, texts, targets, mistakes, limits.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::classifier;
using testing::context;
using testing::noise;
using testing::view_of;

class Expressions : public ::testing::Test {
 protected:
  Objective parse(const std::string& text) { return parse_objective(text, context(network_)); }
  std::string canonical(const std::string& text) { return parse(text).text; }
  std::string refusal(const std::string& text) {
    try {
      parse(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }
  bool refuses(const std::string& text, const std::string& because) {
    const std::string found = refusal(text);
    if (found.find(because) != std::string::npos) return true;
    ADD_FAILURE() << text << ": " << found;
    return false;
  }
  View view() {
    View view = view_of({{"conv1", noise({2, 5, 6, 7}, 9).to(at::kDouble)}, {"fc", noise({2, 4}, 8).to(at::kDouble)}});
    view.set_picture(noise({2, 3, 8, 8}, 3).to(at::kDouble).sigmoid(),
                     noise({2, 1, 8, 8}, 4).to(at::kDouble).sigmoid());
    return view;
  }
  double score(const std::string& text) { return parse(text).score(view()).item<double>(); }

  Network network_ = classifier();
};

TEST_F(Expressions, Compute) {
  const double a = score("conv1:1"), b = score("logit(unit=2)"), t = score("tv"), o = score("alpha");
  const std::vector<std::pair<std::string, double>> rows = {
      {"conv1:1", a},
      {"channel(conv1:1)", a},
      {"-conv1:1", -a},
      {"--conv1:1", a},
      {"conv1:1+logit(unit=2)", a + b},
      {"conv1:1-logit(unit=2)-tv", a - b - t},
      {"conv1:1-(logit(unit=2)-tv)", a - (b - t)},
      {"2*conv1:1+3*logit(unit=2)", 2 * a + 3 * b},
      {"conv1:1*2", 2 * a},
      {"conv1:1/4", a / 4},
      {"6/3/2*conv1:1", a},
      {"2*(conv1:1+logit(unit=2))", 2 * (a + b)},
      {"(conv1:1+logit(unit=2))*2", 2 * (a + b)},
      {"conv1:1*logit(unit=2)", a * b},
      {"conv1:1*-logit(unit=2)", -a * b},
      {"conv1:1 * (1 - alpha)", a * (1 - o)},
      {"(alpha - 1) * conv1:1", a * (o - 1)},
      {"2*(1 - alpha)*conv1:1*(3 + tv)", 2 * (1 - o) * a * (3 + t)},
      {"1e2 - .5*conv1:1", 100 - a / 2},
      {"-(conv1:1 + 1)", -(a + 1)},
      {"1 + 2*3 + conv1:1", 7 + a},
      {"(1 + 2)*3 + conv1:1", 9 + a},
      {"tv-l1", t - score("l1")},
      {"1-alpha", 1 - o},
  };
  for (const auto& [text, value] : rows) {
    EXPECT_NEAR(score(text), value, 1e-9 * (1 + std::abs(value))) << text;
    const std::string once = canonical(text);
    EXPECT_EQ(canonical(once), once) << text;
    EXPECT_NEAR(score(once), value, 1e-9 * (1 + std::abs(value))) << text << " as " << once;
  }
}

TEST_F(Expressions, HaveOneText) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"channel( conv1:2 )", "channel(layer=conv1,unit=2)"},
      {"conv1:2", "channel(layer=conv1,unit=2)"},
      {"0.5 * conv1:1 - 2*fc:0", "0.5*channel(layer=conv1,unit=1) - 2*channel(layer=fc,unit=0)"},
      {"conv1:1 - 1e2*diversity(conv1)", "channel(layer=conv1,unit=1) - 100*diversity(layer=conv1)"},
      {"2*(tv + l1(centre=0.25))", "2*tv + 2*l1(centre=0.25)"},
      {"conv1:1*(1-alpha)", "channel(layer=conv1,unit=1)*(1 - alpha)"},
      {"(alpha-1)*conv1:1", "-(1 - alpha)*channel(layer=conv1,unit=1)"},
      {"(2*tv)*(3*l2)*(alpha*l1)", "6*tv*l2*alpha*l1"},
      {"alpha - 1", "-1 + alpha"},
      {"tv/4", "0.25*tv"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(canonical(text), expected);
}

TEST_F(Expressions, KeepFileNamesAsTheyAre) {
  const std::string file = ::testing::TempDir() + "/micro tome \"a\", (b)\\c=" + std::to_string(::getpid()) + ".npy";
  write_file(file, npy_bytes(std::span<const float>(std::vector<float>{1, 2, 3, 4, 5}), {5}));
  std::string written;
  for (const char c : file) written += (c == '"' || c == '\\' ? std::string("\\") : std::string()) + c;
  const std::string text = "direction(layer=conv1,vector=\"" + written + "\")";
  EXPECT_EQ(canonical(text), text);
}

TEST_F(Expressions, NameTheUnitThatTheyDrive) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"conv1:1", "conv1:1:1"},
      {"-conv1:1", "conv1:1:-1"},
      {"conv1:1 - 1e2*diversity(conv1) - 0.1*tv", "conv1:1:1"},
      {"-0.1*tv - 3*conv1:1", "conv1:1:-1"},
      {"conv1:1 + neuron(conv1:1)", "conv1:1:1"},
      {"conv1:1 * (1 - alpha)", "conv1:1:1"},
      {"(alpha - 1) * conv1:1", "conv1:1:-1"},
      {"(conv1:1 - tv) * (1 - alpha)", "conv1:1:1"},
      {"conv1:1 + 0.1*alignment(conv1)", "conv1:1:1"},
      {"conv1:1 + 7", "conv1:1:1"},
      {"probability(husky)", "prob:1:1"},
      {"patch(conv1:3)", "conv1:3:1"},
      {"conv1:1 + conv1:2", "none"},
      {"conv1:1 - neuron(conv1:1)", "none"},
      {"conv1:1 * conv1:1", "none"},
      {"conv1:1 + layer(conv1)", "none"},
      {"tv", "none"},
      {"diversity(conv1)", "none"},
  };
  for (const auto& [text, expected] : rows) {
    const auto target = parse(text).target;
    const std::string found =
        target ? fmt::format("{}:{}:{}", target->layer, target->of.unit, static_cast<int>(target->of.sign)) : "none";
    EXPECT_EQ(found, expected) << text;
  }
}

TEST_F(Expressions, KnowWhatTheyNeed) {
  EXPECT_EQ(parse("conv1:1 - diversity(conv1)").reads.together, 2);
  EXPECT_EQ(parse("conv1:1*(1 - tv)").reads.together, 1);
  EXPECT_TRUE(parse("conv1:1*(1 - tv)").reads.picture);
  EXPECT_FALSE(parse("conv1:1*fc:1").reads.picture);
  EXPECT_EQ(parse("conv1:3*(1 + conv1:1)").reads.layers[0].units, (std::vector<int64_t>{1, 3}));
  EXPECT_FALSE(parse("conv1:3 - diversity(conv1)").reads.layers[0].units);
  EXPECT_TRUE(parse("neuron(conv1:1,x=2,y=3)*neuron(conv1:2,x=2,y=3)").reads.layers[0].position);
  EXPECT_FALSE(parse("neuron(conv1:1,x=2,y=3)*neuron(conv1:2,x=2,y=4)").reads.layers[0].position);
  EXPECT_EQ(parse("fc:1*conv1:1 + fc:2").layers(), (std::vector<std::string>{"fc", "conv1"}));
}

TEST_F(Expressions, PointAtMistakes) {
  EXPECT_TRUE(refuses("conv1:1 + ", "column 11"));
  EXPECT_TRUE(refuses("conv1:1 conv1:2", "column 9: expected \"+\""));
  EXPECT_TRUE(refuses("(conv1:1", "column 9: expected \"+\", \"-\", \"*\", \"/\" or \")\""));
  EXPECT_TRUE(refuses("conv1:1)", "column 8"));
  EXPECT_TRUE(refuses("2 * dversity(conv1)",
                      "column 5: there is no objective or penalty \"dversity\"; nearest: \"diversity\""));
  EXPECT_TRUE(refuses("conv1:1 - diversity(conv7)", "column 21"));
  EXPECT_TRUE(refuses("conv1:1 - diversity(conv7)", "nearest: \"conv1\""));
  EXPECT_TRUE(refuses("tv + conv9:3", "column 6"));
  EXPECT_TRUE(refuses("tv + conv9:3", "nearest: \"conv1\""));
  EXPECT_TRUE(refuses("conv1:5", "column 7: \"conv1\" has no unit 5; its units are 0 to 4"));
  EXPECT_TRUE(refuses("channel(layer=conv1,units=0)", "column 21: there is no parameter \"units\"; nearest: \"unit\""));
  EXPECT_TRUE(refuses("channel(layer=conv1,unit=x)", "column 21"));
  EXPECT_TRUE(refuses("logit(class=huskie)", "nearest: \"husky\""));
  EXPECT_TRUE(refuses("l1(centre=2)", "column 4"));
  EXPECT_TRUE(refuses("conv1:1 / tv", "column 11: objectives can only be divided by numbers"));
  EXPECT_TRUE(refuses("conv1:1 / 0", "column 11: division by 0"));
  EXPECT_TRUE(refuses("conv1:1 / (1 - 1)", "division by 0"));
  EXPECT_TRUE(refuses("0*conv1:1", "weight of 0"));
  EXPECT_TRUE(refuses("1e200*1e200*conv1:1", "weight"));
  EXPECT_TRUE(refuses("1e999*conv1:1", "column 1: the number"));
  EXPECT_TRUE(refuses("1 + 2", "a number alone"));
  EXPECT_TRUE(refuses("2.5", "a number alone"));
  EXPECT_TRUE(refuses(".", "column 1"));
  EXPECT_TRUE(refuses("conv1:1 * * tv", "column 11"));
  EXPECT_TRUE(refuses("layer(image=\"a)", "the quote does not end"));
}

TEST_F(Expressions, AreBounded) {
  std::string many = "tv";
  for (int i = 1; i < 1000; ++i) many += " + tv";
  EXPECT_EQ(canonical(many), many);
  EXPECT_TRUE(refuses(many + " + tv", "more than 1000"));
  EXPECT_LT(refusal(many + " + tv").size(), 400u);
  const auto nested = [](size_t depth) { return std::string(depth, '(') + "tv" + std::string(depth, ')'); };
  EXPECT_EQ(canonical(nested(100)), "tv");
  EXPECT_TRUE(refuses(nested(101), "more than 100 parentheses"));
  EXPECT_TRUE(refuses(std::string(1000000, '('), "more than 100 parentheses"));
  EXPECT_TRUE(refuses(std::string(1000000, '1'), "column 1"));
  EXPECT_EQ(canonical(std::string(1000000, '-') + "tv"), "tv");
  std::string flat = "1";
  for (int i = 0; i < 100000; ++i) flat += "+1";
  EXPECT_EQ(canonical(flat + "+tv"), "100001 + tv");
}

// Random sums and products, computed beside.
class Generator {
 public:
  Generator(Rng& rng, const std::vector<std::pair<std::string, double>>& leaves) : rng_(rng), leaves_(leaves) {}

  std::pair<std::string, double> sum(int depth) {
    auto [text, value] = product(depth);
    for (int64_t more = rng_.below(3); more > 0; --more) {
      const auto [next, amount] = product(depth);
      const bool plus = rng_.chance(0.5);
      text += (plus ? " + " : " - ") + next;
      value += plus ? amount : -amount;
    }
    return {text, value};
  }

 private:
  std::pair<std::string, double> product(int depth) {
    auto [text, value] = factor(depth);
    for (int64_t more = rng_.below(3); more > 0; --more) {
      if (rng_.chance(0.2)) {
        text += "/4";
        value /= 4;
        continue;
      }
      const auto [next, amount] = factor(depth);
      text += '*' + next;
      value *= amount;
    }
    return {text, value};
  }
  std::pair<std::string, double> factor(int depth) {
    if (rng_.chance(0.1)) {
      const auto [text, value] = factor(depth);
      return {'-' + text, -value};
    }
    if (depth > 0 && rng_.chance(0.3)) {
      const auto [text, value] = sum(depth - 1);
      return {'(' + text + ')', value};
    }
    return leaves_[static_cast<size_t>(rng_.below(static_cast<int64_t>(leaves_.size())))];
  }

  Rng& rng_;
  const std::vector<std::pair<std::string, double>>& leaves_;
};

TEST_F(Expressions, ComputeWhatIsWritten) {
  std::vector<std::pair<std::string, double>> leaves = {{"2", 2}, {"0.3", 0.3}, {"1e1", 10}};
  for (const std::string leaf : {"conv1:1", "logit(unit=2)", "alpha", "neuron(conv1:3)", "fc:0"}) {
    leaves.emplace_back(leaf, score(leaf));
  }
  Rng rng(6, "expressions");
  int computed = 0;
  for (int i = 0; i < 800; ++i) {
    const auto [text, value] = Generator(rng, leaves).sum(3);
    std::string once;
    try {
      once = canonical(text);
    } catch (const Error&) {
      continue;  // numbers alone, a weight of 0
    }
    ++computed;
    ASSERT_NEAR(score(text), value, 1e-9 * (1 + std::abs(value))) << text;
    ASSERT_NEAR(score(once), value, 1e-9 * (1 + std::abs(value))) << once;
    ASSERT_EQ(canonical(once), once) << text;
  }
  EXPECT_GT(computed, 600);
}

// Whatever is typed is refused with an Error or is an objective whose text parses to the same text.
TEST_F(Expressions, SurviveRandomTexts) {
  const std::vector<std::string> seeds = {
      "channel(layer=conv1,unit=2) - 1e2*diversity(conv1) - 0.25*tv",
      "2*(1 - alpha)*conv1:1*(3 + tv) / 4",
      "channels(conv1, weights=3:1/1:-0.5) + logit(class=\"tabby, tabby cat\")",
      "interpolate(from=conv1:1,to=fc:2) + .5*alignment(conv1,decay=5)",
      "-neuron(conv1:1,x=3,y=-1) + patch(fc:1,w=2,h=1)*l2(centre=1)",
  };
  const std::string alphabet = "()*/+-.,:=\"\\ 0123456789eltvconv1abc\n~";
  Rng rng(5, "fuzz", 0, 0);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string text = seeds[rng.next() % seeds.size()];
    const uint64_t changes = 1 + rng.next() % 4;
    for (uint64_t k = 0; k < changes; ++k) {
      const size_t at = rng.next() % (text.size() + 1);
      switch (rng.next() % 4) {
        case 0:
          text.insert(at, 1, alphabet[rng.next() % alphabet.size()]);
          break;
        case 1:
          text.erase(at, 1 + rng.next() % 3);
          break;
        case 2:
          if (at < text.size()) text[at] = static_cast<char>(rng.next());
          break;
        default:
          text.insert(at, seeds[rng.next() % seeds.size()].substr(0, rng.next() % 12));
      }
    }
    std::string once;
    try {
      once = canonical(text);
    } catch (const Error&) {
      ++refused;
      continue;
    }
    ++accepted;
    ASSERT_EQ(canonical(once), once) << text;
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace microtome
