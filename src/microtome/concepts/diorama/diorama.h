// SPDX-License-Identifier: Apache-2.0
// Dioramas: procedurally drawn scenes in which every pixel's scene, object, part, material, texture and colour is
// known.
//
// Picture i of a set is a pure function of (seed, split, i). It is described first (a plain value) and drawn then, so a
// twin in which one thing differs is the same description with one field changed, drawn again. All of this is
// thread-safe; the bytes are the same for the same versions of Cairo and pixman, on any number of threads.
// Defined in describe.cpp, render.cpp and write.cpp.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/field.h"
#include "microtome/base/reporter.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/diorama/vocabulary.h"
#include "microtome/image/image.h"

namespace microtome::diorama {

struct DioramaSettings {
  int64_t images = 2000;
  uint64_t seed = 1;
  int side = 96;
  bool full_labels = false;
  std::string split = "val";
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "images", .help = "Number of pictures", .min = 1, .max = 10000000}, s.images);
    field({.name = "seed", .help = "Seed of every random choice"}, s.seed);
    field({.name = "side", .help = "Width and height of a picture in px", .min = 16, .max = 1024}, s.side);
    field({.name = "full-labels", .help = "Label every pixel instead of every second one each way"}, s.full_labels);
    field({.name = "split", .help = "train, val, probe or test: disjoint pictures of one seed"}, s.split);
  }
};

struct Rgb8 {
  uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Rgb8&) const = default;
};

// A thing in a scene. Lengths are in 1/256 of a unit; the picture is 64 x 64 units, x to the right, y down.
struct DioramaObject {
  Object kind{};
  int x = 0, y = 0;  // Of the middle of its foot.
  int scale = 256;   // 256 = drawn as large as its kind says.
  int tilt = 0;      // tan(angle / 2) in 1/256, clockwise.
  bool flip = false;
  Rgb8 colour, second;  // Of its main surface, and of what is set off from it.
  Texture texture{};    // Of its main surface, for kinds that carry a pattern.
  uint32_t detail = 0;  // Seed of its small variations.
  bool operator==(const DioramaObject&) const = default;
};

struct Diorama {
  int scene = -1;  // [0, kSceneCount), or -1: a swatch of `texture`.
  int light = 0;   // Which of the light moods of its time of day.
  // Of the light and the things; they stay when only the backdrop changes.
  bool night = false, lamplit = false, winter = false;
  bool light_from_left = false;
  Rgb8 veil;                           // Colour of the air before everything,
  int haze = 0;                        // and how much of it, 1/256.
  Rgb8 colour, second;                 // Of the swatch, or of wall and floor or facades.
  Texture texture{};                   // Of the swatch, or of wall paper and rug.
  int pitch = 256;                     // Size of the swatch's pattern, 256 = 1.
  int tilt = 0;                        // Rotation of the swatch's pattern, as in DioramaObject.
  int horizon = 0;                     // Shift of the horizon down, 1/256 unit.
  uint32_t detail = 0;                 // Seed of the backdrop's variations.
  std::vector<DioramaObject> objects;  // In painter's order, from back to front.
  bool operator==(const Diorama&) const = default;
};

// Throws Error(kUsage) on a split that is none of train, val, probe, test.
Diorama describe_diorama(uint64_t seed, int64_t index, std::string_view split = "val");

struct DioramaPicture {
  Image image;                   // side x side RGB
  std::vector<LabelMap> planes;  // By Category; the scene plane is empty, and on swatches only colour is full.
  std::vector<std::vector<int>> whole_image;  // By Category: the scene's label, or the swatch's texture.
};

// label_side 0 means side / 2, as in Broden. A thing of which less than 30 % of what it covers stays visible is drawn
// but not labelled as object and part. Throws Error(kUsage) unless 16 <= side <= 1024 and label_side <= side.
DioramaPicture render_diorama(const Diorama& diorama, int side, int label_side = 0);
// The picture alone: what a trainer needs, at less than half the cost.
Image draw_diorama(const Diorama& diorama, int side);

// For trainers: scene_of() is -1 on swatches; objects_of() has each foreground kind at most once, sorted.
int scene_of(const Diorama& diorama);
std::vector<Object> objects_of(const Diorama& diorama);

// P(object in the picture | scene), exactly as describe_diorama() draws it (0 for backdrop regions).
double presence_probability(int scene, Object object);

// One thing changed. Each throws Error(kUsage) when there is no such object.
Diorama without_object(Diorama diorama, size_t object);
Diorama with_colour(Diorama diorama, size_t object, Rgb8 colour);
Diorama with_texture(Diorama diorama, size_t object, Texture texture);
// The same things in the same light before another scene's backdrop; see twin_mask().
Diorama with_backdrop(Diorama diorama, int scene);

// Where the twins may differ, side x side, 255 or 0, one channel, found from what the differing things cover (shadow
// and light included), not from the pixels. Outside it, the twins' pictures are equal byte for byte.
Image twin_mask(const Diorama& a, const Diorama& b, int side);

// How often a concept occurs in a set.
struct ConceptShare {
  std::string name;
  std::string category;
  int64_t images = 0;  // That hold it.
  double share = 0;    // Of the pixels of images that hold its category.
  double ceiling = 0;  // Largest IoU of a unit that is on for a fraction `tail` of all pixels.
};
// Of the first settings.images pictures, by label number. threads >= 1.
std::vector<ConceptShare> diorama_shares(const DioramaSettings& settings, double tail, int threads, Reporter& reporter);

// Writes the set as a folder in Broden's layout. Throws Error(kIo, kUsage), Error(kCancelled) after request_stop().
void write_dioramas(const std::string& folder, const DioramaSettings& settings, int threads, Reporter& reporter);

}  // namespace microtome::diorama
