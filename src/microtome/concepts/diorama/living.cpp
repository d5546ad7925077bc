// SPDX-License-Identifier: Apache-2.0
// Animals and plants.
#include "microtome/concepts/diorama/scenery.h"

namespace microtome::diorama {
namespace {

constexpr uint32_t kFurColours[] = {0xa06a3c, 0x6e4a32, 0xd8a560, 0xe9dfcf, 0x4a4648, 0x9a9a9c, 0xc8733a};
constexpr uint32_t kWoolColours[] = {0xf2ebdd, 0xe6dccb, 0xfaf5ea, 0x5a5150};
constexpr uint32_t kBirdColours[] = {0xd8463c, 0x3f78b8, 0xf0b83c, 0xf4f0e8, 0x8a5aa8, 0x4a4a55, 0xe88aa4};
constexpr uint32_t kCrownColours[] = {0x5a9150, 0x7aa84a, 0xd88438, 0xc85a3c, 0xe4b84a, 0x3f7a5a};
constexpr uint32_t kFirColours[] = {0x2f6b4f, 0x3b7a4a, 0x2a5a52, 0x4a7f55};
constexpr uint32_t kCactusColours[] = {0x5f9a5a, 0x4a8a62, 0x7aa65a};
constexpr uint32_t kBlossoms[] = {0xe2557a, 0xf0b83c, 0x8a5ab4, 0xe8684a, 0xf4f0e8};

const Rgb kDark = rgb(0x2a2530);
const Rgb kBark = rgb(0x7a5438);
const Rgb kSnow = rgb(0xf3f5fa);

Ink fur(Rgb c) { return textured(c, Texture::kFurry, c.r + c.g < 0.8 ? lighter(c, 0.35) : darker(c, 0.4), 0.6, 0.8); }

void eye(Painter& p, double x, double y, double r) {
  p.fill(Path::ellipse(x, y, r, r), Part::kHead, Material::kFur, flat(kDark));
  p.shade(Path::ellipse(x - r * 0.3, y - r * 0.35, r * 0.35, r * 0.35), {1, 1, 1}, 0.9);
}

void draw_dog(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), d = darker(c, 0.28);
  p.stroke(Path().move(-7.5, -9).curve(-11, -10, -11.5, -13, -10, -15.5), 1.9, Part::kTail, Material::kFur, shaded(d));
  for (double x : {-5.2, 3.6})
    p.fill(Path::round_rect(x - 0.4, -6, 2.2, 6, 1), Part::kLeg, Material::kFur, shaded(darker(c, 0.4)));
  for (double x : {-7.4, 5.2}) p.fill(Path::round_rect(x, -7, 2.6, 7, 1.2), Part::kLeg, Material::kFur, shaded(c));
  p.fill(
      Path::blob({{-8.5, -8.5}, {-6.5, -11.5}, {0, -11.2}, {6, -12.5}, {8.2, -9}, {6.5, -5}, {0, -4.6}, {-6.5, -4.6}}),
      Part::kBody, Material::kFur, fur(c));
  p.fill(Path::blob(
             {{5, -11}, {5.2, -16}, {8.5, -18}, {11.3, -16.3}, {14.6, -14.6}, {14.6, -12.6}, {11, -11.8}, {8, -10}}),
         Part::kHead, Material::kFur, fur(lighter(c, 0.07)));
  p.fill(Path::blob({{5.2, -17}, {7.6, -17.2}, {8.4, -13}, {6.4, -11.2}, {4.4, -13}}), Part::kEar, Material::kFur,
         shaded(d));
  p.fill(Path::ellipse(14.4, -14.3, 1.1, 0.9), Part::kHead, Material::kFur, flat(kDark));
  eye(p, 10.4, -15.2, 0.75);
  p.stroke(Path().move(5.2, -10.4).curve(6.4, -9.4, 7.6, -9.6, 8.8, -10.2), 1.1, Part::kBody, Material::kFabric,
           flat(rgb(o.second)));
}

void draw_cat(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), d = darker(c, 0.25);
  p.stroke(Path().move(3.5, -1.5).curve(10, -0.5, 10.5, -6, 8, -9.5), 2, Part::kTail, Material::kFur, shaded(d));
  p.fill(Path::blob({{-4.8, -3}, {-3.8, -9}, {0, -12}, {3.8, -9}, {5.4, -3}, {3.5, -0.1}, {-3.4, -0.1}}), Part::kBody,
         Material::kFur, fur(c));
  for (double x : {-3.1, 0.7})
    p.fill(Path::round_rect(x, -6.5, 2.4, 6.5, 1.2), Part::kLeg, Material::kFur, shaded(lighter(c, 0.18)));
  for (double s : {-1.0, 1.0}) {
    p.fill(Path::polygon({{s * 5.2, -19.2}, {s * 0.9, -16.6}, {s * 4.7, -13.6}}), Part::kEar, Material::kFur,
           shaded(d));
    p.shade(Path::polygon({{s * 4.6, -17.8}, {s * 2.3, -16.2}, {s * 4.3, -14.7}}), rgb(0xe8a0a0), 0.8);
  }
  p.fill(Path::ellipse(0, -13, 5, 4.2), Part::kHead, Material::kFur, fur(lighter(c, 0.08)));
  for (double s : {-1.0, 1.0}) {
    p.fill(Path::ellipse(s * 2, -13.6, 0.95, 1.05), Part::kHead, Material::kFur, flat(rgb(0x9cc05a)));
    p.shade(Path::ellipse(s * 2, -13.6, 0.4, 0.9), kDark, 1);
    p.shade_line(Path().move(s * 1.6, -11.3).line(s * 5.6, -11), 0.25, kDark, 0.5);
  }
  p.fill(Path::polygon({{-0.7, -12.1}, {0.7, -12.1}, {0, -11.2}}), Part::kHead, Material::kFur, flat(rgb(0xd87878)));
}

