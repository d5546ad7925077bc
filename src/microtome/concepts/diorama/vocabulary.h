// SPDX-License-Identifier: Apache-2.0
// The concepts that dioramas show, and their label numbers.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "microtome/concepts/concept_set.h"

namespace microtome::diorama {

// In the order of an index's columns.
enum class Category : uint8_t { kColour, kObject, kPart, kMaterial, kScene, kTexture };
inline constexpr int kCategoryCount = 6;

// The first kForegroundCount are things that stand in a scene, the others are regions of its backdrop.
enum class Object : uint8_t {
  kDog,
  kCat,
  kSheep,
  kBird,
  kCar,
  kBus,
  kBoat,
  kHouse,
  kLighthouse,
  kTree,
  kFir,
  kCactus,
  kPlant,
  kChair,
  kTable,
  kBed,
  kSofa,
  kLamp,
  kSnowman,
  kTent,
  kRock,
  kUmbrella,
  kSky,
  kGround,
  kRoad,
  kWall,
  kFloor,
  kWater,
  kMountain,
  kBuilding,
  kWoods,
  kRug,
  kCounter,
  kCount
};
inline constexpr int kForegroundCount = static_cast<int>(Object::kSky);
inline constexpr int kObjectCount = static_cast<int>(Object::kCount);

enum class Part : uint8_t {
  kNone,
  kBody,
  kHead,
  kEar,
  kLeg,
  kTail,
  kWing,
  kBeak,
  kWheel,
  kWindow,
  kDoor,
  kHeadlight,
  kHull,
  kSail,
  kMast,
  kRoof,
  kChimney,
  kFacade,
  kTrunk,
  kCrown,
  kStem,
  kPot,
  kLeaf,
  kBlossom,
  kSeat,
  kBack,
  kTop,
  kPillow,
  kBlanket,
  kHeadboard,
  kCushion,
  kShade,
  kPole,
  kHat,
  kScarf,
  kCanopy,
  kLantern,
  kCount
};

enum class Material : uint8_t {
  kNone,
  kFur,
  kFeather,
  kWood,
  kMetal,
  kFabric,
  kStone,
  kSnow,
  kWater,
  kSand,
  kGlass,
  kFoliage,
  kSoil,
  kPlaster,
  kAir,
  kCount
};

enum class Texture : uint8_t {
  kNone,
  kStriped,
  kBanded,
  kDotted,
  kChequered,
  kZigzagged,
  kGrid,
  kHoneycombed,
  kCrosshatched,
  kScaly,
  kWoven,
  kBricked,
  kGrained,
  kFurry,
  kRippled,
  kSpeckled,
  kLeafy,
  kCracked,
  kCobbled,
  kStarry,
  kDiamond,
  kCount
};
inline constexpr int kTextureCount = static_cast<int>(Texture::kCount) - 1;
inline constexpr int kSceneCount = 20;
inline constexpr int kColourCount = 11;

// Label numbers, 1 and up; 0 for kNone.
int label_of(Object object);
int label_of(Part part);
int label_of(Material material);
int label_of(Texture texture);
int scene_label(int scene);    // scene in [0, kSceneCount)
int colour_label(int colour);  // colour as colour_name() of the image room gives it

// "street_day", ...; without the suffix that the concept's name carries.
std::string_view scene_name(int scene);
std::string_view object_name(Object object);

// Column names, and concepts by label number ([0] is the empty one): what a ConceptIndex or BrodenWriter is made from.
std::vector<std::string> diorama_categories();
std::vector<Concept> diorama_concepts();

}  // namespace microtome::diorama
