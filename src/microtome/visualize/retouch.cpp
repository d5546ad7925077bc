// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/retouch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"

namespace microtome {
namespace {

constexpr double kRetouchReach = 3;  // of a Gaussian, in deviations

struct Kernel {
  int64_t reach;
  std::vector<double> weights;  // 2 * reach + 1, summing to 1

  explicit Kernel(double sd) : reach(static_cast<int64_t>(std::ceil(kRetouchReach * sd))) {
    double sum = 0;
    for (int64_t k = -reach; k <= reach; ++k) {
      const double z = sd > 0 ? static_cast<double>(k) / sd : 0;
      weights.push_back(std::exp(-0.5 * z * z));
      sum += weights.back();
    }
    for (double& weight : weights) weight /= sum;
  }
};

// Along one axis: of `given` pixels the `count` from `first` on are wanted; beyond the given ones the edge repeats.
struct Axis {
  int64_t given, first, count;
  int64_t clamp(int64_t at) const { return std::clamp<int64_t>(at, 0, given - 1); }
};

template <class Scalar>
void add_scaled(Scalar* __restrict out, Scalar weight, const Scalar* __restrict in, int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] += weight * in[i];
}

// [rows, axis.given] -> [rows, axis.count], or its transpose; adds to `out`.
template <class Scalar>
void blur_along_rows(const Scalar* in, int64_t rows, const Axis& axis, const Kernel& kernel, Scalar* out) {
  std::vector<Scalar> line(static_cast<size_t>(axis.count + 2 * kernel.reach));
  for (int64_t row = 0; row < rows; ++row, in += axis.given, out += axis.count) {
    for (size_t j = 0; j < line.size(); ++j) {
      line[j] = in[axis.clamp(axis.first - kernel.reach + static_cast<int64_t>(j))];
    }
    for (size_t k = 0; k < kernel.weights.size(); ++k) {
      add_scaled(out, static_cast<Scalar>(kernel.weights[k]), line.data() + k, axis.count);
    }
  }
}
template <class Scalar>
void spread_along_rows(const Scalar* gradient, int64_t rows, const Axis& axis, const Kernel& kernel, Scalar* out) {
  std::vector<Scalar> line(static_cast<size_t>(axis.count + 2 * kernel.reach));
  for (int64_t row = 0; row < rows; ++row, out += axis.given, gradient += axis.count) {
    std::fill(line.begin(), line.end(), Scalar{0});
    for (size_t k = 0; k < kernel.weights.size(); ++k) {
      add_scaled(line.data() + k, static_cast<Scalar>(kernel.weights[k]), gradient, axis.count);
    }
    for (size_t j = 0; j < line.size(); ++j) {
      out[axis.clamp(axis.first - kernel.reach + static_cast<int64_t>(j))] += line[j];
    }
  }
}

// [axis.given, columns] -> [axis.count, columns], or its transpose; adds to `out`.
template <class Scalar>
void blur_along_columns(const Scalar* in, int64_t columns, const Axis& axis, const Kernel& kernel, bool transposed,
                        Scalar* out) {
  for (int64_t row = 0; row < axis.count; ++row) {
    for (size_t k = 0; k < kernel.weights.size(); ++k) {
      const int64_t other = axis.clamp(axis.first + row + static_cast<int64_t>(k) - kernel.reach);
      const int64_t from = transposed ? row : other, to = transposed ? other : row;
      add_scaled(out + to * columns, static_cast<Scalar>(kernel.weights[k]), in + from * columns, columns);
    }
  }
}

// What turns computed windows into the part asked for.
struct Plan {
  std::vector<Retouch> retouches;
  Aperture part;
  Aperture given;              // the part with the margin that the blurs read
  double per_row, per_column;  // window pixels per pixel of the picture

