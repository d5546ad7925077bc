// SPDX-License-Identifier: Apache-2.0
// From a description to the picture and its label planes.
#include <algorithm>
#include <array>

#include "microtome/base/error.h"
#include "microtome/concepts/diorama/scenery.h"
#include "microtome/image/colour_names.h"

namespace microtome::diorama {
namespace {

constexpr double kLeastVisible = 0.3;

void draw_swatch(Painter& p, const Diorama& d) {
  p.set_frame(make_frame(32, 32, 1, d.tilt / 256.0, false));
  p.set_subject(-1, Object::kWall);
  p.fill(Path::rect(-60, -60, 120, 120), Part::kNone, Material::kNone,
         textured(rgb(d.colour), d.texture, rgb(d.second), 0.92, d.pitch / 256.0));
  p.set_frame({});
}

void draw_object(Painter& p, const DioramaObject& o, int instance, bool winter) {
  const ObjectKind& kind = kind_of(o.kind);
  const double scale = o.scale / 256.0;
  p.set_frame(make_frame(o.x / 256.0, o.y / 256.0, scale, 0, false));
  draw_shadow(p, kind.width);
  p.set_frame(make_frame(o.x / 256.0, o.y / 256.0, scale, o.tilt / 256.0, o.flip));
  p.set_subject(instance, o.kind);
  kind.draw(p, o, winter);
  p.set_frame({});
}

// What light does to the whole picture.
void draw_light(Painter& p, const Diorama& d) {
  const double x = p.light().from_left ? 0 : 64, haze = d.haze / 256.0;
  p.ramp(0, 0, 0, 64, rgb(d.veil), haze, haze);
  p.ramp(x, 0, 64 - x, 64, rgb(0xfff0c8), p.light().night ? 0.03 : 0.13, 0);
  p.ramp(x, 0, 64 - x, 64, rgb(0x2a1c50), 0, p.light().night ? 0.18 : 0.15);
}

// Fine paper grain, a fixed function of the place.
void add_grain(Image& image) {
  uint8_t* v = image.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x, v += 3) {
      uint32_t h = static_cast<uint32_t>(x) * 0x9e3779b1U ^ static_cast<uint32_t>(y) * 0x85ebca77U;
      h = (h ^ h >> 15) * 0x2c1b3c6dU;
      const int grain = static_cast<int>((h >> 20) % 7) - 3;
      for (int c = 0; c < 3; ++c) v[c] = static_cast<uint8_t>(std::clamp(v[c] + grain, 0, 255));
    }
  }
}

// Calls before(instance) before a thing is drawn.
template <class Before>
void draw_objects(Painter& p, const Diorama& d, const Before& before) {
  for (size_t k = 0; k < d.objects.size(); ++k) {
    before(static_cast<int>(k));
    draw_object(p, d.objects[k], static_cast<int>(k), d.winter);
  }
}

void draw_backdrop(Painter& p, const Diorama& d) {
  if (d.scene < 0)
    draw_swatch(p, d);
  else
    layout_of(d.scene).draw(p, d, d.scene % 2 == 1);
}

void check_side(int side, int label_side) {
  if (side < 16 || side > 1024 || label_side < 0 || label_side > side) {
    throw Error(ErrorKind::kUsage, "diorama",
                "no picture of side " + std::to_string(side) + " with labels of side " + std::to_string(label_side),
                "use a side from 16 to 1024, and labels no larger");
  }
}

// The colours of the rendered pixels, averaged over each label's cell.
LabelMap name_colours(const Image& image, int side) {
  LabelMap out(side, side);
  for (int y = 0; y < side; ++y) {
    const int y0 = y * image.height / side, y1 = (y + 1) * image.height / side;
    for (int x = 0; x < side; ++x) {
      const int x0 = x * image.width / side, x1 = (x + 1) * image.width / side, n = (x1 - x0) * (y1 - y0);
      std::array<int, 3> sum{n / 2, n / 2, n / 2};
      for (int v = y0; v < y1; ++v) {
        for (int u = x0; u < x1; ++u) {
          for (size_t c = 0; c < 3; ++c) sum[c] += image.at(u, v)[c];
        }
      }
      out.at(x, y) = static_cast<uint16_t>(colour_label(colour_name(
          static_cast<uint8_t>(sum[0] / n), static_cast<uint8_t>(sum[1] / n), static_cast<uint8_t>(sum[2] / n))));
    }
  }
  return out;
}

// Label pixels of each instance: as drawn, and left at the end.
struct Visibility {
  std::vector<int64_t> drawn, left;
  bool shown(int instance) const {
    const auto k = static_cast<size_t>(instance);
    return static_cast<double>(left[k]) >= kLeastVisible * static_cast<double>(drawn[k]);
  }
};

int64_t count_instance(const Painter& p, const std::vector<uint32_t>& ids, int instance) {
  return std::count_if(ids.begin(), ids.end(), [&](uint32_t id) { return p.tags()[id].instance == instance; });
}

