// SPDX-License-Identifier: Apache-2.0
// Backdrops under a roof, and what holds for all: the table of layouts, and their light.
#include "microtome/concepts/diorama/backdrops.h"

namespace microtome::diorama {
namespace {

const Rgb kDark = rgb(0x241f38);

void room(Painter& p, const Diorama& d, double h, const Ink& wall, const Ink& floor, Material floor_material,
          Material wall_material) {
  p.set_subject(-1, Object::kWall);
  p.fill(Path::rect(-1, -1, 66, h + 2), Part::kNone, wall_material, wall);
  p.set_subject(-1, Object::kFloor);
  p.fill(Path::rect(-1, h, 66, 66 - h), Part::kNone, floor_material, floor);
  p.shade(Path::rect(-1, h, 66, 3), kDark, 0.16);
  p.shade(Path::rect(-1, h - 1.7, 66, 1.9), d.light == 3 ? rgb(0x6a4a3a) : rgb(0xf4ece0), p.light().night ? 0.4 : 0.9);
}

void window(Painter& p, double x, double y, double w, double h, bool curtains, Rgb cloth) {
  const bool night = p.light().night;
  p.set_subject(-1, Object::kWall);
  p.shade(Path::rect(x - 1.9, y - 1.2, w + 3.8, h + 3.6), kDark, 0.2);
  p.fill(Path::rect(x - 1.4, y - 1.4, w + 2.8, h + 2.8), Part::kWindow, Material::kWood, shaded(rgb(0xf2eadc)));
  p.fill(Path::rect(x, y, w, h), Part::kWindow, Material::kGlass,
         {.top = night ? rgb(0x1a2250) : rgb(0x8fcbea),
          .bottom = night ? rgb(0x4a4a84) : rgb(0xe6f4f4),
          .mark = {},
          .shines = true});
  if (night) {
    for (Point s : {Point{0.2, 0.3}, Point{0.7, 0.2}, Point{0.4, 0.7}, Point{0.84, 0.6}})
      p.shade(Path::ellipse(x + w * s.x, y + h * s.y, 0.3, 0.3), {1, 1, 0.9}, 0.9);
    p.shade(Path::ellipse(x + w * 0.75, y + h * 0.36, 1.7, 1.7), rgb(0xf8f0d0), 1);
  } else {
    p.shade(Path()
                .move(x, y + h)
                .curve(x + w * 0.3, y + h * 0.55, x + w * 0.6, y + h * 0.9, x + w, y + h * 0.7)
                .line(x + w, y + h)
                .close(),
            rgb(0x7fae6a), 0.9);
    p.shade(Path::polygon({{x - 2, 66}, {x + w * 0.6, 66}, {x + w, y + h}, {x + w * 0.3, y + h}}), rgb(0xfff4cc), 0.1);
  }
  p.shade(Path::rect(x + w / 2 - 0.4, y, 0.8, h), rgb(0xf2eadc), night ? 0.7 : 1);
  p.shade(Path::rect(x, y + h / 2 - 0.4, w, 0.8), rgb(0xf2eadc), night ? 0.7 : 1);
  if (!curtains) return;
  for (double s : {0.0, 1.0}) {
    const double cx = x + s * w, in = s > 0 ? -1 : 1;
    p.fill(Path()
               .move(cx - in * 3.6, y - 2.6)
               .line(cx + in * 2.6, y - 2.6)
               .curve(cx + in * 2.4, y + h * 0.5, cx + in * 0.4, y + h * 0.7, cx - in * 0.6, y + h + 4)
               .line(cx - in * 4, y + h + 4)
               .close(),
           Part::kNone, Material::kFabric, textured(cloth, Texture::kStriped, darker(cloth, 0.25), 0.5, 0.5));
  }
}

void rug(Painter& p, const Diorama& d, double x, double y, double w) {
  p.set_subject(-1, Object::kRug);
  const Rgb c = rgb(d.second);
  p.fill(Path::ellipse(x, y, w, 6.4), Part::kNone, Material::kFabric, shaded(darker(c, 0.25)));
  p.fill(Path::ellipse(x, y, w - 1.4, 5.5), Part::kNone, Material::kFabric,
         textured(c, d.texture, lighter(c, 0.6), 0.75, 0.9));
}

void draw_living_room(Painter& p, const Diorama& d, bool) {
  Rng dice(d.detail, "living room");
  const double h = 42 + d.horizon / 256.0;
  const Rgb wall = rgb(d.colour), floor = rgb(0xb58252);
  room(p, d, h, textured(wall, Texture::kDiamond, lighter(wall, 0.3), 0.45, 0.8),
       textured(floor, Texture::kGrained, darker(floor, 0.35), 0.7, 1.3), Material::kWood, Material::kPlaster);
  const double x = d.light_from_left ? 9 + dice.uniform(0, 6) : 34 + dice.uniform(0, 6);
  window(p, x, 6, 18, 19, true, rgb(d.second));
  const double px = d.light_from_left ? 41 : 8;
  for (int k = 0; k < 2; ++k) {
    const double w = 7 + dice.uniform(0, 2), y = 9 + dice.uniform(0, 6), fx = px + 9.5 * k;
    p.shade(Path::rect(fx - 0.3, y + 0.6, w + 1, 9), kDark, 0.3);
    p.fill(Path::rect(fx, y, w, 8.6), Part::kNone, Material::kWood, shaded(rgb(0x8a5a34)));
    p.fill(Path::rect(fx + 1, y + 1, w - 2, 6.6), Part::kNone, Material::kPlaster,
           {.top = rgb(0xf2d8a8), .bottom = mix(rgb(d.second), rgb(0x5a7a8a), 0.5), .mark = {}});
    p.shade(Path::polygon({{fx + 1, y + 7.6}, {fx + w * 0.45, y + 3.4}, {fx + w - 1, y + 7.6}}), rgb(0x4a6a6a), 0.8);
  }
  rug(p, d, 32 + dice.uniform(-8, 8), h + 13, 22);
}

void draw_bedroom(Painter& p, const Diorama& d, bool) {
  Rng dice(d.detail, "bedroom");
  const double h = 40 + d.horizon / 256.0;
  const Rgb wall = rgb(d.colour), floor = mix(rgb(0xd8c0a4), rgb(d.second), 0.2);
  room(p, d, h, textured(wall, Texture::kStriped, lighter(wall, 0.35), 0.6, 1.2),
       textured(floor, Texture::kWoven, darker(floor, 0.2), 0.6, 0.8), Material::kFabric, Material::kPlaster);
  p.set_subject(-1, Object::kWall);
  p.fill(Path::rect(-1, h - 15, 66, 13.6), Part::kNone, Material::kWood, shaded(mix(wall, rgb(0xfaf4ea), 0.75)));
  for (double x = 0; x < 64; x += 9) p.shade_line(Path::rect(x + 1, h - 12.4, 6.6, 8.6), 0.6, kDark, 0.2);
  p.shade(Path::rect(-1, h - 15.4, 66, 1.2), lighter(wall, 0.7), 0.9);
  const double x = d.light_from_left ? 7 + dice.uniform(0, 10) : 36 + dice.uniform(0, 10);
  window(p, x, 4, 12, 15, true, lighter(rgb(d.second), 0.3));
  const double sx = d.light_from_left ? 42 : 8;
  p.fill(Path::rect(sx, 16, 14, 1.5), Part::kNone, Material::kWood, shaded(rgb(0x8a5a34)));
  for (int k = 0; k < 5; ++k) {
    constexpr uint32_t kBooks[] = {0xc8524a, 0x4a78a8, 0xe0a84a, 0x5f9078, 0x8a68a4};
    const double tall = 5 + dice.uniform(0, 3);
    p.fill(Path::rect(sx + 1 + 2.2 * k, 16 - tall, 1.9, tall), Part::kNone, Material::kFabric,
           shaded(rgb(kBooks[dice.below(5)])));
  }
  rug(p, d, 32 + dice.uniform(-10, 10), h + 17, 18);
}

void draw_kitchen(Painter& p, const Diorama& d, bool) {
  Rng dice(d.detail, "kitchen");
  const double h = 43 + d.horizon / 256.0, top = h - 15;
  const Rgb wall = mix(rgb(d.colour), rgb(0xf4f0e8), 0.45), cup = rgb(d.second);
  room(p, d, h, textured(wall, Texture::kGrid, lighter(wall, 0.6), 0.85, 1),
       textured(rgb(0xe6dfd2), Texture::kChequered, mix(rgb(0x4a4a54), cup, 0.3), 0.75, 1.1), Material::kStone,
       Material::kStone);
  window(p, d.light_from_left ? 6 + dice.uniform(0, 5) : 42 + dice.uniform(0, 5), 7, 12, 13, false, {});
  p.set_subject(-1, Object::kCounter);
  const double cx = d.light_from_left ? 26 : 2;
  p.shade(Path::rect(cx - 0.6, 2.6, 37.2, 12.6), kDark, 0.25);
  for (int k = 0; k < 3; ++k) {
    p.fill(Path::rect(cx + 12 * k, 1.4, 11.7, 12), Part::kDoor, Material::kWood,
           textured(cup, Texture::kGrained, darker(cup, 0.25), 0.35));
    p.shade_line(Path::rect(cx + 12 * k + 1.6, 3, 8.6, 8.8), 0.5, kDark, 0.3);
    p.shade(Path::ellipse(cx + 12 * k + 9.6, 11, 0.6, 0.6), rgb(0xf0dca0), 1);
  }
  for (int k = 0; k < 6; ++k) {
    const double x = -2 + 11.6 * k;
    const bool oven = k == (d.light_from_left ? 3 : 2);
    p.fill(Path::rect(x, top, 11.3, 15.4), Part::kDoor, oven ? Material::kMetal : Material::kWood,
           oven ? shaded(rgb(0xc8ccd2)) : textured(darker(cup, 0.06), Texture::kGrained, darker(cup, 0.3), 0.35));
    if (oven)
      p.fill(Path::round_rect(x + 1.6, top + 5, 8, 7.4, 0.8), Part::kWindow, Material::kGlass,
             {.top = rgb(0x3a3440), .bottom = rgb(0xc87840), .mark = {}});
    else
      p.shade_line(Path::rect(x + 1.5, top + 3.4, 8.3, 10), 0.5, kDark, 0.3);
    p.shade(Path::rect(x + 3.6, top + 3.2, 4, 0.8), oven ? rgb(0x5a5a64) : rgb(0xf0dca0), 1);
  }
  p.fill(Path::rect(-1, top - 1.4, 66, 2.3), Part::kTop, Material::kStone,
         textured(rgb(0xd6cfc6), Texture::kSpeckled, rgb(0x8a8580), 0.6, 0.6));
  const double pot = d.light_from_left ? 34 : 23;
  p.fill(Path::round_rect(pot, top - 6.2, 7, 5, 0.8), Part::kNone, Material::kMetal, shaded(rgb(0xb8463c)));
  p.shade(Path::rect(pot - 1, top - 6.6, 9, 0.9), rgb(0x3a3440), 1);
}

constexpr Placing kLivingRoom[] = {{Object::kSofa, {850, 850}, 49, 58, 108}, {Object::kLamp, {600, 800}, 46, 56, 100},
                                   {Object::kPlant, {600, 500}, 47, 60, 90}, {Object::kTable, {500, 400}, 54, 62, 85},
                                   {Object::kCat, {450, 450}, 54, 63, 85},   {Object::kDog, {300, 300}, 54, 63, 85},
                                   {Object::kCactus, {150, 150}, 47, 58, 65}};
constexpr Placing kBedroom[] = {{Object::kBed, {900, 900}, 50, 59, 108},  {Object::kLamp, {550, 800}, 44, 54, 90},
                                {Object::kChair, {450, 350}, 46, 60, 90}, {Object::kPlant, {400, 300}, 45, 58, 80},
                                {Object::kCat, {400, 400}, 52, 63, 85},   {Object::kSofa, {150, 150}, 46, 54, 80}};
constexpr Placing kKitchen[] = {{Object::kTable, {800, 750}, 53, 62, 100}, {Object::kChair, {750, 650}, 52, 62, 95},
                                {Object::kPlant, {450, 400}, 48, 60, 80},  {Object::kCat, {400, 400}, 53, 63, 85},
                                {Object::kDog, {400, 300}, 53, 63, 85},    {Object::kLamp, {150, 350}, 48, 56, 90},
                                {Object::kBed, {30, 30}, 52, 59, 90}};

const Layout kLayouts[] = {{kLivingRoom, true, false, draw_living_room},
                           {kBedroom, true, false, draw_bedroom},
                           {kKitchen, true, false, draw_kitchen}};

}  // namespace

std::span<const Layout> indoor_layouts() { return kLayouts; }

const Layout& layout_of(int scene) {
  const auto k = static_cast<size_t>(scene) / 2, outdoors = outdoor_layouts().size();
  return k < outdoors ? outdoor_layouts()[k] : indoor_layouts()[k - outdoors];
}

Light light_of(const Diorama& d) {
  constexpr Rgb kDay[4] = {{1, 1, 1}, {1, 0.93, 0.84}, {0.95, 0.98, 1}, {0.9, 0.9, 0.92}};
  constexpr Rgb kNight[4] = {{0.44, 0.48, 0.7}, {0.54, 0.46, 0.66}, {0.4, 0.53, 0.66}, {0.5, 0.48, 0.6}};
  constexpr Rgb kLamplit[4] = {{0.72, 0.6, 0.56}, {0.66, 0.6, 0.64}, {0.6, 0.56, 0.66}, {0.74, 0.62, 0.5}};
  Light out{.from_left = d.light_from_left};
  if (d.scene < 0) return out;
  out.night = d.night;
  out.tint = !d.night ? kDay[d.light] : d.lamplit ? kLamplit[d.light] : kNight[d.light];
  return out;
}

}  // namespace microtome::diorama
