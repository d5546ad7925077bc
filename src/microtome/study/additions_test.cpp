// SPDX-License-Identifier: Apache-2.0
// An atlas that is added to: what is asked for in pieces and in any order is what one request for all would give.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/study/question.h"
#include "microtome/study/study_testing.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;

struct Request {
  const char* question;
  Json arguments;
};

class AdditionsTest : public ::testing::Test {
 protected:
  AdditionsTest() {
    fs::remove_all(folder_);
    testing::write_planted_set(folder_ + "/set");
    save_network(testing::planted_source().network, folder_ + "/planted.safetensors");
  }
  ~AdditionsTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name) const { return folder_ + "/" + name + ".atlas"; }

  Json ask(const std::string& name, const Request& request) const {
    return ask(name, request, *make_silent_reporter());
  }
  Json ask(const std::string& name, const Request& request, Reporter& reporter) const {
    Json arguments = request.arguments;
    arguments["network"] = folder_ + "/planted.safetensors";
    arguments["out"] = file(name);
    arguments["threads"] = 1;
    if (request.question != std::string("visualize")) arguments["concepts"] = folder_ + "/set";
    return questions::named(request.question).answer(arguments, {reporter, {}});
  }
  std::string content(const std::string& name) const {
    return Atlas::open(file(name), Atlas::Mode::kRead).content_hash();
  }

  static Request dissection(const Json& more) {
    Json arguments = {{"layers", {"colour"}}, {"tail", 0.25}, {"exemplars", 3},
                      {"min-images", 1},      {"null", 20},   {"bootstrap", 5}};
    if (!more.is_null()) arguments.update(more);
    return {"dissect", arguments};
  }
  static Request pictures(const Json& more) {
    Json arguments = {{"layers", {"colour"}}, {"steps", 3}, {"patience", 0}};
    if (!more.is_null()) arguments.update(more);
    return {"visualize", arguments};
  }

  // Pieces of one large question, some of which overlap.
  static std::vector<Request> pieces() {
    return {dissection({{"units", "0"}}),
            dissection({{"units", "1"}, {"dissect-signs", "both"}}),
            dissection({{"units", "0-1"}, {"dissect-signs", "-"}}),
            dissection({{"tail", 0.2}}),
            dissection({{"layers", {"colour/linear"}}}),
            dissection({{"basis", {"random:1:1"}}}),
            dissection({{"basis", {"identity", "random:1:2"}}, {"units", "1"}}),
            pictures({{"units", "0"}}),
            pictures({{"units", "1"}, {"variants", 2}}),
            pictures({{"variants", 2}, {"signs", "+"}}),
            pictures({{"signs", "both"}}),
            pictures({{"steps", 5}, {"units", "1"}}),
            pictures({{"objective", "channel({layer}:{unit}) - 0.1*tv"}}),
            pictures({{"layers", {"colour/linear"}}, {"units", "0"}})};
  }

  const std::string folder_ = ::testing::TempDir() + "microtome_additions_test_" + std::to_string(::getpid());
};

// MICROTOME_ORDERS: how many orders are tried; a few unless it is said.
int64_t orders() {
  const char* text = std::getenv("MICROTOME_ORDERS");
  return text == nullptr ? 6 : std::atoll(text);
}

TEST_F(AdditionsTest, TheOrderOfQuestionsMovesNothing) {
  std::vector<Request> all = pieces();
  for (const Request& request : all) ask("all", request);
  const std::string expected = content("all");
  for (int64_t order = 0; order < orders(); ++order) {
    Rng rng(7, "order", static_cast<uint64_t>(order));
    std::vector<Request> shuffled = all;
    for (size_t i = shuffled.size(); i > 1; --i) {
      std::swap(shuffled[i - 1], shuffled[static_cast<size_t>(rng.below(static_cast<int64_t>(i)))]);
    }
    const std::string name = "order" + std::to_string(order);
    for (const Request& request : shuffled) ask(name, request);
    ask(name, shuffled[0]);  // Asking again adds nothing.
    ASSERT_EQ(content(name), expected) << "order " << order;
    fs::remove(file(name));
  }
}

TEST_F(AdditionsTest, UnitsThatComeLaterAreJudgedTogetherWithTheOthers) {
  ask("pieces", dissection({{"units", "0"}}));
  const double alone =
      Atlas::open(file("pieces"), Atlas::Mode::kRead).units("colour", Detail::kBrief).at(0).significance->q;
  ask("pieces", dissection({{"units", "1"}}));
  ask("whole", dissection({}));
  EXPECT_EQ(content("pieces"), content("whole"));
  const auto units = Atlas::open(file("pieces"), Atlas::Mode::kRead).units("colour", Detail::kFull);
  ASSERT_EQ(units.size(), 2U);
  EXPECT_LE(alone, units[0].significance->q);
}

