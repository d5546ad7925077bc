// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/diorama/vocabulary.h"

#include <span>
#include <string>

namespace microtome::diorama {
namespace {

// Names of the enumerators in order, kNone left out.
constexpr std::string_view kColours[] = {"black", "blue",   "brown", "grey",  "green", "orange",
                                         "pink",  "purple", "red",   "white", "yellow"};
constexpr std::string_view kObjects[] = {
    "dog",    "cat",    "sheep", "bird",  "car",   "bus",  "boat",     "house",    "lighthouse", "tree", "fir",
    "cactus", "plant",  "chair", "table", "bed",   "sofa", "lamp",     "snowman",  "tent",       "rock", "umbrella",
    "sky",    "ground", "road",  "wall",  "floor", "sea",  "mountain", "building", "woods",      "rug",  "counter"};
constexpr std::string_view kParts[] = {
    "body",    "head",      "ear",     "leg",       "tail",    "wing", "beak",     "wheel",    "window",
    "door",    "headlight", "hull",    "sail",      "mast",    "roof", "chimney",  "facade",   "trunk",
    "crown",   "stem",      "pot",     "leaf",      "blossom", "seat", "backrest", "tabletop", "pillow",
    "blanket", "headboard", "cushion", "lampshade", "pole",    "hat",  "scarf",    "canopy",   "lantern"};
constexpr std::string_view kMaterials[] = {"fur",   "feather", "wood",  "metal",   "fabric", "stone",   "snow",
                                           "water", "sand",    "glass", "foliage", "soil",   "plaster", "air"};
constexpr std::string_view kScenes[] = {"street_day",    "street_night",  "farm_summer",     "farm_winter",
                                        "forest_summer", "forest_winter", "mountain_summer", "mountain_winter",
                                        "beach_day",     "beach_night",   "harbor_day",      "harbor_night",
                                        "desert_day",    "desert_night",  "living_room_day", "living_room_night",
                                        "bedroom_day",   "bedroom_night", "kitchen_day",     "kitchen_night"};
constexpr std::string_view kTextures[] = {"striped", "banded",      "dotted",       "chequered", "zigzagged",
                                          "grid",    "honeycombed", "crosshatched", "scaly",     "woven",
                                          "bricked", "grained",     "furry",        "rippled",   "speckled",
                                          "leafy",   "cracked",     "cobbled",      "starry",    "diamond"};

static_assert(std::size(kColours) == kColourCount);
static_assert(std::size(kObjects) == kObjectCount);
static_assert(std::size(kParts) + 1 == static_cast<size_t>(Part::kCount));
static_assert(std::size(kMaterials) + 1 == static_cast<size_t>(Material::kCount));
static_assert(std::size(kScenes) == kSceneCount);
static_assert(std::size(kTextures) == kTextureCount);

struct CategoryNames {
  std::string_view category;
  std::span<const std::string_view> names;
  std::string_view suffix;
};
const CategoryNames kNames[kCategoryCount] = {{"color", kColours, "-c"}, {"object", kObjects, ""},
                                              {"part", kParts, ""},      {"material", kMaterials, ""},
                                              {"scene", kScenes, "-s"},  {"texture", kTextures, ""}};

// Number of the first concept of a category.
constexpr int kFirstObject = 1 + kColourCount;
constexpr int kFirstPart = kFirstObject + kObjectCount;
constexpr int kFirstMaterial = kFirstPart + static_cast<int>(std::size(kParts));
constexpr int kFirstScene = kFirstMaterial + static_cast<int>(std::size(kMaterials));
constexpr int kFirstTexture = kFirstScene + kSceneCount;

int number(int first, int value) { return value == 0 ? 0 : first + value - 1; }

}  // namespace

int label_of(Object object) { return kFirstObject + static_cast<int>(object); }
int label_of(Part part) { return number(kFirstPart, static_cast<int>(part)); }
int label_of(Material material) { return number(kFirstMaterial, static_cast<int>(material)); }
int label_of(Texture texture) { return number(kFirstTexture, static_cast<int>(texture)); }
int scene_label(int scene) { return kFirstScene + scene; }
int colour_label(int colour) { return 1 + colour; }

std::string_view scene_name(int scene) { return kScenes[scene]; }
std::string_view object_name(Object object) { return kObjects[static_cast<size_t>(object)]; }

std::vector<std::string> diorama_categories() {
  std::vector<std::string> out;
  for (const CategoryNames& row : kNames) out.emplace_back(row.category);
  return out;
}

std::vector<Concept> diorama_concepts() {
  std::vector<Concept> out(1);
  for (int category = 0; category < kCategoryCount; ++category) {
    for (std::string_view name : kNames[category].names) {
      const int label = static_cast<int>(out.size());
      out.push_back({.number = label,
                     .name = std::string(name) + std::string(kNames[category].suffix),
                     .category = category,
                     .categories = {category}});
    }
  }
  return out;
}

}  // namespace microtome::diorama
