// SPDX-License-Identifier: Apache-2.0
// Furniture, and the table of all kinds.
#include <array>

#include "microtome/concepts/diorama/scenery.h"

namespace microtome::diorama {
namespace {

constexpr uint32_t kWoods[] = {0xb07a48, 0x8a5a3a, 0xd0a06a, 0x6a4632, 0xe4d6bc};
constexpr uint32_t kCloths[] = {0xc8524a, 0x4a78a8, 0xe0a84a, 0x5f9078, 0x8a68a4,
                                0xe6e0d4, 0xd88a96, 0x50545e, 0xe08a4c};
const Rgb kDark = rgb(0x2c2630);

Ink wood(Rgb c) { return textured(c, Texture::kGrained, darker(c, 0.42), 0.6, 0.9); }
Rgb timber(const DioramaObject& o) { return rgb(kWoods[o.detail % 4]); }

void draw_chair(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), cloth = rgb(o.second);
  for (double x : {-3.8, 4.4}) p.fill(Path::rect(x, -8, 1.5, 7), Part::kLeg, Material::kWood, shaded(darker(c, 0.35)));
  p.fill(Path::polygon({{-7, -23}, {-5, -23.4}, {-4.2, -9}, {-6.2, -9}}), Part::kBack, Material::kWood,
         shaded(darker(c, 0.1)));
  p.fill(Path::polygon({{4, -23.4}, {6, -23}, {6, -9}, {4.2, -9}}), Part::kBack, Material::kWood,
         shaded(darker(c, 0.1)));
  for (double y : {-22.6, -18.6, -14.6})
    p.fill(Path::round_rect(-6.2, y, 12, 2.2, 0.6), Part::kBack, Material::kWood, wood(c));
  for (double x : {-6.6, 5.2}) p.fill(Path::rect(x, -9, 1.9, 9), Part::kLeg, Material::kWood, shaded(c));
  p.fill(Path::polygon({{-6.2, -11}, {6.4, -11}, {7.6, -8.4}, {-7.4, -8.4}}), Part::kSeat, Material::kFabric,
         textured(cloth, o.texture, lighter(cloth, 0.6), 0.8, 0.7));
  p.fill(Path::rect(-7.4, -8.5, 15, 1.5), Part::kSeat, Material::kWood, shaded(darker(c, 0.12)));
}

void draw_table(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour);
  for (double x : {-9.6, 8.0})
    p.fill(Path::rect(x, -11, 1.7, 9.4), Part::kLeg, Material::kWood, shaded(darker(c, 0.38)));
  for (double x : {-13.0, 11.0})
    p.fill(Path::polygon({{x, -11}, {x + 2.2, -11}, {x + 1.8, 0}, {x + 0.4, 0}}), Part::kLeg, Material::kWood,
           shaded(c));
  p.fill(Path::polygon({{-12.4, -15}, {12.6, -15}, {15, -11.6}, {-14.8, -11.6}}), Part::kTop, Material::kWood,
         wood(lighter(c, 0.1)));
  p.fill(Path::rect(-14.8, -11.7, 29.8, 1.7), Part::kTop, Material::kWood, shaded(darker(c, 0.2)));
  p.fill(Path::ellipse(-4, -14.2, 2.9, 1), Part::kTop, Material::kGlass, shaded(rgb(0xeef0ee)));
  p.fill(Path::polygon({{4, -18}, {7, -18}, {6.6, -13.6}, {4.4, -13.6}}), Part::kTop, Material::kGlass,
         shaded(rgb(o.second)));
}

void draw_bed(Painter& p, const DioramaObject& o, bool) {
  const Rgb cloth = rgb(o.colour), frame = timber(o);
  for (double x : {-17.0, 15.4})
    p.fill(Path::rect(x, -3.4, 2, 3.4), Part::kLeg, Material::kWood, shaded(darker(frame, 0.25)));
  p.fill(Path().move(-18, -2.4).line(-18, -16).curve(-17.8, -18.6, -14.8, -18.6, -14.6, -16).line(-14.6, -2.4).close(),
         Part::kHeadboard, Material::kWood, wood(frame));
  p.fill(Path::round_rect(-15, -8, 31, 5.4, 1.4), Part::kBody, Material::kFabric, shaded(rgb(0xf2ece0)));
  p.fill(Path::blob({{-14.4, -8}, {-13.8, -11.4}, {-9, -12}, {-6.6, -10}, {-7, -7.6}}), Part::kPillow,
         Material::kFabric, shaded(rgb(0xfaf6ee)));
  p.fill(Path()
             .move(-6, -7.4)
             .curve(-5, -10.8, -2, -11, 4, -10.6)
             .curve(10, -10.8, 15, -11, 16.6, -8)
             .line(16.8, -2.4)
             .line(-7.4, -2.6)
             .close(),
         Part::kBlanket, Material::kFabric, textured(cloth, o.texture, rgb(o.second), 0.85));
  p.shade(Path().move(-6, -7.4).curve(-5, -10.8, -3.6, -11, -2.4, -11).line(-3.8, -2.6).line(-7.4, -2.6).close(),
          {1, 1, 1}, 0.55);
  p.fill(Path::round_rect(15.6, -11, 2.4, 9, 0.9), Part::kHeadboard, Material::kWood, wood(frame));
  p.fill(Path::rect(-17, -3.2, 34, 1.6), Part::kBody, Material::kWood, shaded(frame));
}

