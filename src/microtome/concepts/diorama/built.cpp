// SPDX-License-Identifier: Apache-2.0
// Vehicles, buildings, and what people and weather leave in a landscape.
#include "microtome/concepts/diorama/scenery.h"

namespace microtome::diorama {
namespace {

constexpr uint32_t kPaints[] = {0xd2453e, 0x3f74b4, 0xf0b83c, 0x4f8f6a, 0xf1ece2,
                                0xe4803c, 0x7a5aa0, 0x3a3c48, 0xe58aa0};
constexpr uint32_t kWalls[] = {0xf0e4cc, 0xd9825a, 0xe8c27a, 0xb8504a, 0xa8c0cc, 0xeeeae4, 0xc99a6a};
constexpr uint32_t kStones[] = {0x8c8a90, 0x9a8474, 0x747a86, 0xb09880};
constexpr uint32_t kSnows[] = {0xf4f6fb, 0xeef2fa};
const Rgb kDark = rgb(0x2c2a34);
const Rgb kGlass = rgb(0xa9d3e6);
const Rgb kLamplight = rgb(0xffe08a);
const Rgb kSnow = rgb(0xf3f5fa);

Ink glass(const Painter& p) {
  Ink ink{.top = rgb(0xd4ecf4), .bottom = rgb(0x7fb2cc), .mark = kGlass};
  if (p.light().night) ink = {.top = rgb(0xfff0b4), .bottom = rgb(0xf4bc58), .mark = kLamplight, .shines = true};
  return ink;
}

void wheel(Painter& p, double x, double y, double r) {
  p.fill(Path::ellipse(x, y, r, r), Part::kWheel, Material::kMetal, flat(kDark));
  p.fill(Path::ellipse(x, y, r * 0.55, r * 0.55), Part::kWheel, Material::kMetal, shaded(rgb(0xc4c8d0)));
  p.shade(Path::ellipse(x, y, r * 0.2, r * 0.2), kDark, 0.8);
}

void headlight(Painter& p, double x, double y, double r) {
  Ink ink = flat(rgb(0xffe9a0));
  ink.shines = p.light().night;
  p.fill(Path::ellipse(x, y, r, r), Part::kHeadlight, Material::kGlass, ink);
  if (p.light().night) p.glow(x + 4, y + 0.6, 9, 5, rgb(0xffe09a), 0.6, true);
}

void draw_car(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour);
  p.fill(Path()
             .move(-13.5, -3.4)
             .line(-13.6, -7)
             .curve(-13.4, -8.6, -11, -8.8, -9, -9)
             .curve(-7, -13.6, -5, -14.6, -1, -14.6)
             .curve(4, -14.6, 5, -12.6, 7.4, -9)
             .curve(11.6, -8.6, 13.6, -7.6, 13.8, -5)
             .line(13.6, -3)
             .line(-13, -2.8)
             .close(),
         Part::kBody, Material::kMetal, shaded(c));
  p.fill(Path().move(-7.3, -8.8).curve(-6, -12.2, -5, -13, -1.9, -13).line(-1.9, -8.8).close(), Part::kWindow,
         Material::kGlass, glass(p));
  p.fill(Path().move(-0.7, -8.8).line(-0.7, -13).curve(3, -13, 4, -11.4, 5.6, -8.8).close(), Part::kWindow,
         Material::kGlass, glass(p));
  p.fill(Path::round_rect(-6.6, -8.2, 5.6, 5.2, 0.7), Part::kDoor, Material::kMetal, shaded(darker(c, 0.16)));
  p.shade(Path::rect(-3, -7.2, 1.4, 0.6), {1, 1, 1}, 0.8);
  p.shade_line(Path().move(-12, -6.9).line(12.4, -6.7), 0.5, {1, 1, 1}, 0.35);
  headlight(p, 12.2, -6.2, 1.7);
  p.shade(Path::ellipse(-13, -6.4, 0.7, 1), rgb(0xe0483c), 0.9);
  wheel(p, -7.8, -2.9, 3);
  wheel(p, 7.8, -2.9, 3);
}

void draw_bus(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), band = rgb(o.second);
  p.fill(Path::round_rect(-17, -18.5, 34, 16, 2.6), Part::kBody, Material::kMetal, shaded(c));
  p.fill(Path::rect(-17, -8, 34, 2.4), Part::kBody, Material::kMetal, shaded(band));
  for (double x : {-15.0, -9.6, -4.2, 1.2})
    p.fill(Path::round_rect(x, -16, 4.4, 6, 0.7), Part::kWindow, Material::kGlass, glass(p));
  p.fill(Path::round_rect(13, -16, 4, 7, 0.7), Part::kWindow, Material::kGlass, glass(p));
  p.fill(Path::round_rect(6.6, -16, 5, 12.8, 0.6), Part::kDoor, Material::kMetal, shaded(darker(c, 0.35)));
  p.shade(Path::rect(7.4, -15, 1.5, 10), rgb(0xbfe0ec), 0.6);
  p.shade(Path::rect(9.5, -15, 1.5, 10), rgb(0xbfe0ec), 0.6);
  headlight(p, 15.4, -5.2, 1.7);
  wheel(p, -10.4, -2.8, 3);
  wheel(p, 10.2, -2.8, 3);
}

