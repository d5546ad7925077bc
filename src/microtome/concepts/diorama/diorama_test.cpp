// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/diorama/diorama.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/hash.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/open.h"

namespace microtome::diorama {
namespace {

const LabelMap& plane(const DioramaPicture& picture, Category category) {
  return picture.planes[static_cast<size_t>(category)];
}

std::string digest(const DioramaPicture& picture) {
  Sha256 sha;
  sha.add_values(std::span<const uint8_t>(picture.image.pixels));
  for (const LabelMap& map : picture.planes) sha.add_values(std::span<const uint16_t>(map.labels));
  for (const auto& labels : picture.whole_image) sha.add_values(std::span<const int>(labels));
  return sha.hex();
}

// The first scenes with at least one object.
std::vector<Diorama> some_scenes(size_t count) {
  std::vector<Diorama> out;
  for (int64_t i = 0; out.size() < count; ++i) {
    Diorama d = describe_diorama(5, i);
    if (d.scene >= 0) out.push_back(std::move(d));
  }
  return out;
}

TEST(Vocabulary, HasTheSixCategoriesOfBrodenAndOneNumberAConcept) {
  EXPECT_THAT(diorama_categories(), testing::ElementsAre("color", "object", "part", "material", "scene", "texture"));
  const auto concepts = diorama_concepts();
  std::set<std::string> names;
  for (size_t i = 1; i < concepts.size(); ++i) {
    EXPECT_EQ(concepts[i].number, static_cast<int>(i));
    EXPECT_TRUE(names.insert(concepts[i].name).second) << concepts[i].name;
  }
  EXPECT_EQ(concepts[static_cast<size_t>(label_of(Object::kCounter))].name, "counter");
  EXPECT_EQ(concepts[static_cast<size_t>(label_of(Part::kLantern))].name, "lantern");
  EXPECT_EQ(concepts[static_cast<size_t>(label_of(Material::kAir))].name, "air");
  EXPECT_EQ(concepts[static_cast<size_t>(label_of(Texture::kDiamond))].name, "diamond");
  EXPECT_EQ(concepts[static_cast<size_t>(scene_label(19))].name, "kitchen_night-s");
  EXPECT_EQ(concepts[static_cast<size_t>(colour_label(10))].name, "yellow-c");
  EXPECT_EQ(label_of(Texture::kDiamond) + 1, static_cast<int>(concepts.size()));
}

TEST(Diorama, IsAFunctionOfSeedSplitAndIndexAlone) {
  constexpr int64_t kImages = 48;
  const auto run = [&](int threads, bool backwards) {
    std::vector<std::string> out(kImages);
    parallel_for(threads, kImages, [&](int, int64_t i) {
      const int64_t k = backwards ? kImages - 1 - i : i;
      out[static_cast<size_t>(k)] = digest(render_diorama(describe_diorama(3, k), k % 2 ? 64 : 48));
    });
    return out;
  };
  const auto first = run(1, false);
  EXPECT_EQ(first, run(2, true));
  EXPECT_EQ(first, run(1, false));
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), first.size());
  EXPECT_FALSE(describe_diorama(3, 0, "train") == describe_diorama(3, 0, "val"));
  EXPECT_FALSE(describe_diorama(3, 0) == describe_diorama(4, 0));
  EXPECT_THROW(describe_diorama(3, 0, "tain"), Error);
  EXPECT_THROW(render_diorama(describe_diorama(3, 0), 8), Error);
}

// Whose parts they are.
const std::map<Part, std::set<Object>> kOwners = {
    {Part::kHead, {Object::kDog, Object::kCat, Object::kSheep, Object::kBird, Object::kSnowman}},
    {Part::kEar, {Object::kDog, Object::kCat, Object::kSheep}},
    {Part::kTail, {Object::kDog, Object::kCat, Object::kBird}},
    {Part::kWing, {Object::kBird}},
    {Part::kBeak, {Object::kBird}},
    {Part::kWheel, {Object::kCar, Object::kBus}},
    {Part::kHeadlight, {Object::kCar, Object::kBus}},
    {Part::kHull, {Object::kBoat}},
    {Part::kSail, {Object::kBoat}},
    {Part::kMast, {Object::kBoat}},
    {Part::kChimney, {Object::kHouse}},
    {Part::kRoof, {Object::kHouse, Object::kLighthouse, Object::kBuilding}},
    {Part::kTrunk, {Object::kTree, Object::kFir, Object::kWoods}},
    {Part::kCrown, {Object::kTree, Object::kFir, Object::kWoods}},
    {Part::kPillow, {Object::kBed, Object::kSofa}},
    {Part::kShade, {Object::kLamp}},
    {Part::kHat, {Object::kSnowman}},
    {Part::kCanopy, {Object::kUmbrella}},
    {Part::kLantern, {Object::kLighthouse}},
};

