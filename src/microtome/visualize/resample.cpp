// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/resample.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace microtome {
namespace {

// The picture is framed by one row above and left and two below and right that hold what lies outside, so that every
// window pixel reads four neighbours without asking whether they exist: a position is clamped to where the value no
// longer changes, first. Along one axis of `size` pixels that is [-1, size] with grey outside, [0, size - 1] without.
constexpr int64_t kFrameBefore = 1;
constexpr int64_t kFrame = 3;

struct Geometry {
  int64_t in_height, in_width, height, width;
  double xx, xy, x0, yx, yy, y0;  // picture x = xx * column + xy * row + x0
  bool grey;

  Geometry(const Placement& p, int64_t in_h, int64_t in_w, int64_t out_h, int64_t out_w)
      : in_height(in_h), in_width(in_w), height(out_h), width(out_w), grey(p.outside.has_value()) {
    const double step_x = static_cast<double>(in_w) / static_cast<double>(out_w);
    const double step_y = static_cast<double>(in_h) / static_cast<double>(out_h);
    const double left = -0.5 * static_cast<double>(out_w - 1) * step_x;
    const double top = -0.5 * static_cast<double>(out_h - 1) * step_y;
    xx = p.xx * step_x;
    xy = p.xy * step_y;
    x0 = p.xx * left + p.xy * top + p.x + 0.5 * static_cast<double>(in_w - 1);
    yx = p.yx * step_x;
    yy = p.yy * step_y;
    y0 = p.yx * left + p.yy * top + p.y + 0.5 * static_cast<double>(in_h - 1);
  }
  int64_t stride() const { return in_width + kFrame; }
  int64_t plane() const { return (in_height + kFrame) * stride(); }
};

// Calls visit(window pixel, framed offset of the upper left neighbour, fraction x, fraction y), row by row.
template <class Scalar, class Visit>
void for_each_pixel(const Geometry& g, Visit&& visit) {
  const double margin = g.grey ? 1 : 0;
  const double last_x = static_cast<double>(g.in_width - 1) + margin,
               last_y = static_cast<double>(g.in_height - 1) + margin;
  for (int64_t row = 0; row < g.height; ++row) {
    const double row_x = g.xy * static_cast<double>(row) + g.x0, row_y = g.yy * static_cast<double>(row) + g.y0;
    for (int64_t column = 0; column < g.width; ++column) {
      const double c = static_cast<double>(column);
      const double x = std::clamp(g.xx * c + row_x, -margin, last_x) + kFrameBefore;
      const double y = std::clamp(g.yx * c + row_y, -margin, last_y) + kFrameBefore;
      const auto left = static_cast<int64_t>(x), top = static_cast<int64_t>(y);  // both >= 0: truncation is floor
      visit(row * g.width + column, top * g.stride() + left, static_cast<Scalar>(x - static_cast<double>(left)),
            static_cast<Scalar>(y - static_cast<double>(top)));
    }
  }
}

template <class Scalar>
void gather(const Geometry& g, const Scalar* framed, int64_t planes, Scalar* out) {
  const int64_t pixels = g.height * g.width, stride = g.stride(), plane = g.plane();
  for_each_pixel<Scalar>(g, [&](int64_t pixel, int64_t offset, Scalar fx, Scalar fy) {
    const Scalar* at = framed + offset;
    Scalar* to = out + pixel;
    for (int64_t p = 0; p < planes; ++p, at += plane, to += pixels) {
      const Scalar upper = at[0] + fx * (at[1] - at[0]);
      const Scalar lower = at[stride] + fx * (at[stride + 1] - at[stride]);
      *to = upper + fy * (lower - upper);
    }
  });
}

template <class Scalar>
void scatter(const Geometry& g, const Scalar* gradient, int64_t planes, Scalar* framed) {
  const int64_t pixels = g.height * g.width, stride = g.stride(), plane = g.plane();
  for_each_pixel<Scalar>(g, [&](int64_t pixel, int64_t offset, Scalar fx, Scalar fy) {
    const Scalar* from = gradient + pixel;
    Scalar* at = framed + offset;
    for (int64_t p = 0; p < planes; ++p, at += plane, from += pixels) {
      const Scalar lower = fy * *from, upper = *from - lower;
      at[0] += upper - fx * upper;
      at[1] += fx * upper;
      at[stride] += lower - fx * lower;
      at[stride + 1] += fx * lower;
    }
  });
}

at::Tensor inner(const at::Tensor& framed, int64_t height, int64_t width) {
  return framed.narrow(2, kFrameBefore, height).narrow(3, kFrameBefore, width);
}

class Resample : public torch::autograd::Function<Resample> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& picture,
                            const Placement& placement, int64_t height, int64_t width) {
    const int64_t n = picture.size(0), channels = picture.size(1), h = picture.size(2), w = picture.size(3);
    const auto geometry = std::make_shared<Geometry>(placement, h, w, height, width);
    // Without grey the frame is never weighed by more than 0; a finite value keeps 0 * value at 0.
    at::Tensor framed =
        at::full({n, channels, h + kFrame, w + kFrame}, placement.outside.value_or(0), picture.options());
    inner(framed, h, w).copy_(picture);
    at::Tensor out = at::empty({n, channels, height, width}, picture.options());
    AT_DISPATCH_FLOATING_TYPES(picture.scalar_type(), "resample", [&] {
      gather(*geometry, framed.data_ptr<scalar_t>(), n * channels, out.data_ptr<scalar_t>());
    });
    context->saved_data["placement"] =
        std::vector<double>{placement.xx, placement.xy, placement.yx, placement.yy, placement.x, placement.y};
    context->saved_data["grey"] = placement.outside.has_value();
    context->saved_data["size"] = std::vector<int64_t>{h, w};
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor gradient = gradients[0].contiguous();
    const std::vector<double> p = context->saved_data["placement"].toDoubleVector();
    const std::vector<int64_t> size = context->saved_data["size"].toIntVector();
    Placement placement{p[0], p[1], p[2], p[3], p[4], p[5], {}};
    if (context->saved_data["grey"].toBool()) placement.outside = 0;
    const Geometry geometry(placement, size[0], size[1], gradient.size(2), gradient.size(3));
    const int64_t n = gradient.size(0), channels = gradient.size(1);
    at::Tensor framed = at::zeros({n, channels, size[0] + kFrame, size[1] + kFrame}, gradient.options());
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "resample", [&] {
      scatter(geometry, gradient.data_ptr<scalar_t>(), n * channels, framed.data_ptr<scalar_t>());
    });
    return {inner(framed, size[0], size[1]).contiguous(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

void Placement::shift(double dx, double dy) {
  x -= xx * dx + xy * dy;
  y -= yx * dx + yy * dy;
}

void Placement::scale(double factor) {
  xx /= factor;
  xy /= factor;
  yx /= factor;
  yy /= factor;
}

void Placement::rotate(double radians) {
  const double c = std::cos(radians), s = std::sin(radians);
  const Placement before = *this;  // window points turn back by the angle: [c s; -s c]
  xx = before.xx * c - before.xy * s;
  xy = before.xx * s + before.xy * c;
  yx = before.yx * c - before.yy * s;
  yy = before.yx * s + before.yy * c;
}

at::Tensor resample(const at::Tensor& picture, const Placement& placement, int64_t height, int64_t width) {
  return Resample::apply(picture, placement, height, width);
}

}  // namespace microtome
