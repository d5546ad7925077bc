// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/survey_checkpoint.h"

#include <gtest/gtest.h>

#include "microtome/base/error.h"

namespace microtome {
namespace {

TEST(Checkpoint, HoldsASurveyAndRefusesAnothers) {
  SurveySettings settings;
  SurveyCheckpoint stored;
  stored.surveys.emplace_back(SurveyLayer{"a", 2, 2, 2, 8, {}, {}}, settings);
  const std::vector<float> maps = {1, 2, 3, 4, 5, 6, 7, 8};
  stored.surveys[0].add(std::vector<SurveyImage>{{0, maps.data()}});
  stored.images_done = 5;
  stored.skipped = {{"x.png", "broken"}};
  const std::string bytes = save_checkpoint(stored);
  SurveyCheckpoint fresh;
  fresh.surveys.emplace_back(SurveyLayer{"a", 2, 2, 2, 8, {}, {}}, settings);
  EXPECT_TRUE(load_checkpoint(bytes, fresh));
  EXPECT_EQ(fresh.images_done, 5);
  EXPECT_EQ(fresh.skipped[0].file, "x.png");
  EXPECT_EQ(fresh.surveys[0].images(), (std::vector<int64_t>{0}));
  SurveyCheckpoint other;
  other.surveys.emplace_back(SurveyLayer{"b", 2, 2, 2, 8, {}, {}}, settings);
  EXPECT_FALSE(load_checkpoint(bytes, other));
  EXPECT_EQ(other.images_done, 0);
  for (size_t length = 0; length < bytes.size(); length += 7) {
    EXPECT_THROW(load_checkpoint(bytes.substr(0, length), fresh), Error) << length;
  }
}

}  // namespace
}  // namespace microtome
