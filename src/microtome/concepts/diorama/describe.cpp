// SPDX-License-Identifier: Apache-2.0
// From seed and index to the description of a scene, and its twins.
#include <algorithm>
#include <array>
#include <set>

#include "microtome/base/error.h"
#include "microtome/concepts/diorama/scenery.h"

namespace microtome::diorama {
namespace {

constexpr int kUnit = 256;  // One unit of length.
constexpr int kLeastThings = 2, kMostThings = 6;
constexpr uint32_t kPalette[] = {0xd2453e, 0x3f74b4, 0xf0b83c, 0x4f8f6a, 0xf4efe4, 0xe4803c, 0x7a5aa0,
                                 0x34343e, 0xe58aa0, 0x8a5a3a, 0x94969c, 0x6fae9a, 0xd8a878, 0xb85a6a};
// Dawn, dusk, mist, noon, dust, shade: so that no scene is told by its mean colour.
constexpr uint32_t kVeils[] = {0xf0a878, 0x70508c, 0xe8ece8, 0x5c94c8, 0xd8b060, 0x203048, 0x6fa888, 0xd87890};
constexpr int kMostHaze = 90;
constexpr Texture kCloth[] = {Texture::kStriped,     Texture::kBanded, Texture::kDotted,  Texture::kChequered,
                              Texture::kZigzagged,   Texture::kGrid,   Texture::kWoven,   Texture::kCrosshatched,
                              Texture::kHoneycombed, Texture::kStarry, Texture::kDiamond, Texture::kScaly};

Rgb8 colour8(uint32_t hex) {
  return {static_cast<uint8_t>(hex >> 16), static_cast<uint8_t>(hex >> 8), static_cast<uint8_t>(hex)};
}

Rgb8 vary(Rng& dice, uint32_t hex, int range) {
  const Rgb8 c = colour8(hex);
  const int all = static_cast<int>(dice.between(-range, range));
  const auto one = [&](int v) {
    return static_cast<uint8_t>(
        std::clamp<int>(v + all + static_cast<int>(dice.between(-range / 2, range / 2)), 0, 255));
  };
  return {one(c.r), one(c.g), one(c.b)};
}

template <class T, size_t N>
const T& pick(Rng& dice, const T (&values)[N]) {
  return values[dice.below(N)];
}

// A colour that stands off from the first.
Rgb8 contrast(Rng& dice, Rgb8 from) {
  for (;;) {
    const Rgb8 c = vary(dice, pick(dice, kPalette), 12);
    if (std::abs(c.r - from.r) + std::abs(c.g - from.g) + std::abs(c.b - from.b) > 170) return c;
  }
}

// Each kind of a layout independently; drawn again unless the number of kinds is allowed.
std::vector<const Placing*> choose(Rng& dice, const Layout& layout, int which) {
  for (;;) {
    std::vector<const Placing*> out;
    for (const Placing& p : layout.placings) {
      if (dice.below(1000) < p.chance[which]) out.push_back(&p);
    }
    if (out.size() >= kLeastThings && out.size() <= kMostThings) return out;
  }
}

struct Box {
  int x0, y0, x1, y1;
};
Box box_of(const DioramaObject& o) {
  const ObjectKind& kind = kind_of(o.kind);
  const int w = static_cast<int>(kind.width) * o.scale, h = static_cast<int>(kind.height) * o.scale;
  return {o.x - w / 2, o.y - h, o.x + w / 2, o.y};
}
// Per mille of b that a covers.
int64_t cover(const Box& a, const Box& b) {
  const int64_t w = std::max(0, std::min(a.x1, b.x1) - std::max(a.x0, b.x0)),
                h = std::max(0, std::min(a.y1, b.y1) - std::max(a.y0, b.y0));
  return 1000 * w * h / (int64_t{b.x1 - b.x0} * (b.y1 - b.y0));
}

DioramaObject dress(Rng& dice, Object object) {
  const ObjectKind& kind = kind_of(object);
  DioramaObject o;
  o.kind = object;
  o.flip = dice.chance(0.5);
  o.tilt = static_cast<int>(dice.between(-kind.tilt, kind.tilt));
  o.colour = vary(dice, kind.colours[static_cast<size_t>(dice.below(static_cast<int64_t>(kind.colours.size())))], 14);
  o.second = contrast(dice, o.colour);
  if (kind.patterned) o.texture = pick(dice, kCloth);
  o.detail = dice.next();
  return o;
}

// Tries places and keeps the one with the least overlap.
void place(Rng& dice, const Placing& placing, std::vector<DioramaObject>& objects) {
  DioramaObject best = dress(dice, placing.object);
  int64_t least = INT64_MAX;
  const DioramaObject dressed = best;
  for (int attempt = 0; attempt < 12 && least > 150; ++attempt) {
    DioramaObject o = dressed;
    o.y = static_cast<int>(dice.between(placing.low * kUnit, placing.high * kUnit));
    // 0.7 to 1.35 of the kind's size in this layout; nearer things are larger.
    const int64_t size = dice.between(180, 345) * placing.size / 100;
    o.scale = static_cast<int>(
        size * (88 + (o.y - placing.low * kUnit) * 24 / std::max(1, (placing.high - placing.low) * kUnit)) / 100);
    const int margin = static_cast<int>(kind_of(o.kind).width) * o.scale / 5;
    o.x = static_cast<int>(dice.between(margin, 64 * kUnit - margin));
    int64_t worst = 0;
    for (const DioramaObject& other : objects)
      worst = std::max({worst, cover(box_of(o), box_of(other)), cover(box_of(other), box_of(o))});
    if (worst < least) least = worst, best = o;
  }
  objects.push_back(best);
}

Diorama describe_swatch(Rng& dice) {
  Diorama d;
  d.texture = static_cast<Texture>(1 + dice.below(kTextureCount));
  d.colour = vary(dice, pick(dice, kPalette), 20);
  d.second = contrast(dice, d.colour);
  d.pitch = static_cast<int>(dice.between(200, 460));
  d.tilt = static_cast<int>(dice.between(-22, 22));
  d.light_from_left = dice.chance(0.5);
  d.detail = dice.next();
  return d;
}

}  // namespace

Diorama describe_diorama(uint64_t seed, int64_t index, std::string_view split) {
  constexpr std::string_view kSplits[] = {"train", "val", "probe", "test"};
  if (std::find(std::begin(kSplits), std::end(kSplits), split) == std::end(kSplits)) {
    throw Error(ErrorKind::kUsage, "diorama", "no split \"" + std::string(split) + "\"",
                "use train, val, probe or test");
  }
  Rng dice(seed, "diorama " + std::string(split), static_cast<uint64_t>(index));
  if (dice.below(100) < 15) return describe_swatch(dice);
  Diorama d;
  d.scene = static_cast<int>(dice.below(kSceneCount));
  const Layout& layout = layout_of(d.scene);
  d.light = static_cast<int>(dice.below(4));
  d.night = !layout.seasons && d.scene % 2 == 1;
  d.lamplit = d.night && layout.indoors;
  d.winter = layout.seasons && d.scene % 2 == 1;
  d.light_from_left = dice.chance(0.5);
  d.veil = vary(dice, pick(dice, kVeils), 24);
  d.haze = static_cast<int>(dice.between(0, kMostHaze));
  d.colour = vary(dice, pick(dice, kPalette), 16);
  const Rgb8 pale{233, 223, 205};  // Walls are rarely loud.
  d.colour = {static_cast<uint8_t>((d.colour.r + pale.r) / 2), static_cast<uint8_t>((d.colour.g + pale.g) / 2),
              static_cast<uint8_t>((d.colour.b + pale.b) / 2)};
  d.second = contrast(dice, d.colour);
  d.texture = pick(dice, kCloth);
  d.horizon = static_cast<int>(dice.between(-3 * kUnit, 3 * kUnit));
  d.detail = dice.next();
  const auto chosen = choose(dice, layout, d.scene % 2);
  for (const Placing* p : chosen) place(dice, *p, d.objects);
  if (chosen.size() < 4 && dice.chance(0.35))
    place(dice, *chosen[static_cast<size_t>(dice.below(static_cast<int64_t>(chosen.size())))], d.objects);
  std::stable_sort(d.objects.begin(), d.objects.end(),
                   [](const DioramaObject& a, const DioramaObject& b) { return a.y < b.y; });
  return d;
}

int scene_of(const Diorama& diorama) { return diorama.scene; }

std::vector<Object> objects_of(const Diorama& diorama) {
  std::set<Object> out;
  for (const DioramaObject& o : diorama.objects) out.insert(o.kind);
  return {out.begin(), out.end()};
}

double presence_probability(int scene, Object object) {
  const auto placings = layout_of(scene).placings;
  double all = 0, with = 0;
  for (uint32_t set = 0; set < 1U << placings.size(); ++set) {
    double p = 1;
    int count = 0;
    bool holds = false;
    for (size_t k = 0; k < placings.size(); ++k) {
      const double chance = placings[k].chance[scene % 2] / 1000.0;
      const bool in = set >> k & 1U;
      p *= in ? chance : 1 - chance;
      count += in;
      holds = holds || (in && placings[k].object == object);
    }
    if (count < kLeastThings || count > kMostThings) continue;
    all += p;
    if (holds) with += p;
  }
  return with / all;
}

namespace {
DioramaObject& object_at(Diorama& diorama, size_t object) {
  if (object >= diorama.objects.size()) {
    throw Error(ErrorKind::kUsage, "diorama", "no object " + std::to_string(object),
                "it has " + std::to_string(diorama.objects.size()));
  }
  return diorama.objects[object];
}
}  // namespace

Diorama without_object(Diorama diorama, size_t object) {
  object_at(diorama, object);
  diorama.objects.erase(diorama.objects.begin() + static_cast<std::ptrdiff_t>(object));
  return diorama;
}
Diorama with_colour(Diorama diorama, size_t object, Rgb8 colour) {
  object_at(diorama, object).colour = colour;
  return diorama;
}
Diorama with_texture(Diorama diorama, size_t object, Texture texture) {
  object_at(diorama, object).texture = texture;
  return diorama;
}
Diorama with_backdrop(Diorama diorama, int scene) {
  if (diorama.scene < 0 || scene < 0 || scene >= kSceneCount)
    throw Error(ErrorKind::kUsage, "diorama", "no backdrop to change to scene " + std::to_string(scene));
  diorama.scene = scene;
  return diorama;
}

}  // namespace microtome::diorama
