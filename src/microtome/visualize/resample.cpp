// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/resample.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

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

// Where one row of the window reads: for each pixel the framed offset of its upper left neighbour, and the fractions
// from there. Each loop over a row is alike for all its pixels, so that it runs in vectors.
template <class Scalar>
class Row {
 public:
  explicit Row(const Geometry& g) : g_(g), offset_(size()), fx_(size()), fy_(size()) {}

  void place(int64_t row) {
    const double margin = g_.grey ? 1 : 0;
    const double last_x = static_cast<double>(g_.in_width - 1) + margin;
    const double last_y = static_cast<double>(g_.in_height - 1) + margin;
    const double row_x = g_.xy * static_cast<double>(row) + g_.x0, row_y = g_.yy * static_cast<double>(row) + g_.y0;
    const double xx = g_.xx, yx = g_.yx, stride = static_cast<double>(g_.stride());
    for (size_t i = 0; i < size(); ++i) {
      const auto c = static_cast<double>(static_cast<int32_t>(i));
      const double x = std::min(std::max(xx * c + row_x, -margin), last_x) + kFrameBefore;
      const double y = std::min(std::max(yx * c + row_y, -margin), last_y) + kFrameBefore;
      const double left = static_cast<int32_t>(x), top = static_cast<int32_t>(y);  // both >= 0: truncation is floor
      offset_[i] = static_cast<int32_t>(top * stride + left);
      fx_[i] = static_cast<Scalar>(x - left);
      fy_[i] = static_cast<Scalar>(y - top);
    }
  }

  void gather(const Scalar* framed, Scalar* to) const {
    const int64_t stride = g_.stride();
    for (size_t i = 0; i < size(); ++i) {
      const Scalar* at = framed + offset_[i];
      const Scalar upper = at[0] + fx_[i] * (at[1] - at[0]);
      const Scalar lower = at[stride] + fx_[i] * (at[stride + 1] - at[stride]);
      to[i] = upper + fy_[i] * (lower - upper);
    }
  }

  void scatter(const Scalar* from, Scalar* framed) const {
    const int64_t stride = g_.stride();
    for (size_t i = 0; i < size(); ++i) {
      Scalar* at = framed + offset_[i];
      const Scalar lower = fy_[i] * from[i], upper = from[i] - lower;
      const Scalar upper_right = fx_[i] * upper, lower_right = fx_[i] * lower;
      at[0] += upper - upper_right;
      at[1] += upper_right;
      at[stride] += lower - lower_right;
      at[stride + 1] += lower_right;
    }
  }

 private:
  size_t size() const { return static_cast<size_t>(g_.width); }

  const Geometry& g_;
  std::vector<int32_t> offset_;
  std::vector<Scalar> fx_, fy_;
};

template <class Scalar>
void gather(const Geometry& g, const Scalar* framed, int64_t planes, Scalar* out) {
  Row<Scalar> row(g);
  for (int64_t y = 0; y < g.height; ++y) {
    row.place(y);
    for (int64_t p = 0; p < planes; ++p) row.gather(framed + p * g.plane(), out + (p * g.height + y) * g.width);
  }
}

template <class Scalar>
void scatter(const Geometry& g, const Scalar* gradient, int64_t planes, Scalar* framed) {
  Row<Scalar> row(g);
  for (int64_t y = 0; y < g.height; ++y) {
    row.place(y);
    for (int64_t p = 0; p < planes; ++p) row.scatter(gradient + (p * g.height + y) * g.width, framed + p * g.plane());
  }
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
