// SPDX-License-Identifier: Apache-2.0
// What is drawn: the kinds of objects and the layouts of scenes, as tables.
// Defined in built.cpp, furniture.cpp, indoors.cpp and living.cpp.
#pragma once
#include <span>

#include "microtome/base/rng.h"
#include "microtome/concepts/diorama/painter.h"

namespace microtome::diorama {

// A kind of thing. draw() works in a frame whose origin is the middle of the foot; the thing is `width` x `height`
// units at scale 1 (y upwards is negative).
struct ObjectKind {
  Object object;
  double width, height;
  std::span<const uint32_t> colours;  // 0xRRGGBB, for its main surface
  bool patterned;                     // Its main surface may carry any fabric pattern.
  int tilt;                           // Largest tilt, 1/256 of tan(angle / 2)
  void (*draw)(Painter& painter, const DioramaObject& thing, bool winter);
};
const ObjectKind& kind_of(Object object);
std::span<const ObjectKind> living_kinds();
std::span<const ObjectKind> built_kinds();
std::span<const ObjectKind> furniture_kinds();

// Where and how often a kind stands in a layout. Chances in 1/1000 for the layout's two scenes; feet lie between low
// and high (units); size in percent.
struct Placing {
  Object object;
  int chance[2];
  int low, high;
  int size;
};
struct Layout {
  std::span<const Placing> placings;
  bool indoors, seasons;  // seasons: its two scenes are summer and winter, else day and night.
  void (*draw)(Painter& painter, const Diorama& diorama, bool second);
};
// Of scenes 2k and 2k + 1.
const Layout& layout_of(int scene);

// The light in which a diorama is drawn.
Light light_of(const Diorama& diorama);
// The soft shadow of a thing on what it stands on.
void draw_shadow(Painter& painter, double width);

}  // namespace microtome::diorama