  double sd(const Retouch& retouch, double scale) const { return std::sqrt(retouch.blur_variance) * scale; }
  Axis rows() const { return {given.computed_rows(), part.top - given.top, part.computed_rows()}; }
  Axis columns() const { return {given.computed_columns(), part.left - given.left, part.computed_columns()}; }
};

Plan plan_of(std::span<const Retouch> retouches, const Aperture& part, int64_t height, int64_t width) {
  Plan plan{{retouches.begin(), retouches.end()},
            part,
            part,
            static_cast<double>(part.height) / static_cast<double>(height),
            static_cast<double>(part.width) / static_cast<double>(width)};
  int64_t reach_y = 0, reach_x = 0;
  for (const Retouch& retouch : retouches) {
    reach_y = std::max(reach_y, Kernel(plan.sd(retouch, plan.per_row)).reach);
    reach_x = std::max(reach_x, Kernel(plan.sd(retouch, plan.per_column)).reach);
  }
  Aperture& given = plan.given;
  given.top = std::max<int64_t>(0, part.top - reach_y);
  given.left = std::max<int64_t>(0, part.left - reach_x);
  given.rows = std::min(part.height, part.top + part.computed_rows() + reach_y) - given.top;
  given.columns = std::min(part.width, part.left + part.computed_columns() + reach_x) - given.left;
  return plan;
}

// One plane, to or from the part.
template <class Scalar>
void blur(const Plan& plan, const Retouch& retouch, const Scalar* in, Scalar* out) {
  const Axis rows = plan.rows(), columns = plan.columns();
  std::vector<Scalar> half(static_cast<size_t>(rows.given * columns.count));
  blur_along_rows(in, rows.given, columns, Kernel(plan.sd(retouch, plan.per_column)), half.data());
  blur_along_columns(half.data(), columns.count, rows, Kernel(plan.sd(retouch, plan.per_row)), false, out);
}
template <class Scalar>
void retouch_spread(const Plan& plan, const Retouch& retouch, const Scalar* gradient, Scalar* out) {
  const Axis rows = plan.rows(), columns = plan.columns();
  std::vector<Scalar> half(static_cast<size_t>(rows.given * columns.count));
  blur_along_columns(gradient, columns.count, rows, Kernel(plan.sd(retouch, plan.per_row)), true, half.data());
  spread_along_rows(half.data(), rows.given, columns, Kernel(plan.sd(retouch, plan.per_column)), out);
}

// In place, of `pixels` in planes; transposed without the offset.
template <class Scalar>
void recolour(const ColourMap& map, bool transposed, int64_t channels, int64_t pixels, Scalar* values) {
  if (map == ColourMap{}) return;
  const auto at = [&](size_t row, size_t column) {
    return static_cast<Scalar>(map.matrix[transposed ? 3 * column + row : 3 * row + column]);
  };
  std::array<Scalar, 3> b{};
  for (size_t c = 0; c < 3 && !transposed; ++c) b[c] = static_cast<Scalar>(map.offset[c]);
  if (channels == 1) {
    const auto scale = static_cast<Scalar>(map.matrix[0] + map.matrix[1] + map.matrix[2]);
    for (int64_t i = 0; i < pixels; ++i) values[i] = scale * values[i] + b[0];
    return;
  }
  const std::array<Scalar, 9> m{at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1),
                                at(1, 2), at(2, 0), at(2, 1), at(2, 2)};
  Scalar *red = values, *green = values + pixels, *blue = values + 2 * pixels;
  for (int64_t i = 0; i < pixels; ++i) {
    const Scalar r = red[i], g = green[i], u = blue[i];
    red[i] = m[0] * r + m[1] * g + m[2] * u + b[0];
    green[i] = m[3] * r + m[4] * g + m[5] * u + b[1];
    blue[i] = m[6] * r + m[7] * g + m[8] * u + b[2];
  }
}

float unit_interval(Rng& rng) { return static_cast<float>(rng.next()) * 0x1p-32f; }

// Calls add(column, value) for the columns of one row of the window. Normal values come in pairs (Box and Muller), so
// that a row takes half as many logarithms as it has pixels.
template <class Add>
void normal_row(Rng rng, float sd, int64_t begin, int64_t end, Add&& add) {
  for (int64_t column = 0; column < end; column += 2) {
    const float first = (static_cast<float>(rng.next()) + 1) * 0x1p-32f, turn = unit_interval(rng);
    if (column + 1 < begin) continue;
    const float radius = sd * std::sqrt(-2 * std::log(first)), angle = 2 * std::numbers::pi_v<float> * turn;
    if (column >= begin) add(column, radius * std::cos(angle));
    if (column + 1 < end) add(column + 1, radius * std::sin(angle));
  }
}
template <class Add>
void uniform_row(Rng rng, float half, int64_t begin, int64_t end, Add&& add) {
  for (int64_t column = 0; column < end; ++column) {
    const float value = half * (2 * unit_interval(rng) - 1);
    if (column >= begin) add(column, value);
  }
}

