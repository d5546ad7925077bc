// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/diorama/painter.h"

#include <algorithm>
#include <cstring>

#include "microtome/concepts/diorama/texture.h"

namespace microtome::diorama {
namespace {

// Length of the handles with which four cubic curves make a circle.
constexpr double kArc = 0.5522847498;
constexpr double kUnits = 64;

uint8_t to_byte(double v) { return static_cast<uint8_t>(std::clamp(v, 0.0, 1.0) * 255 + 0.5); }

struct PatternDeleter {
  void operator()(cairo_pattern_t* pattern) const { cairo_pattern_destroy(pattern); }
};
using Pattern = std::unique_ptr<cairo_pattern_t, PatternDeleter>;

}  // namespace

Rgb rgb(Rgb8 c) { return {c.r / 255.0, c.g / 255.0, c.b / 255.0}; }
Rgb rgb(uint32_t hex) { return {(hex >> 16 & 255) / 255.0, (hex >> 8 & 255) / 255.0, (hex & 255) / 255.0}; }
Rgb mix(Rgb a, Rgb b, double t) { return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t}; }

Path& Path::move(double x, double y) { return steps_.push_back({-1, {{x, y}, {}, {}}}), *this; }
Path& Path::line(double x, double y) { return steps_.push_back({1, {{x, y}, {}, {}}}), *this; }
Path& Path::curve(double x1, double y1, double x2, double y2, double x, double y) {
  return steps_.push_back({3, {{x1, y1}, {x2, y2}, {x, y}}}), *this;
}
Path& Path::close() { return steps_.push_back({0, {}}), *this; }

Path Path::blob(const std::vector<Point>& p) {
  const size_t n = p.size();
  Path out;
  out.move(p[0].x, p[0].y);
  for (size_t i = 0; i < n; ++i) {
    const Point a = p[(i + n - 1) % n], b = p[i], c = p[(i + 1) % n], d = p[(i + 2) % n];
    out.curve(b.x + (c.x - a.x) / 6, b.y + (c.y - a.y) / 6, c.x - (d.x - b.x) / 6, c.y - (d.y - b.y) / 6, c.x, c.y);
  }
  return out.close();
}

Path Path::polygon(std::initializer_list<Point> points) {
  Path out;
  for (const Point& p : points) out.steps_.push_back({out.steps_.empty() ? -1 : 1, {p, {}, {}}});
  return out.close();
}

Path Path::ellipse(double x, double y, double rx, double ry) {
  const double kx = rx * kArc, ky = ry * kArc;
  return Path()
      .move(x + rx, y)
      .curve(x + rx, y + ky, x + kx, y + ry, x, y + ry)
      .curve(x - kx, y + ry, x - rx, y + ky, x - rx, y)
      .curve(x - rx, y - ky, x - kx, y - ry, x, y - ry)
      .curve(x + kx, y - ry, x + rx, y - ky, x + rx, y)
      .close();
}

Path Path::rect(double x, double y, double w, double h) {
  return polygon({{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}});
}

Path Path::round_rect(double x, double y, double w, double h, double r) {
  const double k = r * (1 - kArc), x1 = x + w, y1 = y + h;
  return Path()
      .move(x + r, y)
      .line(x1 - r, y)
      .curve(x1 - k, y, x1, y + k, x1, y + r)
      .line(x1, y1 - r)
      .curve(x1, y1 - k, x1 - k, y1, x1 - r, y1)
      .line(x + r, y1)
      .curve(x + k, y1, x, y1 - k, x, y1 - r)
      .line(x, y + r)
      .curve(x, y + k, x + k, y, x + r, y)
      .close();
}

Point Frame::apply(Point p) const {
  const double px = flip ? -p.x : p.x;
  return {x + scale * (cos * px - sin * p.y), y + scale * (sin * px + cos * p.y)};
}

Frame make_frame(double x, double y, double scale, double tilt, bool flip) {
  const double d = 1 + tilt * tilt;  // Rational, so exact everywhere.
  return {x, y, scale, (1 - tilt * tilt) / d, 2 * tilt / d, flip};
}