void draw_sheep(Painter& p, const DioramaObject& o, bool) {
  const Rgb wool = rgb(o.colour), face = wool.r > 0.6 ? rgb(0x4a4044) : rgb(0xe6dccb);
  for (double x : {-5.5, -2.0, 2.2, 5.2})
    p.fill(Path::round_rect(x - 0.8, -5, 1.7, 5, 0.6), Part::kLeg, Material::kFur, shaded(face));
  p.fill(Path::blob({{-9.2, -8},
                     {-9, -11},
                     {-6.6, -11.4},
                     {-5.6, -14},
                     {-2.6, -13.2},
                     {-0.4, -15},
                     {2.4, -13.4},
                     {5.6, -14},
                     {6.6, -11.4},
                     {9.2, -10.2},
                     {8.4, -7.4},
                     {8, -4.6},
                     {4.6, -4.8},
                     {2, -3.4},
                     {-1, -4.6},
                     {-4.4, -3.4},
                     {-6.4, -5}}),
         Part::kBody, Material::kFur, textured(wool, Texture::kFurry, darker(wool, 0.22), 0.7, 1.1));
  p.fill(Path::blob({{7.2, -13.4}, {10.4, -14}, {12.6, -10.4}, {11.8, -7.8}, {9.6, -8}, {7.4, -10}}), Part::kHead,
         Material::kFur, shaded(face));
  p.fill(Path::blob({{8, -13.6}, {6.4, -13.2}, {5, -11.4}, {7.4, -11.6}}), Part::kEar, Material::kFur,
         shaded(darker(face, 0.25)));
  p.fill(Path::ellipse(8.6, -14, 2.2, 1.3), Part::kHead, Material::kFur, shaded(wool));
  p.shade(Path::ellipse(10.4, -11.4, 0.5, 0.6), face.r > 0.5 ? kDark : rgb(0xf6f0e4), 1);
}

