// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/resample.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "microtome/base/error.h"

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

  Geometry(const Placement& p, int64_t in_h, int64_t in_w, const Aperture& window)
      : in_height(in_h),
        in_width(in_w),
        height(window.computed_rows()),
        width(window.computed_columns()),
        grey(p.outside.has_value()) {
    const double step_x = static_cast<double>(in_w) / static_cast<double>(window.width);
    const double step_y = static_cast<double>(in_h) / static_cast<double>(window.height);
    const double left = (static_cast<double>(window.left) - 0.5 * static_cast<double>(window.width - 1)) * step_x;
    const double top = (static_cast<double>(window.top) - 0.5 * static_cast<double>(window.height - 1)) * step_y;
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

// What the backward needs beside the gradient.
struct Resampling {
  std::vector<Placement> placements;
  Aperture window;
  int64_t count, height, width;  // of the pictures

  size_t copies() const { return placements.size() / static_cast<size_t>(count); }
  Geometry geometry(size_t i) const { return {placements[i], height, width, window}; }
};

struct ResamplingHolder : torch::CustomClassHolder {
  explicit ResamplingHolder(Resampling a_value) : value(std::move(a_value)) {}
  Resampling value;
};

class Resample : public torch::autograd::Function<Resample> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& picture,
                            const std::shared_ptr<const Resampling>& resampling) {
    const int64_t channels = picture.size(1);
    const Resampling& r = *resampling;
    const Aperture& window = r.window;
    at::Tensor framed, out = at::empty({static_cast<int64_t>(r.placements.size()), channels, window.computed_rows(),
                                        window.computed_columns()},
                                       picture.options());
    for (size_t i = 0; i < r.placements.size(); ++i) {
      const Placement& placement = r.placements[i];
      const bool same = i % r.copies() != 0 && placement.outside == r.placements[i - 1].outside;
      if (!same) framed = frame(picture[static_cast<int64_t>(i / r.copies())], placement.outside.value_or(0));
      AT_DISPATCH_FLOATING_TYPES(picture.scalar_type(), "resample", [&] {
        gather(r.geometry(i), framed.data_ptr<scalar_t>(), channels, out[static_cast<int64_t>(i)].data_ptr<scalar_t>());
      });
    }
    context->saved_data["resampling"] = c10::IValue::make_capsule(c10::make_intrusive<ResamplingHolder>(r));
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor gradient = gradients[0].contiguous();
    const c10::intrusive_ptr<torch::CustomClassHolder> holder = context->saved_data["resampling"].toCapsule();
    const Resampling& r = static_cast<const ResamplingHolder&>(*holder).value;
    const int64_t channels = gradient.size(1);
    at::Tensor framed = at::zeros({r.count, channels, r.height + kFrame, r.width + kFrame}, gradient.options());
    for (size_t i = 0; i < r.placements.size(); ++i) {
      AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "resample", [&] {
        scatter(r.geometry(i), gradient[static_cast<int64_t>(i)].data_ptr<scalar_t>(), channels,
                framed[static_cast<int64_t>(i / r.copies())].data_ptr<scalar_t>());
      });
    }
    return {inner(framed, r.height, r.width).contiguous(), at::Tensor()};
  }

 private:
  // Without grey the frame is never weighed by more than 0; a finite value keeps 0 * value at 0.
  static at::Tensor frame(const at::Tensor& picture, double outside) {
    at::Tensor framed =
        at::full({1, picture.size(0), picture.size(1) + kFrame, picture.size(2) + kFrame}, outside, picture.options());
    inner(framed, picture.size(1), picture.size(2)).copy_(picture.unsqueeze(0));
    return framed;
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

void Placement::mirror() {
  xx = -xx;
  yx = -yx;
}

at::Tensor resample(const at::Tensor& picture, std::span<const Placement> placements, const Aperture& window) {
  const auto count = static_cast<size_t>(picture.size(0));
  if (placements.empty() || placements.size() % count != 0) {
    throw Error(ErrorKind::kInternal, "resample", "the placements are no multiple of the pictures");
  }
  return Resample::apply(
      picture, std::make_shared<const Resampling>(Resampling{
                   {placements.begin(), placements.end()}, window, picture.size(0), picture.size(2), picture.size(3)}));
}

}  // namespace microtome