TEST(Labels, AreNestedAndLeaveNoPixelOut) {
  int64_t scenes = 0, hidden = 0, pixels = 0;
  for (int64_t i = 0; i < 300; ++i) {
    const Diorama d = describe_diorama(7, i);
    const DioramaPicture picture = render_diorama(d, 48, 48);
    EXPECT_THAT(plane(picture, Category::kColour).labels,
                testing::Each(testing::AllOf(testing::Ge(1), testing::Le(11))));
    if (d.scene < 0) {
      EXPECT_THAT(picture.whole_image[static_cast<size_t>(Category::kTexture)],
                  testing::ElementsAre(label_of(d.texture)));
      continue;
    }
    ++scenes;
    std::set<int> allowed;
    for (Object o : objects_of(d)) allowed.insert(label_of(o));
    std::map<std::pair<int, int>, int64_t> pairs;
    const LabelMap& objects = plane(picture, Category::kObject);
    for (size_t k = 0; k < objects.labels.size(); ++k) {
      ++pairs[{objects.labels[k], plane(picture, Category::kPart).labels[k]}];
      ASSERT_NE(plane(picture, Category::kMaterial).labels[k], 0);
    }
    for (const auto& [pair, count] : pairs) {
      const auto [object, part] = pair;
      pixels += count;
      if (object == 0) {  // Only of things that are hardly visible.
        hidden += count;
        EXPECT_EQ(part, 0);
      } else if (object < label_of(Object::kSky)) {
        EXPECT_TRUE(allowed.count(object)) << object;
        EXPECT_TRUE(part != 0 || object == label_of(Object::kRock)) << object;
      }
      for (const auto& [kind, owners] : kOwners) {
        if (part != label_of(kind)) continue;
        EXPECT_TRUE(std::any_of(owners.begin(), owners.end(), [&](Object o) { return label_of(o) == object; }))
            << part << " of " << object;
      }
    }
    EXPECT_THAT(picture.whole_image[static_cast<size_t>(Category::kScene)], testing::ElementsAre(scene_label(d.scene)));
  }
  EXPECT_GT(scenes, 220);
  EXPECT_LT(static_cast<double>(hidden) / static_cast<double>(pixels), 0.01);
}

// Pixels that differ outside the mask, and inside.
std::pair<int64_t, int64_t> differences(const Diorama& a, const Diorama& b, int side) {
  const Image first = draw_diorama(a, side), second = draw_diorama(b, side), mask = twin_mask(a, b, side);
  std::pair<int64_t, int64_t> out{0, 0};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      if (!std::equal(first.at(x, y), first.at(x, y) + 3, second.at(x, y))) ++(*mask.at(x, y) ? out.second : out.first);
    }
  }
  return out;
}

TEST(Twins, DifferInsideTheMaskOnly) {
  constexpr int kSide = 64;
  int64_t changed = 0, kept = 0;
  for (const Diorama& d : some_scenes(40)) {
    const size_t last = d.objects.size() - 1;
    const Diorama twins[] = {without_object(d, 0), without_object(d, last), with_colour(d, last, {20, 200, 220}),
                             with_texture(d, 0, Texture::kChequered)};
    for (const Diorama& twin : twins) {
      const auto [outside, inside] = differences(d, twin, kSide);
      EXPECT_EQ(outside, 0);
      changed += inside;
      const Image mask = twin_mask(d, twin, kSide);
      kept += std::count(mask.pixels.begin(), mask.pixels.end(), 0);
    }
    const auto [outside, inside] = differences(d, with_backdrop(d, (d.scene + 6) % kSceneCount), kSide);
    EXPECT_EQ(outside, 0);
    EXPECT_GT(inside, kSide * kSide / 8);
  }
  EXPECT_GT(changed, 40 * 4 * 30);
  EXPECT_GT(kept, 40 * 4 * kSide * kSide / 3);
  EXPECT_THROW(without_object(some_scenes(1)[0], 99), Error);
}