void draw_bird(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), belly = mix(c, rgb(0xfaf0dc), 0.6);
  for (double x : {-0.6, 1.6})
    p.stroke(Path().move(x, -4).line(x + 0.3, -0.2), 0.8, Part::kLeg, Material::kFeather, flat(rgb(0xd08030)));
  p.fill(Path::polygon({{-5, -8}, {-12, -7.8}, {-11.2, -5}, {-5, -5}}), Part::kTail, Material::kFeather,
         shaded(darker(c, 0.35)));
  p.fill(Path::blob({{-6.5, -7}, {-2, -10.6}, {3.4, -10.4}, {5.6, -7.4}, {3, -3.6}, {-2, -3.2}}), Part::kBody,
         Material::kFeather, shaded(belly));
  p.fill(Path::ellipse(4.4, -11, 3.7, 3.5), Part::kHead, Material::kFeather, shaded(c));
  p.fill(Path::polygon({{7.2, -12.9}, {12.6, -10.4}, {7.1, -8.7}}), Part::kBeak, Material::kFeather,
         shaded(rgb(0xf0a02c)));
  p.fill(Path::blob({{2.6, -9.6}, {-2, -10.2}, {-8.4, -6.2}, {-3, -4.6}, {1.4, -5.6}}), Part::kWing, Material::kFeather,
         textured(darker(c, 0.12), Texture::kScaly, darker(c, 0.5), 0.7, 0.6));
  p.fill(Path::ellipse(5.4, -11.6, 0.75, 0.75), Part::kHead, Material::kFeather, flat(kDark));
}

void draw_tree(Painter& p, const DioramaObject& o, bool winter) {
  const Rgb c = rgb(o.colour);
  Rng dice(o.detail, "tree");
  p.fill(
      Path().move(-2, 0.4).curve(-1, -4, -1.4, -8, -1.6, -14).line(1.6, -14).curve(1.4, -8, 1.2, -4, 2.6, 0.4).close(),
      Part::kTrunk, Material::kWood, textured(kBark, Texture::kGrained, darker(kBark, 0.5), 0.6, 0.8));
  for (double s : {-1.0, 1.0})
    p.stroke(Path().move(0, -9).line(s * 5, -14.5), 1.1, Part::kTrunk, Material::kWood, flat(darker(kBark, 0.1)));
  std::vector<Point> rim = {{-9.6, -15}, {-10.6, -20}, {-6.6, -24.6}, {-1.4, -28}, {4.6, -26.6},
                            {9, -23},    {10.8, -18},  {8.6, -13.4},  {3, -11.6},  {-3.6, -12}};
  for (Point& r : rim) r.x += dice.between(-256, 256) / 256.0, r.y += dice.between(-256, 256) / 256.0;
  p.fill(Path::blob(rim), Part::kCrown, Material::kFoliage, textured(c, Texture::kLeafy, darker(c, 0.3), 0.75));
  p.shade(Path::ellipse(-3.4, -21.4, 4.6, 3.4), lighter(c, 0.5), 0.22);
  if (winter)
    p.fill(
        Path::blob({{-8.6, -22}, {-4, -26.8}, {1, -28.6}, {6, -26.4}, {9, -22.4}, {5, -24}, {1, -23.4}, {-3, -24.4}}),
        Part::kCrown, Material::kSnow, textured(kSnow, Texture::kSpeckled, rgb(0xb8c8e4), 0.5));
}

void draw_fir(Painter& p, const DioramaObject& o, bool winter) {
  const Rgb c = rgb(o.colour);
  p.fill(Path::rect(-1.3, -5, 2.6, 5.3), Part::kTrunk, Material::kWood,
         textured(kBark, Texture::kGrained, darker(kBark, 0.5), 0.6, 0.8));
  for (int k = 0; k < 3; ++k) {
    const double base = -3.6 - 7.0 * k, w = 9.2 - 2.2 * k, top = base - 11;
    p.shade(
        Path().move(-w + 0.5, base + 1.1).curve(-2, base + 3, 2, base + 3, w - 0.5, base + 1.1).line(0, top).close(),
        kDark, 0.3);
    p.fill(Path()
               .move(0, top)
               .curve(1.4, base - 5, w * 0.6, base - 2, w, base)
               .curve(w * 0.4, base + 1.7, -w * 0.4, base + 1.7, -w, base)
               .curve(-w * 0.6, base - 2, -1.4, base - 5, 0, top)
               .close(),
           Part::kCrown, Material::kFoliage, textured(lighter(c, 0.05 * k), Texture::kFurry, darker(c, 0.4), 0.7, 1.2));
    if (winter)
      p.fill(Path()
                 .move(0, top)
                 .curve(1, base - 6, w * 0.45, base - 3.8, w * 0.62, base - 2.6)
                 .curve(w * 0.2, base - 4.4, -w * 0.1, base - 2.2, -w * 0.62, base - 2.6)
                 .curve(-w * 0.45, base - 3.8, -1, base - 6, 0, top)
                 .close(),
             Part::kCrown, Material::kSnow, shaded(kSnow));
  }
}

