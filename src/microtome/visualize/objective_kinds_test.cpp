// SPDX-License-Identifier: Apache-2.0
// What every kind of objective and penalty owes: a description, a text, true gradients, a true account of what it
// reads.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/params.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/visualize_testing.h"

namespace microtome {
namespace {

using testing::classifier;
using testing::context;
using testing::noise;
using testing::ObjectiveFiles;

class EveryKind : public ::testing::Test {
 protected:
  EveryKind() {
    kinds_.assign(objectives::kinds().begin(), objectives::kinds().end());
    kinds_.insert(kinds_.end(), penalties::kinds().begin(), penalties::kinds().end());
  }
  Objective parse(const std::string& text) { return parse_objective(text, context(network_)); }
  std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (const ObjectiveKind* kind : kinds_) {
      for (std::string& text : files_.examples(kind->name)) all.push_back(std::move(text));
    }
    return all;
  }
  // What the objective may read: its layers' taps, and the pictures.
  static std::vector<at::Tensor> leaves(const Objective& objective, int64_t pictures) {
    std::vector<at::Tensor> all;
    for (const std::string& layer : objective.layers()) {
      const bool map = layer == "conv1";
      all.push_back(noise(map ? std::vector<int64_t>{pictures, 5, 4, 6} : std::vector<int64_t>{pictures, 4}, 9));
    }
    if (objective.reads.picture) {
      all.push_back(noise({pictures, 3, 8, 9}, 3).sigmoid());
      all.push_back(noise({pictures, 1, 8, 9}, 4).sigmoid());
    }
    for (at::Tensor& leaf : all) leaf = leaf.to(at::kDouble).contiguous();
    return all;
  }
  static at::Tensor score(const Objective& objective, const std::vector<at::Tensor>& leaves) {
    View view;
    const std::vector<std::string> layers = objective.layers();
    for (size_t i = 0; i < layers.size(); ++i) view.add(layers[i], leaves[i]);
    if (leaves.size() > layers.size()) view.set_picture(leaves[layers.size()], leaves[layers.size() + 1]);
    return objective.score(view);
  }

  Network network_ = classifier();
  ObjectiveFiles files_;
  std::vector<const ObjectiveKind*> kinds_;
};

TEST_F(EveryKind, IsDescribedAndHasAnExample) {
  for (const ObjectiveKind* kind : kinds_) {
    EXPECT_FALSE(kind->summary.empty());
    for (const FieldEntry& parameter : kind->describe()) EXPECT_FALSE(parameter.field.help.empty()) << kind->name;
    EXPECT_FALSE(files_.examples(kind->name).empty()) << kind->name;
  }
}

TEST_F(EveryKind, HasOneText) {
  for (const std::string& text : texts()) {
    const std::string once = parse(text).text;
    EXPECT_EQ(parse(once).text, once);
  }
}

TEST_F(EveryKind, RefusesAnUnknownParameter) {
  for (const std::string& text : texts()) {
    const bool empty = text.back() != ')';
    const std::string wrong = (empty ? text + '(' : text.substr(0, text.size() - 1) + ',') + "colour=red)";
    try {
      parse(wrong);
      ADD_FAILURE() << wrong;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("no parameter \"colour\""), std::string::npos) << error.what();
    }
  }
}

TEST_F(EveryKind, RefusesALayerThatIsNotThere) {
  for (const std::string& text : texts()) {
    const size_t at = text.find("conv1");
    if (at == std::string::npos) continue;
    EXPECT_THROW(parse(text.substr(0, at) + "conv7" + text.substr(at + 5)), Error) << text;
  }
}

TEST_F(EveryKind, HasTheGradientOfItsScore) {
  for (const std::string& text : texts()) {
    if (text == "blur") continue;  // its blurred picture counts as a constant: see Penalties.Blur
    const auto objective = parse(text);
    for (const int64_t pictures : {1, 3}) {
      if (pictures < objective.reads.together) continue;
      const std::vector<at::Tensor> at = leaves(objective, pictures);
      std::vector<at::Tensor> moving;
      for (const at::Tensor& leaf : at) moving.push_back(leaf.clone().requires_grad_());
      const at::Tensor value = score(objective, moving);
      EXPECT_EQ(value.dim(), 0) << text;
      EXPECT_EQ(value.scalar_type(), at::kDouble) << text;
      const std::vector<at::Tensor> slopes =
          torch::autograd::grad({value}, moving, {}, false, false, /*allow_unused=*/true);
      const at::NoGradGuard no_gradients;
      bool any = false;
      for (const at::Tensor& slope : slopes) any = any || (slope.defined() && slope.abs().max().item<double>() > 0);
      for (size_t k = 0; k < at.size(); ++k) {
        for (int64_t i = 0; i < at[k].numel(); i += 7) {
          const auto moved = [&](double by) {
            std::vector<at::Tensor> there = at;
            there[k] = at[k].clone();
            there[k].view({-1})[i] += by;
            return score(objective, there).item<double>();
          };
          const double expected = (moved(1e-6) - moved(-1e-6)) / 2e-6;
          const double found = slopes[k].defined() ? slopes[k].reshape({-1})[i].item<double>() : 0;
          ASSERT_NEAR(found, expected, 1e-6 * (1 + std::abs(expected))) << text << ", " << pictures << ", " << i;
        }
      }
      EXPECT_TRUE(any) << text;
    }
  }
}