TEST(Twins, HaveEqualLabelsOutsideTheMask) {
  for (const Diorama& d : some_scenes(30)) {
    const Diorama twin = without_object(d, d.objects.size() - 1);
    const DioramaPicture a = render_diorama(d, 64, 64), b = render_diorama(twin, 64, 64);
    const Image mask = twin_mask(d, twin, 64);
    int64_t wrong = 0;
    for (size_t k = 0; k < mask.pixels.size(); ++k) {
      // A thing behind may come to light, and be named, when what hid it is gone.
      const bool named = plane(a, Category::kObject).labels[k] == 0 || plane(b, Category::kObject).labels[k] == 0;
      wrong += mask.pixels[k] == 0 && !named &&
               plane(a, Category::kObject).labels[k] != plane(b, Category::kObject).labels[k];
    }
    EXPECT_EQ(wrong, 0);
  }
}

TEST(Scenes, HoldTheirObjectsAsOftenAsTheTableSays) {
  constexpr int64_t kImages = 20000;
  std::vector<int64_t> images(kSceneCount);
  std::map<std::pair<int, Object>, int64_t> held;
  for (int64_t i = 0; i < kImages; ++i) {
    const Diorama d = describe_diorama(11, i);
    if (d.scene < 0) continue;
    ++images[static_cast<size_t>(d.scene)];
    ASSERT_GE(d.objects.size(), 2U);
    ASSERT_LE(d.objects.size(), 6U);
    for (Object o : objects_of(d)) ++held[{d.scene, o}];
  }
  for (int k = 0; k < kForegroundCount; ++k) {
    const auto object = static_cast<Object>(k);
    int homes = 0;
    for (int scene = 0; scene < kSceneCount; ++scene) {
      const double p = presence_probability(scene, object), n = static_cast<double>(images[static_cast<size_t>(scene)]);
      homes += p > 0.02;
      const double deviation = std::sqrt(p * (1 - p) / n);
      EXPECT_NEAR(static_cast<double>(held[{scene, object}]) / n, p, 4 * deviation + 1e-9)
          << scene_name(scene) << " " << object_name(object);
    }
    EXPECT_GE(homes, 2) << object_name(object);
  }
  for (int scene = 0; scene < kSceneCount; ++scene) {
    int typical = 0;
    for (int k = 0; k < kForegroundCount; ++k) typical += presence_probability(scene, static_cast<Object>(k)) > 0.3;
    EXPECT_GE(typical, 3) << scene_name(scene);
  }
}

TEST(Scenes, ShowEveryObjectThatTheyHold) {
  std::set<std::pair<int, Object>> due, seen;
  for (int scene = 0; scene < kSceneCount; ++scene) {
    for (int k = 0; k < kForegroundCount; ++k) {
      if (presence_probability(scene, static_cast<Object>(k)) > 0.02) due.insert({scene, static_cast<Object>(k)});
    }
  }
  for (int64_t i = 0; i < 4000 && seen.size() < due.size(); ++i) {
    const Diorama d = describe_diorama(13, i);
    const auto objects = objects_of(d);
    if (std::none_of(objects.begin(), objects.end(), [&](Object o) {
          return due.count({d.scene, o}) && !seen.count({d.scene, o});
        }))
      continue;
    const DioramaPicture picture = render_diorama(d, 64, 64);
    const auto& labels = plane(picture, Category::kObject).labels;
    for (Object o : objects) {
      if (std::count(labels.begin(), labels.end(), label_of(o)) >= 40) seen.insert({d.scene, o});
    }
  }
  for (const auto& [scene, object] : due) {
    EXPECT_TRUE(seen.count({scene, object})) << scene_name(scene) << " " << object_name(object);
  }
}

using Colour = std::array<double, 3>;
Colour mean_colour(const Image& image) {
  Colour sum{};
  for (size_t i = 0; i < image.pixels.size(); ++i) sum[i % 3] += image.pixels[i];
  for (double& v : sum) v /= static_cast<double>(image.pixels.size()) / 3;
  return sum;
}

// Solves the symmetric system m x = v by elimination.
Colour solve(std::array<Colour, 3> m, Colour v) {
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = i + 1; k < 3; ++k) {
      const double f = m[k][i] / m[i][i];
      for (size_t c = i; c < 3; ++c) m[k][c] -= f * m[i][c];
      v[k] -= f * v[i];
    }
  }
  for (size_t i = 3; i-- > 0;) {
    for (size_t c = i + 1; c < 3; ++c) v[i] -= m[i][c] * v[c];
    v[i] /= m[i][i];
  }
  return v;
}

