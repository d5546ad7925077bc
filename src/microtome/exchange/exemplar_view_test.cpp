// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/exemplar_view.h"

#include "microtome/atlas/testing/atlas_fixture.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/exchange/testing/exported.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;

AtlasLayer layer_with(int size, int step, int start) {
  AtlasLayer layer;
  layer.receptive_field = {{"size", {size, size}}, {"step", {step, step}}, {"start", {start, start}}};
  return layer;
}

// A map of 4 x 3 cells whose largest value is at (3, 0) and whose smallest is at (1, 2).
Exemplar sample() {
  Exemplar exemplar{0, 9, 4, 3, std::vector<float>(12, 1)};
  exemplar.map[3] = 9, exemplar.map[9] = -5;
  return exemplar;
}

TEST(SeenWindow, IsTheFieldAroundTheDecisivePlaceCutAtTheImagesEdge) {
  const Json input = {{"channels", 3}, {"width", 64}, {"height", 48}};
  const AtlasLayer layer = layer_with(20, 16, -2);
  // x from -2 + 3 * 16 = 46 to 66, cut at 64; y from -2, cut at 0, to 18.
  auto window = seen_window(layer, input, sample(), Sign::kPositive, ExemplarList::kTop);
  ASSERT_TRUE(window);
  EXPECT_DOUBLE_EQ(window->x, 46.0 / 64);
  EXPECT_DOUBLE_EQ(window->width, 18.0 / 64);
  EXPECT_DOUBLE_EQ(window->y, 0);
  EXPECT_DOUBLE_EQ(window->height, 18.0 / 48);
  // x from 14 to 34; y from 30, cut at 48.
  for (const auto& [sign, list] :
       {std::pair(Sign::kPositive, ExemplarList::kBottom), std::pair(Sign::kNegative, ExemplarList::kTop),
        std::pair(Sign::kNegative, ExemplarList::kTypical)}) {
    window = seen_window(layer, input, sample(), sign, list);
    ASSERT_TRUE(window);
    EXPECT_DOUBLE_EQ(window->x, 14.0 / 64);
    EXPECT_DOUBLE_EQ(window->width, 20.0 / 64);
    EXPECT_DOUBLE_EQ(window->y, 30.0 / 48);
    EXPECT_DOUBLE_EQ(window->height, 18.0 / 48);
  }
  window = seen_window(layer_with(500, 0, -100), input, sample(), Sign::kNegative, ExemplarList::kBottom);
  ASSERT_TRUE(window);
  EXPECT_EQ(window->width, 1) << "a field larger than the image sees all of it";
  EXPECT_EQ(window->height, 1);
}

TEST(SeenWindow, IsEmptyWhereNothingIsKnownOrSeen) {
  const Json input = {{"width", 64}, {"height", 48}};
  const auto window = [&](const Json& field, const Json& of) {
    AtlasLayer layer;
    layer.receptive_field = field;
    return seen_window(layer, of, sample(), Sign::kPositive, ExemplarList::kTop);
  };
  const Json good = layer_with(4, 4, 0).receptive_field;
  EXPECT_TRUE(window(good, input));
  EXPECT_FALSE(window(layer_with(4, 40, 0).receptive_field, input)) << "beyond the image";
  EXPECT_FALSE(window(good, {{"width", 64}}));
  EXPECT_FALSE(window(good, {{"width", "64"}, {"height", 48}}));
  for (const Json& field :
       {Json(), Json::object(), Json("text"), Json{{"size", {1}}, {"step", 1}, {"start", {0, "x"}}}}) {
    EXPECT_FALSE(window(field, input)) << field.dump();
  }
}

class ExemplarViews : public AtlasFixture {};

// The mask of the tile is the one that the convention counts: where half-pixel centres leave a band dark, zeros beyond
// the map darken the edges too, and receptive fields shift it.
TEST_F(ExemplarViews, MasksAreDrawnAsTheyWereCounted) {
  std::vector<Image> tiles;
  for (const char* upsampling : {"half_pixel", "zero", "field", "quick"}) {
    Atlas atlas = Atlas::open(fresh_path(), Atlas::Mode::kCreateOrWrite);
    AtlasLayer layer = layer_with(9, 8, 4);
    layer.name = "conv";
    atlas.put_network({"h", "onnx", "net", Json{{"width", 32}, {"height", 32}}, {}}, {layer});
    UnitDissection unit;
    unit.threshold = 0.75F, unit.maximum = 1;
    unit.top = {{0, 1, 4, 4, {1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0}}};
    const int64_t run = atlas.begin_run({"dissect", "1", "h", "", Json::object(), ""});
    atlas.put_dissection(run, {"conv", 4, 4, 0.005, 1, {unit}, "x", upsampling},
                         {{0, "a.png", encode_png(Image(32, 32, 3, 200))}});
    const AtlasLayer stored = atlas.layers().at(0);
    tiles.push_back(exemplar_tiles(atlas, stored, unit, ExemplarList::kTop, ExemplarView::kMask, 32).at(0));
    EXPECT_EQ(tiles.back().at(30, 16)[0], 40) << upsampling << ": off";
    EXPECT_NE(tiles.back().at(9, 16)[0], 40) << upsampling << ": on";
    // Of a unit that saturates at its largest level the mask is where it is at that, and ends at the cells' centres.
    unit.threshold = 1;
    EXPECT_EQ(exemplar_tiles(atlas, stored, unit, ExemplarList::kTop, ExemplarView::kMask, 32)[0].at(9, 16)[0], 40);
    unit.on_pixels = 1;
    const auto at_top = exemplar_tiles(atlas, stored, unit, ExemplarList::kTop, ExemplarView::kMask, 32)[0];
    EXPECT_NE(at_top.at(9, 16)[0], 40) << upsampling;
    EXPECT_EQ(at_top.at(20, 16)[0], 40) << upsampling;
  }
  EXPECT_NE(tiles[0].at(0, 16)[0], 40);
  EXPECT_EQ(tiles[1].at(0, 16)[0], 40) << "beyond the outer cells the map falls to zero";
  // The centre of the second column lies at pixel 16 by its field, at 11.5 by half a pixel.
  EXPECT_EQ(tiles[0].at(16, 16)[0], 40);
  EXPECT_NE(tiles[2].at(16, 16)[0], 40);
}