Ink flat(Rgb c) { return {.top = c, .bottom = c, .mark = c}; }
Ink shaded(Rgb c) { return {.top = lighter(c, 0.16), .bottom = darker(c, 0.16), .mark = c}; }
Ink textured(Rgb c, Texture texture, Rgb mark, double strength, double pitch) {
  Ink ink = shaded(c);
  ink.texture = texture, ink.mark = mark, ink.strength = strength, ink.pitch = pitch;
  return ink;
}

Painter::Context Painter::make_context(cairo_format_t format, int side, bool smooth) {
  if (side == 0) return {nullptr, cairo_destroy};
  cairo_surface_t* surface = cairo_image_surface_create(format, side, side);
  cairo_t* context = cairo_create(surface);
  cairo_surface_destroy(surface);  // The context keeps it.
  cairo_set_antialias(context, smooth ? CAIRO_ANTIALIAS_DEFAULT : CAIRO_ANTIALIAS_NONE);
  cairo_scale(context, side / kUnits, side / kUnits);
  cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
  return {context, cairo_destroy};
}

Painter::Painter(int picture_side, int label_side, Light light)
    : side_(picture_side),
      label_side_(label_side),
      light_(light),
      picture_(make_context(CAIRO_FORMAT_RGB24, picture_side, true)),
      labels_(make_context(CAIRO_FORMAT_RGB24, label_side, false)),
      footprint_(make_context(CAIRO_FORMAT_A8, 0, true)),
      tags_(1) {}

Painter::~Painter() = default;

Rgb Painter::lit(Rgb c, bool shines) const {
  if (!shines) c = {c.r * light_.tint.r, c.g * light_.tint.g, c.b * light_.tint.b};
  return mix(c, haze_, haze_amount_);
}

void Painter::trace(cairo_t* to, const Path& path) const {
  cairo_new_path(to);
  for (const Path::Step& step : path.steps()) {
    const Point a = frame_.apply(step.p[0]);
    if (step.points == -1)
      cairo_move_to(to, a.x, a.y);
    else if (step.points == 1)
      cairo_line_to(to, a.x, a.y);
    else if (step.points == 0)
      cairo_close_path(to);
    else {
      const Point b = frame_.apply(step.p[1]), c = frame_.apply(step.p[2]);
      cairo_curve_to(to, a.x, a.y, b.x, b.y, c.x, c.y);
    }
  }
}

void Painter::set_gradient(const Path& path, const Ink& ink) {
  double low_x = 1e9, high_x = -1e9, low = 1e9, high = -1e9;
  for (const Path::Step& step : path.steps()) {
    for (int k = 0; k < std::abs(step.points); ++k) {
      const Point p = frame_.apply(step.p[k]);
      low_x = std::min(low_x, p.x), high_x = std::max(high_x, p.x);
      low = std::min(low, p.y), high = std::max(high, p.y);
    }
  }
  const Rgb top = lit(ink.top, ink.shines), bottom = lit(ink.bottom, ink.shines);
  // The light falls from above and a little from its side.
  const double lean = (light_.from_left ? 0.3 : -0.3) * (high_x - low_x), middle = (low_x + high_x) / 2;
  Pattern gradient(cairo_pattern_create_linear(middle - lean, low, middle + lean, high + 1e-3));
  cairo_pattern_add_color_stop_rgb(gradient.get(), 0, top.r, top.g, top.b);
  cairo_pattern_add_color_stop_rgb(gradient.get(), 1, bottom.r, bottom.g, bottom.b);
  cairo_set_source(picture_.get(), gradient.get());
}