void fill_planes(const Painter& p, const std::vector<uint32_t>& ids, const Visibility& seen, DioramaPicture& out,
                 int side) {
  for (Category c : {Category::kObject, Category::kPart, Category::kMaterial, Category::kTexture})
    out.planes[static_cast<size_t>(c)] = LabelMap(side, side);
  for (size_t i = 0; i < ids.size(); ++i) {
    const Tag& tag = p.tags()[ids[i]];
    const bool shown = tag.instance < 0 || seen.shown(tag.instance);
    out.planes[static_cast<size_t>(Category::kObject)].labels[i] = shown ? tag.object : uint16_t{0};
    out.planes[static_cast<size_t>(Category::kPart)].labels[i] = shown ? tag.part : uint16_t{0};
    out.planes[static_cast<size_t>(Category::kMaterial)].labels[i] = tag.material;
    out.planes[static_cast<size_t>(Category::kTexture)].labels[i] = tag.texture;
  }
}

}  // namespace

Image draw_diorama(const Diorama& d, int side) {
  check_side(side, 0);
  Painter p(side, 0, light_of(d));
  draw_backdrop(p, d);
  draw_objects(p, d, [](int) {});
  draw_light(p, d);
  Image out = p.picture();
  add_grain(out);
  return out;
}

DioramaPicture render_diorama(const Diorama& d, int side, int label_side) {
  check_side(side, label_side);
  if (label_side == 0) label_side = side / 2;
  DioramaPicture out;
  out.image = draw_diorama(d, side);
  out.planes.resize(kCategoryCount);
  out.whole_image.resize(kCategoryCount);
  out.planes[static_cast<size_t>(Category::kColour)] = name_colours(out.image, label_side);
  if (d.scene < 0) {
    out.whole_image[static_cast<size_t>(Category::kTexture)] = {label_of(d.texture)};
    return out;
  }
  out.whole_image[static_cast<size_t>(Category::kScene)] = {scene_label(d.scene)};
  Painter p(0, label_side, light_of(d));
  Visibility seen;
  const auto note = [&] {
    if (const int last = static_cast<int>(seen.drawn.size()); last >= 0)
      seen.drawn.push_back(count_instance(p, p.label_indices(), last));
  };
  draw_backdrop(p, d);
  draw_objects(p, d, [&](int instance) {
    if (instance > 0) note();
  });
  if (!d.objects.empty()) note();
  const std::vector<uint32_t> ids = p.label_indices();
  for (size_t k = 0; k < d.objects.size(); ++k) seen.left.push_back(count_instance(p, ids, static_cast<int>(k)));
  fill_planes(p, ids, seen, out, label_side);
  return out;
}

namespace {

// Where the given things of a diorama are drawn.
Image footprint(const Diorama& d, int side, const std::vector<bool>& things) {
  Painter p(side, 0, light_of(d));
  draw_objects(p, d, [&](int instance) { p.set_tracked(things[static_cast<size_t>(instance)]); });
  return p.footprint();
}

// The things before nothing but one grey.
Image draw_before(const Diorama& d, int side, double grey) {
  Painter p(side, 0, light_of(d));
  p.ramp(0, 0, 0, 64, {grey, grey, grey}, 1, 1);
  draw_objects(p, d, [](int) {});
  return p.picture();
}

// Which objects of a are not in b.
std::vector<bool> differing(const Diorama& a, const Diorama& b) {
  std::vector<bool> out;
  for (const DioramaObject& o : a.objects)
    out.push_back(std::find(b.objects.begin(), b.objects.end(), o) == b.objects.end());
  return out;
}

}  // namespace

Image twin_mask(const Diorama& a, const Diorama& b, int side) {
  check_side(side, 0);
  Diorama same_light = b, same_backdrop = b;
  same_light.scene = a.scene;
  same_backdrop.objects = a.objects;
  Image mask(side, side, 1);
  if (same_backdrop == a) {
    for (const Image& print : {footprint(a, side, differing(a, b)), footprint(b, side, differing(b, a))}) {
      for (size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] |= print.pixels[i] > 0 ? 255 : 0;
    }
  } else if (same_light == a && (a.scene < 0) == (b.scene < 0)) {
    // Shadows, light and soft edges mix with what lies behind, more of it giving more: what is equal before black and
    // before white is equal before anything.
    const Image black = draw_before(a, side, 0), white = draw_before(a, side, 1);
    for (size_t i = 0; i < mask.pixels.size(); ++i) {
      mask.pixels[i] = std::equal(&black.pixels[3 * i], &black.pixels[3 * i] + 3, &white.pixels[3 * i]) ? 0 : 255;
    }
  } else {
    mask.pixels.assign(mask.pixels.size(), 255);
  }
  return mask;
}

}  // namespace microtome::diorama
