// SPDX-License-Identifier: Apache-2.0
// Draws one scene twice by the same paths: smoothly as a picture, and without antialiasing as labels.
#pragma once
#include <cairo.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "microtome/concepts/diorama/diorama.h"

namespace microtome::diorama {

struct Rgb {
  double r = 0, g = 0, b = 0;  // 0..1
};
Rgb rgb(Rgb8 colour);
Rgb rgb(uint32_t hex);
Rgb mix(Rgb a, Rgb b, double share_of_b);
inline Rgb lighter(Rgb c, double by) { return mix(c, {1, 0.98, 0.93}, by); }
inline Rgb darker(Rgb c, double by) { return mix(c, {0.09, 0.07, 0.17}, by); }

struct Point {
  double x, y;
};

// An outline of straight lines and cubic curves, in the units of the painter's frame.
class Path {
 public:
  struct Step {
    int points;  // 1 line, 3 curve, 0 close; -1 move
    Point p[3];
  };
  Path& move(double x, double y);
  Path& line(double x, double y);
  Path& curve(double x1, double y1, double x2, double y2, double x, double y);
  Path& close();
  // A smooth closed outline through the points (Catmull-Rom).
  static Path blob(const std::vector<Point>& points);
  static Path polygon(std::initializer_list<Point> points);
  static Path ellipse(double cx, double cy, double rx, double ry);
  static Path rect(double x, double y, double w, double h);
  static Path round_rect(double x, double y, double w, double h, double radius);
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
};

// From local units to those of the picture: scaled, turned by 2 atan(tilt), flipped, moved.
struct Frame {
  double x = 0, y = 0, scale = 1, cos = 1, sin = 0;
  bool flip = false;
  Point apply(Point p) const;
};
Frame make_frame(double x, double y, double scale, double tilt, bool flip);

struct Ink {
  Rgb top, bottom;  // A gradient down the shape.
  Texture texture = Texture::kNone;
  Rgb mark;  // Colour of the texture's marks.
  double strength = 0.5, pitch = 1;
  bool shines = false;  // Not dimmed by the light.
};
Ink flat(Rgb c);
Ink shaded(Rgb c);  // Lighter above, darker below.
Ink textured(Rgb c, Texture texture, Rgb mark, double strength, double pitch = 1);

// What a pixel is of.
struct Tag {
  int instance = -1;  // Index of the foreground object, -1 for the backdrop.
  uint16_t object = 0, part = 0, material = 0, texture = 0;
};

// The light of a scene: colours are multiplied by it, then mixed with the air's.
struct Light {
  Rgb tint{1, 1, 1};
  bool night = false;
  bool from_left = true;
};

class Painter {
 public:
  // Surfaces that are left out (side 0) are not drawn.
  Painter(int picture_side, int label_side, Light light);
  ~Painter();

  const Light& light() const { return light_; }
  void set_frame(const Frame& frame) { frame_ = frame; }
  void set_subject(int instance, Object object) { instance_ = instance, object_ = object; }
  void set_haze(Rgb colour, double amount) { haze_ = colour, haze_amount_ = amount; }
  // Collects what is drawn from now on in the footprint.
  void set_tracked(bool tracked) { tracked_ = tracked; }

  void fill(const Path& path, Part part, Material material, const Ink& ink);
  void stroke(const Path& path, double width, Part part, Material material, const Ink& ink);
  // Picture only: light and shadow on what is there.
  void shade(const Path& path, Rgb colour, double alpha);
  void shade_line(const Path& path, double width, Rgb colour, double alpha);
  void glow(double cx, double cy, double rx, double ry, Rgb colour, double alpha, bool adds);
  void ramp(double x0, double y0, double x1, double y1, Rgb colour, double from_alpha, double to_alpha);

  Image picture() const;
  // Index into tags() of each label pixel, row-major.
  std::vector<uint32_t> label_indices() const;
  const std::vector<Tag>& tags() const { return tags_; }
  // Coverage of what was tracked, 0..255, picture side.
  Image footprint() const;

 private:
  using Context = std::unique_ptr<cairo_t, void (*)(cairo_t*)>;
  static Context make_context(cairo_format_t format, int side, bool smooth);
  void trace(cairo_t* to, const Path& path) const;
  void set_gradient(const Path& path, const Ink& ink);
  void set_pattern(const Ink& ink);
  // In the footprint; a stroke when the width is positive.
  void track(const Path& path, double stroke_width);
  void mark_labels(const Path& path, double stroke_width, Part part, Material material, Texture texture);
  Rgb lit(Rgb c, bool shines) const;

  int side_, label_side_;
  Light light_;
  Frame frame_;
  int instance_ = -1;
  Object object_ = Object::kSky;
  Rgb haze_{};
  double haze_amount_ = 0;
  bool tracked_ = false;
  Context picture_, labels_, footprint_;
  std::vector<Tag> tags_;
};

}  // namespace microtome::diorama