void Painter::set_pattern(const Ink& ink) {
  const int tile = (side_ * kTilePeriod + 63) / 64;
  const std::vector<uint8_t>& mask = texture_tile(ink.texture, tile);
  const Rgb c = lit(ink.mark, ink.shines);
  cairo_surface_t* surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, tile, tile);
  const int stride = cairo_image_surface_get_stride(surface);
  uint8_t* data = cairo_image_surface_get_data(surface);
  uint32_t ramp[256];  // Premultiplied, as Cairo wants it.
  for (uint32_t a = 0; a < 256; ++a) {
    const double alpha = a / 255.0 * ink.strength;
    ramp[a] = static_cast<uint32_t>(to_byte(alpha)) << 24 | static_cast<uint32_t>(to_byte(c.r * alpha)) << 16 |
              static_cast<uint32_t>(to_byte(c.g * alpha)) << 8 | to_byte(c.b * alpha);
  }
  cairo_surface_flush(surface);
  for (int y = 0; y < tile; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(data + y * stride);
    for (int x = 0; x < tile; ++x)
      row[x] = ramp[mask[static_cast<size_t>(y) * static_cast<size_t>(tile) + static_cast<size_t>(x)]];
  }
  cairo_surface_mark_dirty(surface);
  Pattern pattern(cairo_pattern_create_for_surface(surface));
  cairo_surface_destroy(surface);
  cairo_pattern_set_extend(pattern.get(), CAIRO_EXTEND_REPEAT);
  cairo_pattern_set_filter(pattern.get(), CAIRO_FILTER_BILINEAR);
  // From the picture's units to the tile's pixels: the pattern turns with the frame but keeps its pitch.
  const double s = tile / (kTilePeriod * ink.pitch), f = frame_.flip ? -1 : 1;
  cairo_matrix_t m;
  cairo_matrix_init(&m, s * f * frame_.cos, -s * frame_.sin, s * f * frame_.sin, s * frame_.cos, 0, 0);
  cairo_matrix_translate(&m, -frame_.x, -frame_.y);
  cairo_pattern_set_matrix(pattern.get(), &m);
  cairo_set_source(picture_.get(), pattern.get());
}

void Painter::mark_labels(const Path& path, double width, Part part, Material material, Texture texture) {
  if (!labels_) return;
  const Tag tag{instance_, static_cast<uint16_t>(label_of(object_)), static_cast<uint16_t>(label_of(part)),
                static_cast<uint16_t>(label_of(material)), static_cast<uint16_t>(label_of(texture))};
  const auto id = static_cast<uint32_t>(tags_.size());
  tags_.push_back(tag);
  cairo_set_source_rgb(labels_.get(), (id >> 16 & 255) / 255.0, (id >> 8 & 255) / 255.0, (id & 255) / 255.0);
  trace(labels_.get(), path);
  if (width > 0) {
    cairo_set_line_width(labels_.get(), width * frame_.scale);
    cairo_stroke(labels_.get());
  } else {
    cairo_fill(labels_.get());
  }
}

void Painter::track(const Path& path, double width) {
  if (!footprint_) footprint_ = make_context(CAIRO_FORMAT_A8, side_, true);
  cairo_set_source_rgba(footprint_.get(), 0, 0, 0, 1);
  trace(footprint_.get(), path);
  cairo_set_line_width(footprint_.get(), width * frame_.scale);
  if (width > 0)
    cairo_stroke(footprint_.get());
  else
    cairo_fill(footprint_.get());
}

void Painter::fill(const Path& path, Part part, Material material, const Ink& ink) {
  mark_labels(path, 0, part, material, ink.texture);
  if (tracked_) track(path, 0);
  if (!picture_) return;
  trace(picture_.get(), path);
  set_gradient(path, ink);
  if (ink.texture == Texture::kNone) {
    cairo_fill(picture_.get());
    return;
  }
  cairo_fill_preserve(picture_.get());
  set_pattern(ink);
  cairo_fill(picture_.get());
}

void Painter::stroke(const Path& path, double width, Part part, Material material, const Ink& ink) {
  mark_labels(path, width, part, material, ink.texture);
  if (tracked_) track(path, width);
  if (!picture_) return;
  trace(picture_.get(), path);
  set_gradient(path, ink);
  cairo_set_line_width(picture_.get(), width * frame_.scale);
  cairo_stroke(picture_.get());
}

void Painter::shade(const Path& path, Rgb c, double alpha) {
  if (tracked_) track(path, 0);
  if (!picture_) return;
  trace(picture_.get(), path);
  cairo_set_source_rgba(picture_.get(), c.r, c.g, c.b, alpha);
  cairo_fill(picture_.get());
}

