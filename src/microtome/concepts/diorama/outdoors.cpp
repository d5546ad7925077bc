// SPDX-License-Identifier: Apache-2.0
// Backdrops under the sky.
#include "microtome/concepts/diorama/backdrops.h"

namespace microtome::diorama {
namespace {

const Rgb kSnow = rgb(0xeef2f9), kSnowMark = rgb(0xb2c2de), kDark = rgb(0x241f38);
struct Sky {
  uint32_t top, bottom;
};
constexpr Sky kDay[4] = {{0x4f9fda, 0xcdeaf4}, {0xee8f6c, 0xffe2ae}, {0x6fb4d6, 0xf6e8d0}, {0x98aab8, 0xe2e4e2}};
constexpr Sky kNight[4] = {{0x161c42, 0x4b4c8c}, {0x221a46, 0x8f5c88}, {0x0e2742, 0x3c6c88}, {0x1c1c36, 0x5c5670}};

double jitter(Rng& dice, double range) { return dice.between(-256, 256) / 256.0 * range; }
Rgb sky_bottom(const Diorama& d, bool night) { return rgb((night ? kNight : kDay)[d.light].bottom); }

void draw_sky(Painter& p, const Diorama& d, Rng& dice, bool night) {
  const Sky sky = (night ? kNight : kDay)[d.light];
  p.set_subject(-1, Object::kSky);
  p.fill(Path::rect(-1, -1, 66, 66), Part::kNone, Material::kAir,
         {.top = rgb(sky.top), .bottom = mix(rgb(sky.bottom), rgb(sky.top), -0.5), .mark = {}, .shines = true});
  const double x = d.light_from_left ? 14 + jitter(dice, 8) : 50 + jitter(dice, 8), y = 8 + jitter(dice, 3);
  if (night) {
    for (int k = 0; k < 16; ++k) {
      const double r = 0.2 + dice.uniform() * 0.25;
      p.shade(Path::ellipse(dice.uniform(1, 63), dice.uniform(1, 26), r, r), {1, 0.97, 0.85}, 0.85);
    }
    p.glow(x, y, 14, 14, rgb(0xf4ecc8), 0.5, true);
    p.shade(Path::ellipse(x, y, 3.3, 3.3), rgb(0xf8f0d0), 1);
    p.shade(Path::ellipse(x + 1.5, y - 0.7, 2.7, 2.7), rgb(sky.top), 0.8);
  } else {
    p.glow(x, y, 17, 17, rgb(0xfff4c4), 0.75, true);
    p.shade(Path::ellipse(x, y, 3.3, 3.3), rgb(0xfff2b8), 0.95);
  }
  for (int k = 0; k < 3; ++k) {
    const double cx = dice.uniform(0, 64), cy = dice.uniform(4, 17), s = dice.uniform(0.6, 1.25);
    p.shade(Path()
                .move(cx - 7 * s, cy)
                .curve(cx - 8 * s, cy - 3 * s, cx - 4 * s, cy - 3.6 * s, cx - 3 * s, cy - 2.6 * s)
                .curve(cx - 2 * s, cy - 5.4 * s, cx + 3 * s, cy - 5 * s, cx + 3 * s, cy - 2.4 * s)
                .curve(cx + 6 * s, cy - 3.6 * s, cx + 8 * s, cy - 1 * s, cx + 7 * s, cy)
                .close(),
            night ? rgb(0x9090bc) : Rgb{1, 1, 1}, night ? 0.22 : 0.75);
  }
}

// A layer of land with a rolling upper edge, like a sheet of cut paper: it throws a soft shadow on what lies behind.
void land(Painter& p, Rng& dice, double y, double roll, Material material, const Ink& ink) {
  double e[5];
  for (double& v : e) v = y + jitter(dice, roll);
  const auto edge = [&](double up) {
    return Path()
        .move(-2, e[0] - up)
        .curve(10, e[1] - up, 14, e[1] - up, 24, e[2] - up)
        .curve(34, 2 * e[2] - e[1] - up, 40, e[3] - up, 48, e[3] - up)
        .curve(56, e[3] - up, 60, e[4] - up, 66, e[4] - up)
        .line(66, 66)
        .line(-2, 66)
        .close();
  };
  p.shade(edge(1.1), kDark, 0.09);
  p.shade(edge(0.5), kDark, 0.13);
  p.fill(edge(0), Part::kNone, material, ink);
}

Ink ground(Rgb c, Rgb snow_or_not, bool snow, Texture texture, double strength) {
  if (snow) return textured(snow_or_not, Texture::kSpeckled, kSnowMark, 0.6, 1.1);
  return textured(c, texture, darker(c, 0.35), strength, 1.1);
}

void water(Painter& p, double y, double h, Rgb c) {
  p.set_subject(-1, Object::kWater);
  Ink ink = textured(c, Texture::kRippled, lighter(c, 0.65), 0.6, 1);
  ink.top = lighter(c, 0.35), ink.bottom = darker(c, 0.2);
  p.fill(Path::rect(-1, y, 66, h), Part::kNone, Material::kWater, ink);
}

void facade(Painter& p, Rng& dice, double x, double w, double top, double foot, Rgb c, bool lit) {
  p.set_subject(-1, Object::kBuilding);
  p.shade(Path::rect(x - 0.7, top - 0.7, w + 1.4, foot - top), kDark, 0.2);
  p.fill(Path::rect(x, top, w, foot - top), Part::kFacade, Material::kStone,
         dice.chance(0.5) ? textured(c, Texture::kBricked, mix(c, rgb(0xfff0dc), 0.4), 0.5, 0.7) : shaded(c));
  p.fill(Path::rect(x - 0.6, top - 1, w + 1.2, 1.8), Part::kRoof, Material::kStone, shaded(darker(c, 0.35)));
  for (double wy = top + 3; wy < foot - 6; wy += 5.4) {
    for (double wx = x + 1.6; wx < x + w - 3; wx += 4.6) {
      const bool on = lit && dice.chance(0.6);
      Ink ink{.top = rgb(0xbcd6e2), .bottom = rgb(0x6f93aa), .mark = {}};
      if (on) ink = {.top = rgb(0xffefb0), .bottom = rgb(0xf2b858), .mark = {}, .shines = true};
      p.fill(Path::rect(wx, wy, 2.8, 3.5), Part::kWindow, Material::kGlass, ink);
    }
  }
}

void draw_street(Painter& p, const Diorama& d, bool night) {
  Rng dice(d.detail, "street");
  const double h = 40 + d.horizon / 256.0;
  draw_sky(p, d, dice, night);
  p.set_haze(sky_bottom(d, night), 0.12);
  constexpr uint32_t kFacades[] = {0xd98a62, 0xe6c68c, 0xa9b8bc, 0xc2655a, 0xe8dccb, 0x8e9f86, 0xb48aa0};
  double x = -4 - dice.uniform(0, 6);
  while (x < 64) {
    const double w = dice.uniform(11, 18);
    facade(p, dice, x, w, h - dice.uniform(18, 34), h, mix(rgb(kFacades[dice.below(7)]), rgb(d.colour), 0.25), night);
    x += w;
  }
  p.set_haze({}, 0);
  p.set_subject(-1, Object::kGround);
  p.fill(Path::rect(-1, h, 66, 8), Part::kNone, Material::kStone,
         textured(rgb(0xa8a29c), Texture::kCobbled, rgb(0xc8c2b8), 0.7, 0.7));
  p.set_subject(-1, Object::kRoad);
  p.fill(Path::rect(-1, h + 7, 66, 30), Part::kNone, Material::kStone,
         textured(rgb(0x5c5c66), Texture::kSpeckled, rgb(0x74747e), 0.6));
  p.shade(Path::rect(-1, h + 6.6, 66, 0.9), rgb(0xd8d4cc), 0.7);
  for (int k = 0; k < 6; ++k)
    p.shade(Path::polygon(
                {{k * 14.0 - 6, h + 15.4}, {k * 14.0 + 1, h + 15.4}, {k * 14.0, h + 17}, {k * 14.0 - 7.4, h + 17}}),
            rgb(0xf4ecd4), night ? 0.35 : 0.8);
}

void draw_farm(Painter& p, const Diorama& d, bool winter) {
  Rng dice(d.detail, "farm");
  const double h = 27 + d.horizon / 256.0;
  draw_sky(p, d, dice, false);
  p.set_subject(-1, Object::kGround);
  p.set_haze(sky_bottom(d, false), 0.35);
  land(p, dice, h - 2, 3, winter ? Material::kSnow : Material::kSoil,
       ground(rgb(0x9fc06a), kSnow, winter, Texture::kLeafy, 0.3));
  p.set_haze(sky_bottom(d, false), 0.12);
  const Rgb crop = dice.chance(0.5) ? rgb(0xe0b84c) : rgb(0x8fb04e);
  land(p, dice, h + 3, 2, winter ? Material::kSnow : Material::kFoliage,
       winter ? textured(kSnow, Texture::kBanded, kSnowMark, 0.4, 0.8)
              : textured(crop, Texture::kBanded, darker(crop, 0.3), 0.6, 0.8));
  p.set_haze({}, 0);
  land(p, dice, h + 13, 1.5, winter ? Material::kSnow : Material::kFoliage,
       ground(rgb(0x74a850), kSnow, winter, Texture::kFurry, 0.6));
  for (double x = -2 + dice.uniform(0, 5); x < 66; x += 6.5)
    p.shade(Path::round_rect(x, h + 8.5, 1.4, 6.6, 0.5), rgb(winter ? 0x8a6a52 : 0xa97c50), 1);
  for (double y : {9.8, 12.2}) p.shade(Path::rect(-1, h + y, 66, 0.9), rgb(winter ? 0x8a6a52 : 0xb98a5a), 1);
}

void draw_forest(Painter& p, const Diorama& d, bool winter) {
  Rng dice(d.detail, "forest");
  const double h = 40 + d.horizon / 256.0;
  const Rgb leaf = winter ? rgb(0x9fb2c0) : rgb(0x5f8f5a), bark = rgb(0x6a4c3a);
  draw_sky(p, d, dice, false);
  p.set_subject(-1, Object::kWoods);
  for (int layer = 0; layer < 3; ++layer) {
    p.set_haze(mix(sky_bottom(d, false), leaf, 0.3), 0.6 - 0.26 * layer);
    for (double x = -3 + dice.uniform(0, 7); x < 66; x += dice.uniform(6, 11) + layer * 2) {
      const double w = 1.2 + 0.8 * layer;
      p.fill(Path::polygon(
                 {{x - w * 0.8, -1}, {x + w * 0.8, -1}, {x + w * 1.25, h + 3 + layer}, {x - w * 1.25, h + 3 + layer}}),
             Part::kTrunk, Material::kWood, textured(bark, Texture::kGrained, darker(bark, 0.4), 0.6, 1));
    }
    if (layer < 2)
      land(p, dice, h - 2 + 2 * layer, 2, winter ? Material::kSnow : Material::kFoliage,
           winter ? shaded(kSnow) : textured(darker(leaf, 0.1), Texture::kLeafy, darker(leaf, 0.4), 0.5));
  }
  p.set_haze({}, 0);
  std::vector<Point> canopy = {{-4, -6}, {68, -6}};  // Leaves hang in from above.
  for (double x = 66; x >= -2; x -= 6) canopy.push_back({x, 5 + dice.uniform(0, 7)});
  p.fill(Path::blob(canopy), Part::kCrown, winter ? Material::kSnow : Material::kFoliage,
         winter ? textured(rgb(0xdfe8f2), Texture::kSpeckled, kSnowMark, 0.7)
                : textured(rgb(0x3f7348), Texture::kLeafy, rgb(0x6fa256), 0.8));
  p.set_subject(-1, Object::kGround);
  land(p, dice, h + 4, 1.5, winter ? Material::kSnow : Material::kSoil,
       ground(rgb(0x8a7048), kSnow, winter, Texture::kLeafy, 0.6));
}

void draw_mountain(Painter& p, const Diorama& d, bool winter) {
  Rng dice(d.detail, "mountain");
  const double h = 34 + d.horizon / 256.0;
  draw_sky(p, d, dice, false);
  p.set_subject(-1, Object::kMountain);
  const double light = d.light_from_left ? 1 : -1;
  for (int k = 0; k < 4; ++k) {
    const double x = (k * 37 % 64) + jitter(dice, 6), top = h - 27 + 3.5 * k + jitter(dice, 2), w = 22 - 2 * k;
    const Rgb c = winter ? rgb(0x93a2b8) : rgb(0x7f8698);
    p.set_haze(sky_bottom(d, false), 0.4 - 0.11 * k);
    p.shade(Path::polygon({{x - w - 1, h + 2}, {x, top - 1.2}, {x + w + 1, h + 2}}), kDark, 0.12);
    p.fill(Path::polygon({{x - w, h + 2}, {x, top}, {x + w, h + 2}}), Part::kNone, Material::kStone,
           textured(c, Texture::kCracked, darker(c, 0.3), 0.45, 1.2));
    p.shade(Path::polygon({{x, top}, {x + light * w, h + 2}, {x + light * w * 0.15, h + 2}}), kDark, 0.2);
    const double s = winter ? 0.72 : 0.36, y = top + (h - top) * s;
    p.fill(Path::polygon({{x, top},
                          {x + w * s, y},
                          {x + w * s * 0.5, y - 1.8},
                          {x + w * 0.08, y + 2},
                          {x - w * s * 0.45, y - 2},
                          {x - w * s, y}}),
           Part::kNone, Material::kSnow, shaded(kSnow));
    p.shade(Path::polygon(
                {{x, top}, {x + light * w * s, y}, {x + light * w * s * 0.5, y - 1.8}, {x + light * w * 0.08, y}}),
            rgb(0x8898c0), 0.4);
  }
  p.set_haze(sky_bottom(d, false), 0.1);
  water(p, h, 12, winter ? rgb(0xa9c8d8) : rgb(0x4f93a8));
  p.set_haze({}, 0);
  p.set_subject(-1, Object::kGround);
  land(p, dice, h + 10, 2, winter ? Material::kSnow : Material::kFoliage,
       ground(rgb(0x7fa05c), kSnow, winter, Texture::kFurry, 0.5));
}

void draw_beach(Painter& p, const Diorama& d, bool night) {
  Rng dice(d.detail, "beach");
  const double h = 24 + d.horizon / 256.0;
  draw_sky(p, d, dice, night);
  water(p, h, 22, rgb(0x3f9ab0));
  const double s = d.light_from_left ? 1 : -1, m = h + 15;
  const auto shore = [&](double up) {
    return Path()
        .move(-2, m - 3 * s - up)
        .curve(14, m - 6 * s - up, 26, m + 3 - up, 38, m + 1 - up)
        .curve(48, m - 1 - up, 58, m + 5 * s - up, 66, m + 3 * s - up)
        .line(66, 66)
        .line(-2, 66)
        .close();
  };
  p.shade(shore(3.2), {1, 1, 1}, 0.35);
  p.shade(shore(1.6), {1, 1, 1}, 0.75);
  p.set_subject(-1, Object::kGround);
  p.fill(shore(0), Part::kNone, Material::kSand, textured(rgb(0xeacb94), Texture::kSpeckled, rgb(0xb98f58), 0.6, 0.8));
}

void draw_harbor(Painter& p, const Diorama& d, bool night) {
  Rng dice(d.detail, "harbor");
  const double h = 24 + d.horizon / 256.0;
  draw_sky(p, d, dice, night);
  p.set_haze(sky_bottom(d, night), 0.3);
  constexpr uint32_t kFacades[] = {0xc86a50, 0xe4b860, 0x6f93a6, 0xe6d8c0, 0x8a9a74};
  for (double x = -3; x < 66;) {
    const double w = dice.uniform(6, 10), top = h - dice.uniform(7, 14);
    facade(p, dice, x, w, top, h + 1, rgb(kFacades[dice.below(5)]), night);
    p.fill(Path::polygon({{x - 0.6, top}, {x + w / 2, top - 4.5}, {x + w + 0.6, top}}), Part::kRoof, Material::kStone,
           shaded(rgb(0xa4523e)));
    x += w;
  }
  p.set_haze({}, 0);
  water(p, h, 30, rgb(0x4478a0));
  p.set_subject(-1, Object::kGround);
  p.fill(Path::rect(-1, h + 26, 66, 4), Part::kNone, Material::kStone, shaded(rgb(0xc0b4a4)));
  p.fill(Path::rect(-1, h + 28, 66, 20), Part::kNone, Material::kStone,
         textured(rgb(0x98897c), Texture::kCobbled, rgb(0xb8aa98), 0.8));
  for (double x : {9.0, 31.0, 53.0}) p.shade(Path::round_rect(x, h + 23.4, 2.8, 4, 1.2), rgb(0x33323c), 1);
}

void draw_desert(Painter& p, const Diorama& d, bool night) {
  Rng dice(d.detail, "desert");
  const double h = 30 + d.horizon / 256.0;
  draw_sky(p, d, dice, night);
  p.set_subject(-1, Object::kMountain);
  p.set_haze(sky_bottom(d, night), 0.3);
  for (int k = 0; k < 2; ++k) {
    const double x = dice.uniform(-4, 24) + 32 * k, w = dice.uniform(14, 22), top = h - dice.uniform(8, 16);
    p.fill(Path::polygon(
               {{x - 3, h + 3}, {x, h - 4}, {x + 0.8, top}, {x + w - 1, top}, {x + w, h - 4}, {x + w + 3, h + 3}}),
           Part::kNone, Material::kStone, textured(rgb(0xc4714c), Texture::kBanded, rgb(0xa4563c), 0.6, 0.7));
  }
  p.set_haze({}, 0);
  p.set_subject(-1, Object::kGround);
  const Rgb sand = rgb(0xe6b26a);
  land(p, dice, h + 1, 2.5, Material::kSand, shaded(darker(sand, 0.06)));
  land(p, dice, h + 9, 4, Material::kSand, textured(sand, Texture::kRippled, darker(sand, 0.25), 0.7, 1.1));
  land(p, dice, h + 20, 3, Material::kSand, textured(lighter(sand, 0.15), Texture::kSpeckled, darker(sand, 0.3), 0.6));
}

constexpr Placing kStreet[] = {{Object::kCar, {750, 600}, 54, 61, 95},  {Object::kBus, {500, 400}, 52, 60, 95},
                               {Object::kLamp, {350, 750}, 45, 48, 95}, {Object::kTree, {500, 350}, 44, 48, 85},
                               {Object::kDog, {350, 150}, 52, 62, 80},  {Object::kUmbrella, {300, 200}, 46, 50, 75},
                               {Object::kCat, {200, 350}, 52, 62, 80}};
constexpr Placing kFarm[] = {{Object::kHouse, {750, 750}, 38, 46, 105}, {Object::kSheep, {800, 550}, 48, 61, 90},
                             {Object::kTree, {600, 450}, 40, 52, 90},   {Object::kDog, {400, 350}, 50, 62, 85},
                             {Object::kBird, {300, 250}, 50, 62, 70},   {Object::kSnowman, {0, 500}, 50, 61, 85},
                             {Object::kCar, {200, 100}, 50, 58, 80}};
constexpr Placing kForest[] = {{Object::kFir, {700, 800}, 46, 56, 105}, {Object::kTree, {600, 350}, 46, 56, 100},
                               {Object::kTent, {550, 400}, 50, 60, 90}, {Object::kRock, {450, 400}, 50, 62, 80},
                               {Object::kBird, {450, 350}, 50, 62, 75}, {Object::kSnowman, {0, 300}, 50, 61, 85},
                               {Object::kDog, {200, 150}, 52, 62, 80}};
constexpr Placing kMountain[] = {{Object::kFir, {700, 750}, 46, 54, 90},   {Object::kRock, {550, 500}, 50, 62, 85},
                                 {Object::kTent, {550, 350}, 50, 60, 90},  {Object::kHouse, {450, 600}, 46, 54, 85},
                                 {Object::kSheep, {450, 150}, 50, 62, 85}, {Object::kBoat, {400, 150}, 41, 45, 65},
                                 {Object::kSnowman, {0, 350}, 50, 61, 80}};
constexpr Placing kBeach[] = {
    {Object::kUmbrella, {800, 500}, 48, 60, 100}, {Object::kBoat, {600, 600}, 31, 36, 80},
    {Object::kBird, {550, 350}, 48, 62, 80},      {Object::kChair, {500, 350}, 48, 61, 75},
    {Object::kDog, {350, 250}, 50, 62, 85},       {Object::kLighthouse, {250, 500}, 30, 44, 95},
    {Object::kRock, {350, 350}, 48, 62, 80}};
constexpr Placing kHarbor[] = {{Object::kBoat, {850, 850}, 34, 48, 105}, {Object::kLighthouse, {550, 650}, 48, 54, 105},
                               {Object::kBird, {550, 350}, 52, 62, 75},  {Object::kCat, {350, 350}, 54, 62, 75},
                               {Object::kCar, {300, 250}, 55, 62, 85},   {Object::kLamp, {250, 500}, 53, 58, 90}};
constexpr Placing kDesert[] = {{Object::kCactus, {850, 850}, 44, 61, 95}, {Object::kRock, {650, 600}, 46, 62, 90},
                               {Object::kTent, {450, 600}, 46, 60, 90},   {Object::kCar, {400, 250}, 48, 60, 90},
                               {Object::kBird, {350, 200}, 48, 62, 75},   {Object::kDog, {150, 250}, 50, 62, 80}};

const Layout kLayouts[] = {{kStreet, false, false, draw_street}, {kFarm, false, true, draw_farm},
                           {kForest, false, true, draw_forest},  {kMountain, false, true, draw_mountain},
                           {kBeach, false, false, draw_beach},   {kHarbor, false, false, draw_harbor},
                           {kDesert, false, false, draw_desert}};

}  // namespace

std::span<const Layout> outdoor_layouts() { return kLayouts; }

}  // namespace microtome::diorama