void draw_boat(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), sail = rgb(o.second);
  p.fill(Path::rect(-0.5, -25, 1.1, 20), Part::kMast, Material::kWood, shaded(rgb(0x7a5434)));
  p.fill(Path().move(1.2, -23.6).curve(7, -18, 10, -12, 10.4, -8).line(1.2, -8).close(), Part::kSail, Material::kFabric,
         textured(sail, o.texture, mix(darker(sail, 0.2), c, 0.75), 0.85, 0.9));
  p.fill(Path().move(-1.2, -21).curve(-4, -16, -7, -12, -8, -8).line(-1.2, -8).close(), Part::kSail, Material::kFabric,
         shaded(lighter(sail, 0.3)));
  p.fill(Path::polygon({{0.6, -25.6}, {-4.2, -24.4}, {0.6, -23.2}}), Part::kMast, Material::kFabric,
         shaded(rgb(0xd8463c)));
  p.fill(Path()
             .move(-12.6, -5.6)
             .line(13.4, -6.2)
             .curve(12.4, -2.6, 10, -0.2, 8, 0)
             .line(-8, 0)
             .curve(-11, -0.4, -12.2, -3, -12.6, -5.6)
             .close(),
         Part::kHull, Material::kWood, textured(c, Texture::kGrained, darker(c, 0.45), 0.55, 1));
  p.shade(Path::polygon({{-12.6, -5.6}, {13.4, -6.2}, {13, -4.8}, {-12.4, -4.3}}), {1, 1, 1}, 0.55);
}

void draw_house(Painter& p, const DioramaObject& o, bool winter) {
  const Rgb c = rgb(o.colour), roof = rgb(o.second);
  p.fill(Path::rect(3.4, -28, 4.6, 12), Part::kChimney, Material::kStone,
         textured(rgb(0xa5523e), Texture::kBricked, rgb(0xe8cdb8), 0.8, 0.5));
  p.fill(Path::rect(-11, -14, 22, 14.2), Part::kFacade, Material::kStone,
         textured(c, o.detail % 2 ? Texture::kBricked : Texture::kSpeckled, mix(c, rgb(0xfff4e0), 0.45), 0.6, 0.75));
  p.shade(Path::rect(-11, -14, 22, 2.2), kDark, 0.3);
  p.fill(Path::polygon({{-13.4, -13}, {-8, -23.4}, {8, -23.4}, {13.4, -13}}), Part::kRoof, Material::kStone,
         textured(roof, Texture::kScaly, darker(roof, 0.45), 0.75, 0.75));
  if (winter)
    p.fill(Path()
               .move(-12, -16)
               .line(-8, -24)
               .line(8, -24)
               .line(12, -16)
               .curve(9, -18.4, 6, -15.4, 3, -17.6)
               .curve(0, -15.6, -4, -18.6, -6, -16.6)
               .curve(-8, -18.2, -10, -15.6, -12, -16)
               .close(),
           Part::kRoof, Material::kSnow, textured(kSnow, Texture::kSpeckled, rgb(0xb8c8e4), 0.5));
  for (double x : {-8.8, 4.0}) {
    p.fill(Path::rect(x - 0.6, -10.4, 6, 6.2), Part::kWindow, Material::kWood, shaded(rgb(0xf6efe2)));
    p.fill(Path::rect(x, -9.8, 4.8, 5), Part::kWindow, Material::kGlass, glass(p));
    p.shade(Path::rect(x + 2.1, -9.8, 0.6, 5), rgb(0xf6efe2), 1);
    p.shade(Path::rect(x, -7.6, 4.8, 0.6), rgb(0xf6efe2), 1);
  }
  p.fill(Path::round_rect(-2.6, -9, 5, 9.2, 0.5), Part::kDoor, Material::kWood,
         textured(mix(roof, rgb(0x5a3a28), 0.5), Texture::kGrained, rgb(0x3a2418), 0.5, 0.7));
  p.shade(Path::ellipse(1.4, -4.3, 0.5, 0.5), rgb(0xf4cc60), 1);
}