TEST_F(ExemplarViews, EachViewIsItsOwnDrawingOfTheSameImages) {
  const std::string path = fresh_path();
  write_sample_atlas(path);
  const Atlas atlas = Atlas::open(path, Atlas::Mode::kRead);
  const AtlasLayer layer = atlas.studied_layers().at(0);
  const UnitDissection unit = atlas.unit(layer.name, 5, Sign::kPositive).value();
  std::vector<std::vector<Image>> views;
  for (const char* name : {"mask", "outline", "heat", "field", "plain"}) {
    EXPECT_EQ(view_text(view_from_text(name)), name);
    views.push_back(exemplar_tiles(atlas, layer, unit, ExemplarList::kTop, view_from_text(name), 64));
    ASSERT_EQ(views.back().size(), unit.top.size());
    for (size_t other = 0; other + 1 < views.size(); ++other) EXPECT_NE(views[other][0], views.back()[0]) << name;
    EXPECT_EQ(views.back()[0].width, 64);
  }
  const auto thumbnail = atlas.thumbnail(unit.top[0].image);
  EXPECT_EQ(views[4][0], decode_image(thumbnail->bytes, "thumbnail")) << "a tile of the image's own size";
  EXPECT_EQ(exemplar_tiles(atlas, layer, unit, ExemplarList::kBottom, ExemplarView::kMask, 64)[0],
            exemplar_tiles(atlas, layer, unit, ExemplarList::kBottom, ExemplarView::kPlain, 64)[0]);
  EXPECT_ERROR(view_from_text("crop"), ErrorKind::kUsage, HasSubstr("mask, outline, heat, field, plain"));
}

TEST_F(ExemplarViews, SheetsHaveARowForEachListAndAreWrittenOnlyWhenAskedFor) {
  const std::string path = fresh_path();
  Atlas atlas = Atlas::open(path, Atlas::Mode::kCreateOrWrite);
  AtlasLayer layer = layer_with(4, 4, 0);
  layer.name = "conv", layer.op = "Conv", layer.units = 1, layer.shape = {1, 3, 4};
  atlas.put_network({"hash", "onnx", "net", {{"width", 16}, {"height", 12}}, {}}, {layer});
  AtlasConcepts concepts;
  concepts.hash = "set", concepts.concepts.resize(1), concepts.display_names.resize(1);
  atlas.put_concepts(concepts);
  LayerDissection dissection{"conv", 4, 3, 0.005, 10, {UnitDissection{}}};
  UnitDissection& unit = dissection.units[0];
  unit.threshold = 2, unit.maximum = 9;
  unit.top = {sample(), sample(), sample()}, unit.typical = {sample()}, unit.bottom = {sample(), sample()};
  atlas.put_dissection(atlas.begin_run({"dissect", "1", "hash", "set", Json::object(), ""}), dissection,
                       {{0, "a.png", encode_png(Image(32, 24, 3, 90))}});
  EXPECT_EQ(exported("images", atlas, folder() + "/out").size(), 1u);
  EXPECT_EQ(exported("images", atlas, folder() + "/out", {{"views", {"field", "heat"}}}).size(), 3u);
  const Image sheet = decode_image(read_file(folder() + "/out/conv/0000+.field.jpg"), "sheet");
  EXPECT_EQ(sheet.width, 3 * 128 + 4 * 4);
  EXPECT_EQ(sheet.height, 3 * 128 + 4 * 4);
  // Fields of 4 x 4 of 16 x 12 are a quarter wide and a third high, so tiles are narrower than they are high.
  EXPECT_NEAR(sheet.at(4 + 64, 4 + 64)[0], 90, 3);
  EXPECT_NEAR(sheet.at(4 + 8, 4 + 64)[0], 255, 3);
  EXPECT_NEAR(sheet.at(4 + 64, 4 + 2)[0], 90, 3);
  EXPECT_NEAR(sheet.at(4 + 132 + 64, 4 + 132 + 64)[0], 255, 3) << "one typical image only";
}

}  // namespace
}  // namespace microtome