// A silent layer and a grey picture: where the ascent of a rectified unit begins.
TEST_F(EveryKind, IsFiniteWhereNothingIsOn) {
  for (const std::string& text : texts()) {
    const auto objective = parse(text);
    std::vector<at::Tensor> at = leaves(objective, 2);
    for (size_t k = 0; k < at.size(); ++k) {
      at[k] = at::full_like(at[k], k < objective.layers().size() ? 0 : 0.5).requires_grad_();
    }
    const at::Tensor value = score(objective, at);
    EXPECT_TRUE(std::isfinite(value.item<double>())) << text;
    for (const at::Tensor& slope : torch::autograd::grad({value}, at, {}, false, false, /*allow_unused=*/true)) {
      EXPECT_TRUE(!slope.defined() || slope.isfinite().all().item<bool>()) << text;
    }
  }
}

TEST_F(EveryKind, ReadsNoMoreThanItSays) {
  int cut = 0;
  for (const std::string& text : texts()) {
    const auto objective = parse(text);
    const std::vector<at::Tensor> all = leaves(objective, 3);
    View view;
    for (size_t i = 0; i < objective.reads.layers.size(); ++i) {
      const auto& [layer, some, position] = objective.reads.layers[i];
      const std::vector<int64_t> units = some.value_or(std::vector<int64_t>{});
      at::Tensor tap = units.empty() ? all[i] : all[i].index_select(1, at::tensor(units));
      cut += static_cast<int>(!units.empty()) + static_cast<int>(position.has_value());
      std::array<int64_t, 2> origin{0, 0}, size{0, 0};
      if (position && tap.dim() == 4) {
        size = {tap.size(3), tap.size(2)};
        for (size_t k = 0; k < 2; ++k) origin[k] = (*position)[k] < 0 ? size[k] / 2 : (*position)[k];
        tap = tap.narrow(3, origin[0], 1).narrow(2, origin[1], 1);
      }
      view.add(layer, tap, units, origin, size);
    }
    if (objective.reads.picture) {
      const size_t layers = objective.layers().size();
      view.set_picture(all[layers], all[layers + 1]);
    }
    EXPECT_NEAR(objective.score(view).item<double>(), score(objective, all).item<double>(), 1e-12) << text;
  }
  EXPECT_GE(cut, 8);
}

TEST_F(EveryKind, IsAMeanOverPicturesUnlessItComparesThem) {
  for (const std::string& text : texts()) {
    const auto objective = parse(text);
    if (objective.reads.together > 1) continue;
    const std::vector<at::Tensor> all = leaves(objective, 3);
    double sum = 0;
    for (int64_t n = 0; n < 3; ++n) {
      std::vector<at::Tensor> one;
      for (const at::Tensor& leaf : all) one.push_back(leaf.narrow(0, n, 1));
      sum += score(objective, one).item<double>();
    }
    const double whole = score(objective, all).item<double>();
    EXPECT_NEAR(whole, sum / 3, 1e-9 * (1 + std::abs(whole))) << text;
  }
}

TEST_F(EveryKind, ThatComparesPicturesNeedsTwo) {
  for (const std::string& text : texts()) {
    const auto objective = parse(text);
    if (objective.reads.together == 1) continue;
    EXPECT_THROW(score(objective, leaves(objective, 1)), Error) << text;
  }
}

TEST_F(EveryKind, AddsUp) {
  std::string text;
  double sum = 0;
  const auto with_alpha = [&](const Objective& objective) {
    View view =
        testing::view_of({{"conv1", noise({3, 5, 4, 6}, 9).to(at::kDouble)}, {"fc", noise({3, 4}, 9).to(at::kDouble)}});
    view.set_picture(noise({3, 3, 8, 9}, 3).to(at::kDouble).sigmoid(),
                     noise({3, 1, 8, 9}, 4).to(at::kDouble).sigmoid());
    return objective.score(view).item<double>();
  };
  for (const std::string& part : texts()) {
    text += (text.empty() ? "" : " + ") + part;
    sum += with_alpha(parse(part));
  }
  EXPECT_NEAR(with_alpha(parse(text)), sum, 1e-9 * (1 + std::abs(sum)));
}

}  // namespace
}  // namespace microtome