TEST(Scenes, CannotBeToldByTheirMeanColour) {
  std::vector<std::vector<Colour>> train(kSceneCount), test(kSceneCount);
  for (int64_t i = 0; i < 1600; ++i) {
    const Diorama d = describe_diorama(17, i);
    if (d.scene >= 0) (i % 3 ? train : test)[static_cast<size_t>(d.scene)].push_back(mean_colour(draw_diorama(d, 24)));
  }
  // Linear discriminant: class means and one covariance for all.
  std::vector<Colour> means(kSceneCount);
  std::array<Colour, 3> covariance{};
  for (size_t s = 0; s < kSceneCount; ++s) {
    for (const Colour& c : train[s]) {
      for (size_t k = 0; k < 3; ++k) means[s][k] += c[k] / static_cast<double>(train[s].size());
    }
    for (const Colour& c : train[s]) {
      for (size_t a = 0; a < 3; ++a) {
        for (size_t b = 0; b < 3; ++b) covariance[a][b] += (c[a] - means[s][a]) * (c[b] - means[s][b]);
      }
    }
  }
  double right = 0, all = 0;
  for (size_t s = 0; s < kSceneCount; ++s) {
    for (const Colour& c : test[s]) {
      size_t best = 0;
      double least = INFINITY;
      for (size_t t = 0; t < kSceneCount; ++t) {
        Colour d;
        for (size_t k = 0; k < 3; ++k) d[k] = c[k] - means[t][k];
        const Colour x = solve(covariance, d);
        const double distance = d[0] * x[0] + d[1] * x[1] + d[2] * x[2];
        if (distance < least) least = distance, best = t;
      }
      right += best == s;
      all += 1;
    }
  }
  EXPECT_LT(right / all, 0.4);
  RecordProperty("accuracy", std::to_string(right / all));
}

TEST(Shares, LieInTheirBands) {
  DioramaSettings settings{.images = 500, .seed = 19, .side = 64};
  const auto reporter = make_silent_reporter();
  const auto shares = diorama_shares(settings, 0.005, 2, *reporter);
  ASSERT_EQ(shares.size(), diorama_concepts().size() - 1);
  std::map<std::string, double> whole;
  int64_t detectable = 0;
  for (const ConceptShare& row : shares) {
    whole[row.category] += row.share;
    EXPECT_GT(row.images, 0) << row.name;
    EXPECT_GT(row.share, 0.0002) << row.name;  // A smaller one could not reach an IoU of 0.04.
    EXPECT_LT(row.share, 0.36) << row.name;
    EXPECT_NEAR(row.ceiling, std::min(row.share / 0.005, 0.005 / row.share), 1e-12);
    detectable += row.ceiling >= 0.04;
  }
  EXPECT_NEAR(whole["color"], 1, 1e-9);
  EXPECT_NEAR(whole["scene"], 1, 1e-9);
  EXPECT_NEAR(whole["object"], 1, 0.01);
  EXPECT_NEAR(whole["material"], 1, 1e-9);
  EXPECT_GT(static_cast<double>(detectable) / static_cast<double>(shares.size()), 0.9);
}

TEST(Folder, ReadsBackAsItWasDrawn) {
  const std::string folder = testing::TempDir() + "dioramas";
  std::filesystem::remove_all(folder);
  const DioramaSettings settings{.images = 12, .seed = 23, .side = 48};
  const auto reporter = make_silent_reporter();
  write_dioramas(folder, settings, 2, *reporter);
  const auto set = open_concept_set(folder);
  ASSERT_EQ(set->size(), settings.images);
  for (int64_t i = 0; i < settings.images; ++i) {
    const DioramaPicture picture = render_diorama(describe_diorama(settings.seed, i, settings.split), settings.side);
    EXPECT_EQ(set->image(i), picture.image);
    const ImageLabels labels = set->labels(i);
    EXPECT_EQ(labels.width, settings.side / 2);
    std::vector<LabelMap> planes;
    std::vector<int> whole;
    for (size_t c = 0; c < kCategoryCount; ++c) {
      if (!picture.planes[c].empty()) planes.push_back(picture.planes[c]);
      whole.insert(whole.end(), picture.whole_image[c].begin(), picture.whole_image[c].end());
    }
    EXPECT_THAT(labels.planes, testing::UnorderedElementsAreArray(planes));
    EXPECT_THAT(labels.whole_image, testing::UnorderedElementsAreArray(whole));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace microtome::diorama