template <class Scalar>
void add_noise(const Noise& noise, const Aperture& part, int64_t channels, Scalar* out) {
  const int64_t left = part.left, columns = part.computed_columns();
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t row = 0; row < part.computed_rows(); ++row, out += columns) {
      const auto stream = [&](std::string_view purpose) {
        return Rng(noise.key, purpose, static_cast<uint64_t>(c), static_cast<uint64_t>(part.top + row));
      };
      const auto add = [&](int64_t column, float value) { out[column - left] += static_cast<Scalar>(value); };
      if (noise.sd > 0) normal_row(stream("noise"), static_cast<float>(noise.sd), left, left + columns, add);
      if (noise.uniform > 0) {
        uniform_row(stream("uniform noise"), static_cast<float>(noise.uniform), left, left + columns, add);
      }
    }
  }
}

struct PlanHolder : torch::CustomClassHolder {
  explicit PlanHolder(std::shared_ptr<const Plan> a_value) : value(std::move(a_value)) {}
  std::shared_ptr<const Plan> value;
};

class Touch : public torch::autograd::Function<Touch> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& seen,
                            const std::shared_ptr<const Plan>& plan) {
    const int64_t channels = seen.size(1), rows = plan->part.computed_rows(), columns = plan->part.computed_columns();
    const int64_t pixels = rows * columns, given = seen.size(2) * seen.size(3);
    at::Tensor out = at::zeros({seen.size(0), channels, rows, columns}, seen.options());
    AT_DISPATCH_FLOATING_TYPES(seen.scalar_type(), "retouch", [&] {
      const auto* in = seen.data_ptr<scalar_t>();
      auto* to = out.data_ptr<scalar_t>();
      for (const Retouch& retouch : plan->retouches) {
        for (int64_t c = 0; c < channels; ++c) blur(*plan, retouch, in + c * given, to + c * pixels);
        recolour(retouch.colour, false, channels, pixels, to);
        for (const Noise& noise : retouch.noise) add_noise(noise, plan->part, channels, to);
        in += channels * given;
        to += channels * pixels;
      }
    });
    context->saved_data["plan"] = c10::IValue::make_capsule(c10::make_intrusive<PlanHolder>(plan));
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const c10::intrusive_ptr<torch::CustomClassHolder> holder = context->saved_data["plan"].toCapsule();
    const Plan& plan = *static_cast<const PlanHolder&>(*holder).value;
    const at::Tensor gradient = gradients[0].clone(at::MemoryFormat::Contiguous);
    const int64_t channels = gradient.size(1), pixels = gradient.size(2) * gradient.size(3);
    const int64_t given = plan.rows().given * plan.columns().given;
    at::Tensor out =
        at::zeros({gradient.size(0), channels, plan.rows().given, plan.columns().given}, gradient.options());
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "retouch", [&] {
      auto* from = gradient.data_ptr<scalar_t>();
      auto* to = out.data_ptr<scalar_t>();
      for (const Retouch& retouch : plan.retouches) {
        recolour(retouch.colour, true, channels, pixels, from);
        for (int64_t c = 0; c < channels; ++c) retouch_spread(plan, retouch, from + c * pixels, to + c * given);
        from += channels * pixels;
        to += channels * given;
      }
    });
    return {out, at::Tensor()};
  }
};

}  // namespace

void ColourMap::then(const ColourMap& next) {
  const ColourMap before = *this;
  for (size_t row = 0; row < 3; ++row) {
    offset[row] = next.offset[row];
    for (size_t k = 0; k < 3; ++k) offset[row] += next.matrix[3 * row + k] * before.offset[k];
    for (size_t column = 0; column < 3; ++column) {
      double sum = 0;
      for (size_t k = 0; k < 3; ++k) sum += next.matrix[3 * row + k] * before.matrix[3 * k + column];
      matrix[3 * row + column] = sum;
    }
  }
}

at::Tensor resample_and_retouch(const at::Tensor& picture, std::span<const Placement> placements,
                                std::span<const Retouch> retouches, const Aperture& part) {
  if (std::ranges::all_of(retouches, &Retouch::plain)) return resample(picture, placements, part);
  const int64_t channels = picture.size(1);
  const auto recoloured = [](const Retouch& retouch) { return retouch.colour != ColourMap{}; };
  if (channels != 1 && channels != 3 && std::ranges::any_of(retouches, recoloured)) {
    throw Error(ErrorKind::kUnsupported, "colour",
                "colours of " + std::to_string(channels) + " channels are not mapped", "leave the transform out");
  }
  const auto plan = std::make_shared<const Plan>(plan_of(retouches, part, picture.size(2), picture.size(3)));
  return Touch::apply(resample(picture, placements, plan->given), plan);
}

}  // namespace microtome