TEST_F(AdditionsTest, OtherSettingsStandBesideAndTheBestIsShown) {
  ask("a", dissection({}));
  ask("a", dissection({{"tail", 0.2}, {"units", "1"}}));
  ask("a", pictures({{"steps", 40}, {"units", "1"}}));
  ask("a", pictures({{"steps", 1}, {"units", "1"}}));
  Atlas atlas = Atlas::open(file("a"), Atlas::Mode::kRead);
  const auto dissections = atlas.dissections("colour");
  ASSERT_EQ(dissections.size(), 2U);
  EXPECT_EQ(dissections[0].held, 2);
  EXPECT_DOUBLE_EQ(dissections[0].tail, 0.25);
  EXPECT_EQ(atlas.units("colour", Detail::kBrief).size(), 2U);
  const auto shown = atlas.pictures("colour", 1, Detail::kBrief),
             every = atlas.pictures_of_runs("colour", -1, Detail::kBrief);
  ASSERT_EQ(every.size(), 4U);  // of either sign
  ASSERT_EQ(shown.size(), 2U);
  for (const AtlasPicture& one : shown) EXPECT_EQ(one.facts.steps, 40);
  EXPECT_GT(shown[0].score, std::min(every[0].score, every[1].score));
  atlas.prefer(dissections[1].run);
  EXPECT_EQ(atlas.units("colour", Detail::kBrief).size(), 1U);
  EXPECT_THROW(atlas.prefer(1000), Error);
}

TEST_F(AdditionsTest, ReplacingIsAskedForAndToldBeforehand) {
  ask("a", dissection({{"tail", 0.2}}));
  ask("a", pictures({{"steps", 1}, {"variants", 2}}));
  const std::string before = content("a");
  Json plan = ask("a", {"atlas", {{"layers", {"colour"}}, {"tail", 0.25}, {"steps", 2}, {"dry-run", true}}});
  EXPECT_EQ(plan["dissection"]["kept"], 1);
  EXPECT_EQ(plan["dissection"]["replaced"], 0);
  EXPECT_EQ(plan["kept"], 4);  // two units, two sides
  EXPECT_EQ(content("a"), before);
  plan =
      ask("a", {"atlas", {{"layers", {"colour"}}, {"tail", 0.25}, {"steps", 2}, {"dry-run", true}, {"replace", true}}});
  EXPECT_EQ(plan["dissection"]["replaced"], 1);
  EXPECT_EQ(plan["replaced"], 4);
  ask("a", {"atlas", {{"layers", {"colour"}}, {"tail", 0.25}, {"steps", 2}, {"replace", true}}});
  Atlas atlas = Atlas::open(file("a"), Atlas::Mode::kRead);
  EXPECT_EQ(atlas.dissections("colour").size(), 1U);
  EXPECT_EQ(atlas.pictures_of_runs("colour", -1, Detail::kBrief).size(), 8U)
      << "second variants had nothing to make room for";
}

TEST_F(AdditionsTest, ARequestThatFailsLeavesNoEmptyAtlas) {
  EXPECT_THROW(ask("none", dissection({{"compat", "nobody"}})), Error);
  EXPECT_THROW(ask("none", dissection({{"formulas", 4}, {"optimal", true}})), Error);
  EXPECT_FALSE(fs::exists(file("none")));
  ask("some", dissection({}));
  const std::string before = content("some");
  EXPECT_THROW(ask("some", dissection({{"compat", "nobody"}})), Error);
  EXPECT_EQ(content("some"), before);
}

// Takes an image away when the second pass over the images begins.
class Thief final : public Reporter {
 public:
  explicit Thief(std::string file) : file_(std::move(file)) {}
  void start(const std::string& task, int64_t, const std::string&, int64_t) override {
    if (task == "counting ranges") fs::remove(file_);
  }
  void advance(int64_t) override {}
  void finish() override {}
  void note(const std::string&) override {}
  void detail(const std::string&) override {}
  void warn(const std::string&) override {}

 private:
  std::string file_;
};

TEST_F(AdditionsTest, ARequestThatFailsOnItsWayKeepsWhatItHasDone) {
  Thief thief(folder_ + "/set/images/planted/3.png");
  EXPECT_THROW(ask("begun", dissection({{"ranges", 2}}), thief), Error);
  const Atlas atlas = Atlas::open(file("begun"), Atlas::Mode::kRead);
  ASSERT_EQ(atlas.runs().size(), 1U);
  EXPECT_TRUE(atlas.checkpoint(atlas.runs()[0].id).has_value());
}

// Levels of a negative side are of the negated unit; they are no yardstick for pictures of the positive side.
TEST_F(AdditionsTest, DissectingBothSidesMovesNoYardstick) {
  ask("one", dissection({{"layers", {"colour/linear"}}}));
  ask("both", dissection({{"layers", {"colour/linear"}}, {"dissect-signs", "both"}}));
  for (const char* name : {"one", "both"}) ask(name, pictures({{"layers", {"colour/linear"}}, {"signs", "both"}}));
  const auto one = Atlas::open(file("one"), Atlas::Mode::kRead).pictures("colour/linear", -1, Detail::kBrief);
  const auto both = Atlas::open(file("both"), Atlas::Mode::kRead).pictures("colour/linear", -1, Detail::kBrief);
  ASSERT_EQ(one.size(), 4U);
  ASSERT_EQ(both.size(), 4U);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].best_exemplar, both[i].best_exemplar);
    EXPECT_EQ(first_difference(one[i].facts, both[i].facts), "");
  }
}

}  // namespace
}  // namespace microtome