void draw_sofa(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour), mark = rgb(o.second);
  for (double x : {-14.0, 12.4})
    p.fill(Path::polygon({{x, -2.4}, {x + 2, -2.4}, {x + 1.5, 0}, {x + 0.5, 0}}), Part::kLeg, Material::kWood,
           shaded(timber(o)));
  p.fill(Path::round_rect(-14, -16.4, 28, 12, 3), Part::kBack, Material::kFabric,
         textured(darker(c, 0.08), o.texture, mark, 0.7));
  p.shade(Path::rect(-11.6, -9.6, 23.2, 2), kDark, 0.3);
  for (double x : {-11.8, 0.1})
    p.fill(Path::round_rect(x, -8.6, 11.7, 4, 1.4), Part::kCushion, Material::kFabric,
           textured(lighter(c, 0.1), o.texture, mark, 0.7));
  p.fill(Path::round_rect(-13, -5, 26, 3, 0.8), Part::kBody, Material::kFabric, shaded(darker(c, 0.2)));
  for (double x : {-16.0, 11.2})
    p.fill(Path::round_rect(x, -11.6, 4.8, 9.4, 2.2), Part::kBody, Material::kFabric, shaded(lighter(c, 0.04)));
  p.fill(Path::blob({{-10.4, -8.6}, {-9.8, -13}, {-5.6, -12.4}, {-5.2, -8.4}}), Part::kPillow, Material::kFabric,
         shaded(mark));
}

void draw_lamp(Painter& p, const DioramaObject& o, bool) {
  const Rgb c = rgb(o.colour);
  p.fill(Path::ellipse(0, -0.6, 4.2, 1.2), Part::kPole, Material::kMetal, shaded(rgb(0x4a464e)));
  p.fill(Path::rect(-0.65, -22, 1.3, 21.6), Part::kPole, Material::kMetal, shaded(rgb(0x5a545c)));
  Ink ink = textured(c, o.texture, rgb(o.second), 0.6, 0.6);
  if (p.light().night)
    ink.top = mix(c, rgb(0xffe8a8), 0.5), ink.bottom = mix(c, rgb(0xfff4cc), 0.75), ink.shines = true;
  p.fill(Path::polygon({{-3.4, -28.4}, {3.4, -28.4}, {6.4, -19.6}, {-6.4, -19.6}}), Part::kShade, Material::kFabric,
         ink);
  if (p.light().night) p.glow(0, -22, 19, 17, rgb(0xffd488), 0.62, true);
}

const ObjectKind kKinds[] = {{Object::kChair, 15, 24, kWoods, true, 0, draw_chair},
                             {Object::kTable, 30, 18, kWoods, false, 0, draw_table},
                             {Object::kBed, 36, 19, kCloths, true, 0, draw_bed},
                             {Object::kSofa, 32, 17, kCloths, true, 0, draw_sofa},
                             {Object::kLamp, 13, 29, kCloths, true, 0, draw_lamp}};

}  // namespace

std::span<const ObjectKind> furniture_kinds() { return kKinds; }

const ObjectKind& kind_of(Object object) {
  static const auto table = [] {
    std::array<const ObjectKind*, kForegroundCount> out{};
    for (auto kinds : {living_kinds(), built_kinds(), furniture_kinds()}) {
      for (const ObjectKind& kind : kinds) out[static_cast<size_t>(kind.object)] = &kind;
    }
    return out;
  }();
  return *table.at(static_cast<size_t>(object));
}

void draw_shadow(Painter& painter, double width) {
  painter.glow(0, -0.2, width * 0.58, 2.6, {0.1, 0.07, 0.2}, 0.6, false);
}

}  // namespace microtome::diorama