void draw_lighthouse(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour);
  p.fill(Path::polygon({{-4.8, 0.2}, {-3, -24}, {3, -24}, {4.8, 0.2}}), Part::kFacade, Material::kStone,
         textured(rgb(0xf4efe6), Texture::kBanded, c, 0.95, 1.3));
  p.fill(Path::rect(-4.2, -25, 8.4, 1.8), Part::kRoof, Material::kMetal, shaded(kDark));
  Ink lantern = flat(rgb(0xffe59a));
  lantern.shines = true;
  p.fill(Path::rect(-2.4, -29, 4.8, 4.2), Part::kLantern, Material::kGlass, lantern);
  p.fill(Path::polygon({{-3.4, -28.8}, {0, -33}, {3.4, -28.8}}), Part::kRoof, Material::kMetal, shaded(c));
  p.fill(Path::round_rect(-1.6, -5.4, 3.2, 5.6, 1.5), Part::kDoor, Material::kWood, shaded(rgb(0x5a3a2c)));
  for (double y : {-11.0, -18.0})
    p.fill(Path::round_rect(-1.1, y, 2.2, 2.8, 1), Part::kWindow, Material::kGlass, glass(p));
  if (p.light().night) p.glow(0, -27, 20, 9, rgb(0xffe9a8), 0.75, true);
}

void draw_snowman(Painter& p, const DioramaObject& o, bool) {
  const Ink snow = textured(rgb(o.colour), Texture::kSpeckled, rgb(0xb4c4e2), 0.5);
  for (double s : {-1.0, 1.0})
    p.stroke(Path().move(s * 3.6, -11).line(s * 9, -14.4), 0.8, Part::kBody, Material::kWood, flat(rgb(0x6a4630)));
  p.fill(Path::ellipse(0, -5.4, 6.8, 5.8), Part::kBody, Material::kSnow, snow);
  p.fill(Path::ellipse(0, -12.2, 5, 4.4), Part::kBody, Material::kSnow, snow);
  p.fill(Path::ellipse(0, -18, 3.9, 3.7), Part::kHead, Material::kSnow, snow);
  p.fill(Path::blob({{-4, -15.9}, {0, -14.9}, {4, -15.9}, {4.2, -14.2}, {0, -13.2}, {-4.2, -14.2}}), Part::kScarf,
         Material::kFabric, shaded(rgb(o.second)));
  p.fill(Path::round_rect(1.6, -14.6, 2.2, 5.4, 0.6), Part::kScarf, Material::kFabric,
         textured(rgb(o.second), Texture::kBanded, {1, 0.96, 0.9}, 0.8, 0.4));
  p.fill(Path::round_rect(-4.7, -21.6, 9.4, 1.6, 0.7), Part::kHat, Material::kFabric, shaded(kDark));
  p.fill(Path::round_rect(-3, -26.4, 6, 5.4, 0.6), Part::kHat, Material::kFabric, shaded(kDark));
  p.shade(Path::rect(-3, -22.8, 6, 1.2), rgb(o.second), 1);
  for (double s : {-1.3, 1.3}) p.shade(Path::ellipse(s, -18.9, 0.55, 0.55), kDark, 1);
  p.shade(Path::polygon({{0, -18.2}, {4.6, -17.2}, {0, -16.8}}), rgb(0xee8434), 1);
  for (double y : {-12.4, -10.4, -6.0}) p.shade(Path::ellipse(0, y, 0.55, 0.55), kDark, 1);
}