void draw_cactus(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour);
  for (double s : {-1.0, 1.0}) {
    const double y = s < 0 ? -9 : -12;
    p.stroke(Path().move(0, y).curve(s * 3, y, s * 6.6, y + 1, s * 6.8, y - 7), 3.4, Part::kStem, Material::kFoliage,
             shaded(darker(c, 0.1)));
  }
  p.fill(Path::round_rect(-2.9, -23, 5.8, 23.2, 2.9), Part::kStem, Material::kFoliage,
         textured(c, Texture::kStriped, darker(c, 0.35), 0.6, 0.5));
  p.shade_line(Path().move(-1.6, -20.5).line(-1.6, -2), 0.7, {1, 1, 1}, 0.25);
  const Rgb blossom = rgb(o.second);
  for (Point at : {Point{0, -23.2}, Point{-6.8, -16.6}, Point{6.8, -19.6}}) {
    p.fill(Path::blob({{at.x - 2.3, at.y - 1.6},
                       {at.x - 0.8, at.y - 0.6},
                       {at.x, at.y - 2.8},
                       {at.x + 0.8, at.y - 0.6},
                       {at.x + 2.3, at.y - 1.6},
                       {at.x, at.y + 0.9}}),
           Part::kBlossom, Material::kFoliage, shaded(blossom));
  }
}

void draw_plant(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.second), leaf = rgb(0x4f8f58);
  for (double s : {-1.0, 1.0}) {
    for (double k : {1.0, 0.45}) {
      p.fill(Path()
                 .move(0, -7)
                 .curve(s * 3, -10, s * 9 * k, -12 / k * 0.7, s * 9.4 * k, -14.5 / k * 0.72)
                 .curve(s * 7 * k, -16 / k * 0.75, s * 1.2, -14, 0, -7)
                 .close(),
             Part::kLeaf, Material::kFoliage,
             textured(lighter(leaf, 0.2 - 0.2 * k), Texture::kLeafy, darker(leaf, 0.3), 0.35));
    }
  }
  p.stroke(Path().move(0, -7).curve(0.5, -12, -0.4, -15, 0, -18), 0.9, Part::kStem, Material::kFoliage,
           flat(darker(leaf, 0.2)));
  const Rgb petal = rgb(o.detail % 2 ? kBlossoms[o.detail / 2 % 5] : 0xf0b83c);
  for (Point at : {Point{0, -20.6}, Point{-2.6, -18.7}, Point{2.6, -18.7}, Point{-1.6, -16.2}, Point{1.6, -16.2}}) {
    p.fill(Path::ellipse(at.x, at.y, 2, 2), Part::kBlossom, Material::kFoliage, shaded(petal));
  }
  p.fill(Path::ellipse(0, -18.2, 1.3, 1.3), Part::kBlossom, Material::kFoliage, flat(rgb(0x7a4a28)));
  p.fill(Path::polygon({{-5, -7}, {5, -7}, {3.6, 0}, {-3.6, 0}}), Part::kPot, Material::kStone,
         textured(c, o.texture, lighter(c, 0.6), 0.75, 0.6));
  p.fill(Path::round_rect(-5.6, -8.2, 11.2, 2.2, 0.7), Part::kPot, Material::kStone, shaded(lighter(c, 0.12)));
}

const ObjectKind kKinds[] = {{Object::kDog, 25, 18, kFurColours, false, 10, draw_dog},
                             {Object::kCat, 13, 19, kFurColours, false, 8, draw_cat},
                             {Object::kSheep, 22, 15, kWoolColours, false, 8, draw_sheep},
                             {Object::kBird, 23, 15, kBirdColours, false, 20, draw_bird},
                             {Object::kTree, 22, 28, kCrownColours, false, 8, draw_tree},
                             {Object::kFir, 19, 29, kFirColours, false, 5, draw_fir},
                             {Object::kCactus, 17, 25, kCactusColours, false, 8, draw_cactus},
                             {Object::kPlant, 18, 22, kFirColours, true, 4, draw_plant}};

}  // namespace

std::span<const ObjectKind> living_kinds() { return kKinds; }

}  // namespace microtome::diorama
