// SPDX-License-Identifier: Apache-2.0
// Images are chosen and drawn by what a planted set holds.
#include "microtome/exchange/labelled_images.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/image/compose.h"

namespace microtome {
namespace {

// Twenty pictures of 4 x 4: every fourth holds "cat" in its upper half; "red" is everywhere; "street" is of the whole
// image of the odd ones.
class Planted : public ConceptSet {
 public:
  Planted() {
    for (int i = 0; i < 20; ++i) images_.push_back({"picture" + std::to_string(i), "train", 4, 4, 4, 4});
  }
  const ConceptIndex& index() const override { return index_; }
  int64_t size() const override { return 20; }
  const ConceptImage& image_info(int64_t image) const override { return images_.at(static_cast<size_t>(image)); }
  Image image(int64_t) const override { return Image(4, 4, 3, 100); }
  ImageLabels labels(int64_t image) const override {
    ImageLabels out;
    out.width = out.height = 4;
    out.planes = {LabelMap(4, 4), LabelMap(4, 4, 2)};
    if (image % 4 == 0) std::fill_n(out.planes[0].labels.begin(), 8, uint16_t{1});
    if (image % 2 == 1) out.whole_image = {3};
    return out;
  }
  const std::string& hash() const override { return index_.categories().front(); }

 private:
  ConceptIndex index_{{"object", "color", "scene"},
                      {{}, {1, "cat", 0, {0}}, {2, "red-c", 1, {1}}, {3, "street-s", 2, {2}}}};
  std::vector<ConceptImage> images_;
};

TEST(LabelledImages, HoldWhatIsAskedFor) {
  const Planted set;
  LabelledImagesRequest request;
  EXPECT_EQ(labelled_images(set, request).size(), 9u);
  request.concept_name = "cat", request.count = 400;
  const auto cats = labelled_images(set, request);
  ASSERT_EQ(cats.size(), 5u);
  for (const DrawnImage& image : cats) {
    EXPECT_EQ(std::stoi(image.file.substr(7)) % 4, 0);
    EXPECT_EQ(image.shares, (std::map<int, double>{{1, 0.5}, {2, 1}}));
  }
  request.concept_name = "street";
  EXPECT_EQ(labelled_images(set, request).size(), 10u);
  request.seed = 1;
  const auto other = labelled_images(set, request), again = labelled_images(set, request);
  EXPECT_TRUE(std::ranges::equal(other, again, {}, &DrawnImage::file, &DrawnImage::file));
  request.images = {"picture3", "picture1"};
  EXPECT_EQ(labelled_images(set, request).at(1).file, "picture1");
}

// All labels but colours are drawn, or the chosen one alone.
TEST(LabelledImages, AreDrawnWithoutColours) {
  const Planted set;
  const Image plain = set.image(0);
  LabelMap cat = set.labels(0).planes[0], red = set.labels(0).planes[1];
  LabelledImagesRequest request{{"picture0"}, "", 1, 0};
  EXPECT_EQ(labelled_images(set, request).at(0).drawing.pixels, draw_labels(plain, cat).pixels);
  request.concept_name = "red";
  EXPECT_EQ(labelled_images(set, request).at(0).drawing.pixels, draw_labels(plain, red).pixels);
}

TEST(LabelledImages, SaysWhatTheSetDoesNotHold) {
  const Planted set;
  LabelledImagesRequest request;
  request.concept_name = "dog";
  EXPECT_ERROR(labelled_images(set, request), ErrorKind::kNotFound, testing::HasSubstr("no concept of this name"));
  request = {{"nothing"}, "", 1, 0};
  EXPECT_ERROR(labelled_images(set, request), ErrorKind::kNotFound, testing::HasSubstr("no such image"));
}

}  // namespace
}  // namespace microtome