void draw_tent(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), mark = rgb(o.second);
  p.fill(Path().move(-2.6, -17).line(7, -15.6).curve(11, -9, 13.6, -4, 15, 0).line(4, 0).close(), Part::kBody,
         Material::kFabric, shaded(darker(c, 0.3)));
  p.fill(Path()
             .move(-2.6, -17.4)
             .curve(-1, -10, 2.6, -4, 5.4, 0)
             .line(-14, 0)
             .curve(-9.6, -5, -5, -11, -2.6, -17.4)
             .close(),
         Part::kBody, Material::kFabric, textured(c, o.texture, mark, 0.8));
  Ink inside = {.top = rgb(0x3a2c38), .bottom = rgb(0x5a4038), .mark = kDark};
  if (p.light().night) inside = {.top = rgb(0xffdf90), .bottom = rgb(0xe89c48), .mark = kDark, .shines = true};
  p.fill(Path().move(-3, -12).curve(-2, -7, 0, -3, 1.4, 0).line(-8, 0).curve(-5.6, -4, -4, -8, -3, -12).close(),
         Part::kDoor, Material::kFabric, inside);
  p.stroke(Path().move(-2.6, -19.4).line(-2.6, -16.6), 0.8, Part::kPole, Material::kWood, flat(rgb(0x6a4630)));
  if (p.light().night) p.glow(-3, -4, 10, 8, rgb(0xffc870), 0.45, true);
}

void draw_rock(Painter& p, const DioramaObject& o, bool winter) {
  const Rgb c = rgb(o.colour);
  Rng dice(o.detail, "rock");
  const auto wobble = [&] { return dice.between(-230, 230) / 256.0; };
  p.fill(Path::polygon({{-10.4 + wobble(), 0.2},
                        {-9 + wobble(), -6 + wobble()},
                        {-4.4 + wobble(), -11.6 + wobble()},
                        {2 + wobble(), -12.8 + wobble()},
                        {8 + wobble(), -7.6 + wobble()},
                        {10.6 + wobble(), 0.2}}),
         Part::kNone, Material::kStone, textured(c, Texture::kCracked, darker(c, 0.45), 0.75, 0.9));
  const double s = p.light().from_left ? -1 : 1;
  p.shade(Path::polygon({{s * 8.2, -5.4}, {s * 3.8, -10.8}, {-s * 1.6, -11.8}, {s * 1.6, -6.4}}), {1, 0.98, 0.92},
          0.25);
  p.shade(Path::polygon({{-s * 9.4, -1}, {-s * 6.8, -7}, {-s * 1, -5}, {-s * 3, 0}}), kDark, 0.2);
  if (winter)
    p.fill(Path::blob({{-6, -9}, {-3.6, -12.6}, {2, -13.6}, {6.4, -9.4}, {3, -10.2}, {0.6, -9}, {-2.4, -10}}),
           Part::kNone, Material::kSnow, shaded(kSnow));
}

void draw_umbrella(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), mark = rgb(o.second);
  p.fill(Path::rect(-0.6, -22, 1.2, 22), Part::kPole, Material::kWood, shaded(rgb(0xc9a070)));
  p.fill(Path()
             .move(-12.4, -14)
             .curve(-11, -21, -5, -24.4, 0, -24.6)
             .curve(5, -24.4, 11, -21, 12.4, -14)
             .curve(10, -15.6, 7.6, -15.6, 6.2, -14)
             .curve(4.4, -15.6, 1.6, -15.6, 0, -14)
             .curve(-1.6, -15.6, -4.4, -15.6, -6.2, -14)
             .curve(-7.6, -15.6, -10, -15.6, -12.4, -14)
             .close(),
         Part::kCanopy, Material::kFabric, textured(c, o.texture, mark, 0.9));
  for (double s : {-1.0, 1.0})
    p.shade_line(Path().move(0, -24.4).curve(s * 3.4, -22, s * 5.6, -18, s * 6.2, -14.2), 0.4, kDark, 0.35);
  p.shade(Path::ellipse(0, -25, 0.8, 0.9), rgb(0xf4ead8), 1);
}

const ObjectKind kKinds[] = {{Object::kCar, 28, 15, kPaints, false, 5, draw_car},
                             {Object::kBus, 34, 19, kPaints, false, 4, draw_bus},
                             {Object::kBoat, 26, 26, kPaints, true, 14, draw_boat},
                             {Object::kHouse, 27, 25, kWalls, false, 0, draw_house},
                             {Object::kLighthouse, 10, 33, kPaints, false, 0, draw_lighthouse},
                             {Object::kSnowman, 19, 26, kSnows, false, 12, draw_snowman},
                             {Object::kTent, 29, 19, kPaints, true, 0, draw_tent},
                             {Object::kRock, 21, 13, kStones, false, 0, draw_rock},
                             {Object::kUmbrella, 25, 25, kPaints, true, 30, draw_umbrella}};

}  // namespace

std::span<const ObjectKind> built_kinds() { return kKinds; }

}  // namespace microtome::diorama