void Painter::shade_line(const Path& path, double width, Rgb c, double alpha) {
  if (tracked_) track(path, width);
  if (!picture_) return;
  trace(picture_.get(), path);
  cairo_set_source_rgba(picture_.get(), c.r, c.g, c.b, alpha);
  cairo_set_line_width(picture_.get(), width * frame_.scale);
  cairo_stroke(picture_.get());
}

void Painter::glow(double cx, double cy, double rx, double ry, Rgb c, double alpha, bool adds) {
  const Point at = frame_.apply({cx, cy});
  const double sx = rx * frame_.scale, sy = ry * frame_.scale;
  if (tracked_) {
    if (!footprint_) footprint_ = make_context(CAIRO_FORMAT_A8, side_, true);
    cairo_set_source_rgba(footprint_.get(), 0, 0, 0, 1);
    cairo_rectangle(footprint_.get(), at.x - sx, at.y - sy, 2 * sx, 2 * sy);
    cairo_fill(footprint_.get());
  }
  if (!picture_) return;
  Pattern radial(cairo_pattern_create_radial(0, 0, 0, 0, 0, 1));
  cairo_pattern_add_color_stop_rgba(radial.get(), 0, c.r, c.g, c.b, alpha);
  cairo_pattern_add_color_stop_rgba(radial.get(), 0.5, c.r, c.g, c.b, alpha * 0.42);
  cairo_pattern_add_color_stop_rgba(radial.get(), 1, c.r, c.g, c.b, 0);
  cairo_save(picture_.get());
  cairo_translate(picture_.get(), at.x, at.y);
  cairo_scale(picture_.get(), sx, sy);
  cairo_set_source(picture_.get(), radial.get());
  if (adds) cairo_set_operator(picture_.get(), CAIRO_OPERATOR_SCREEN);
  cairo_rectangle(picture_.get(), -1, -1, 2, 2);
  cairo_fill(picture_.get());
  cairo_restore(picture_.get());
}

void Painter::ramp(double x0, double y0, double x1, double y1, Rgb c, double from, double to) {
  if (!picture_) return;
  Pattern linear(cairo_pattern_create_linear(x0, y0, x1, y1));
  cairo_pattern_add_color_stop_rgba(linear.get(), 0, c.r, c.g, c.b, from);
  cairo_pattern_add_color_stop_rgba(linear.get(), 1, c.r, c.g, c.b, to);
  cairo_set_source(picture_.get(), linear.get());
  cairo_paint(picture_.get());
}

Image Painter::picture() const {
  cairo_surface_t* surface = cairo_get_target(picture_.get());
  cairo_surface_flush(surface);
  const uint8_t* data = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  Image out(side_, side_);
  for (int y = 0; y < side_; ++y) {
    const auto* row = reinterpret_cast<const uint32_t*>(data + y * stride);
    uint8_t* to = out.at(0, y);
    for (int x = 0; x < side_; ++x, to += 3) {
      to[0] = static_cast<uint8_t>(row[x] >> 16), to[1] = static_cast<uint8_t>(row[x] >> 8),
      to[2] = static_cast<uint8_t>(row[x]);
    }
  }
  return out;
}

std::vector<uint32_t> Painter::label_indices() const {
  cairo_surface_t* surface = cairo_get_target(labels_.get());
  cairo_surface_flush(surface);
  const uint8_t* data = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  std::vector<uint32_t> out;
  out.reserve(static_cast<size_t>(label_side_) * static_cast<size_t>(label_side_));
  for (int y = 0; y < label_side_; ++y) {
    const auto* row = reinterpret_cast<const uint32_t*>(data + y * stride);
    for (int x = 0; x < label_side_; ++x) out.push_back(row[x] & 0xffffffU);
  }
  return out;
}

Image Painter::footprint() const {
  Image out(side_, side_, 1);
  if (!footprint_) return out;
  cairo_surface_t* surface = cairo_get_target(footprint_.get());
  cairo_surface_flush(surface);
  const uint8_t* data = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  for (int y = 0; y < side_; ++y) std::memcpy(out.at(0, y), data + y * stride, static_cast<size_t>(side_));
  return out;
}

}  // namespace microtome::diorama
