// SPDX-License-Identifier: Apache-2.0
// Values read between the cells of maps: at given places, over a plane that is turned, in regions.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/network/ops/operator.h"

namespace microtome::operators {
namespace {

using at::Tensor;

// The place of a name in a list, where pairs of names mean the same.
int64_t choice_of(const OperatorCall& call, const std::string& attribute, const std::string& usual,
                  std::initializer_list<std::pair<std::string_view, std::string_view>> choices) {
  const std::string name = string_attribute(call.node, attribute, usual);
  int64_t place = 0;
  for (const auto& [one, other] : choices) {
    if (name == one || name == other) return place;
    ++place;
  }
  throw Error(ErrorKind::kUnsupported, "",
              fmt::format("{} with {} \"{}\" is not supported", call.node.op, attribute, name), "");
}

void run_grid_sample(OperatorCall& call) {
  const Tensor &x = call.input(0), grid = call.input(1);
  const bool fits = x.dim() == grid.dim() && (x.dim() == 4 || x.dim() == 5) && x.numel() > 0 &&
                    grid.size(0) == x.size(0) && grid.size(-1) == x.dim() - 2;
  if (!fits) {
    throw Error(ErrorKind::kCorrupt, "",
                fmt::format("samples [{}] at places [{}]", fmt::join(x.sizes(), ","), fmt::join(grid.sizes(), ",")),
                "export the network again");
  }
  const int64_t mode =
      choice_of(call, "mode", "linear", {{"linear", "bilinear"}, {"nearest", ""}, {"cubic", "bicubic"}});
  const int64_t outside = choice_of(call, "padding_mode", "zeros", {{"zeros", ""}, {"border", ""}, {"reflection", ""}});
  if (mode == 2 && x.dim() == 5) {
    throw Error(ErrorKind::kUnsupported, "", "cubic sampling of volumes is not supported", "");
  }
  const double places = static_cast<double>(grid.numel()) / static_cast<double>(x.dim() - 2);
  call.limits.check_elements(places * static_cast<double>(x.size(1)), x.element_size());
  call.outputs[0] =
      at::grid_sampler(x, grid.to(x.scalar_type()), mode, outside, int_attribute(call.node, "align_corners", 0) != 0);
}

void run_affine_grid(OperatorCall& call) {
  const std::vector<int64_t> size = to_ints(call.input(1), {1, kLargestInteger});
  const Tensor& theta = call.input(0);
  if (theta.dim() != 3 || (size.size() != 4 && size.size() != 5) || theta.size(0) != size[0] ||
      theta.size(1) != static_cast<int64_t>(size.size()) - 2 || theta.size(2) != theta.size(1) + 1) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("lays a plane [{}]", fmt::join(theta.sizes(), ",")),
                "export the network again");
  }
  call.limits.check_elements(4 * count_elements(size) / static_cast<double>(size[1]), theta.element_size());
  call.outputs[0] = at::affine_grid_generator(theta, size, int_attribute(call.node, "align_corners", 0) != 0);
}

// How `count` cells of a region that begins at `from` are read along an axis of `length`, `samples` a cell: a matrix
// [count * samples, length] of linear interpolation; what is further than one beyond the ends reads nothing.
Tensor region_weights(double from, double extent, int64_t count, int64_t samples, int64_t length) {
  Tensor weights = at::zeros({count * samples, length}, at::kDouble);
  double* row = weights.data_ptr<double>();
  const double step = extent / static_cast<double>(count * samples);
  for (int64_t i = 0; i < count * samples; ++i, row += length) {
    const double place = from + (static_cast<double>(i) + 0.5) * step;
    if (!(place >= -1 && place <= static_cast<double>(length))) continue;
    const double inside = std::clamp(place, 0.0, static_cast<double>(length - 1));
    const auto low = static_cast<int64_t>(inside);
    const double share = inside - static_cast<double>(low);
    row[low] += 1 - share;
    row[std::min(low + 1, length - 1)] += share;
  }
  return weights;
}

struct Regions {
  int64_t height, width, samples;
  double scale, shift;
  bool at_least_one;  // a side of less than one cell counts as one
};

Tensor read_region(const OperatorCall& call, const Tensor& map, const double* corners, const Regions& regions) {
  double from[2], extent[2];
  int64_t samples[2];
  const int64_t counts[2] = {regions.width, regions.height};
  for (size_t axis = 0; axis < 2; ++axis) {  // x, then y
    from[axis] = corners[axis] * regions.scale - regions.shift;
    extent[axis] = corners[axis + 2] * regions.scale - regions.shift - from[axis];
    if (regions.at_least_one) extent[axis] = std::max(extent[axis], 1.0);
    const double cells = std::ceil(extent[axis] / static_cast<double>(counts[axis]));
    if (!(std::abs(from[axis]) < 1e9 && cells < 1e6)) {
      throw Error(ErrorKind::kCorrupt, "", "reads a region that is no number", "check the size of the input");
    }
    samples[axis] = regions.samples > 0 ? regions.samples : std::max<int64_t>(static_cast<int64_t>(cells), 1);
    call.limits.check_elements(static_cast<double>(counts[axis] * samples[axis]) * static_cast<double>(map.size(2)) *
                                   static_cast<double>(map.size(0)),
                               sizeof(double));
  }
  const Tensor across = region_weights(from[0], extent[0], counts[0], samples[0], map.size(2)).to(map.options());
  const Tensor down = region_weights(from[1], extent[1], counts[1], samples[1], map.size(1)).to(map.options());
  const auto mean_of = [](const Tensor& weights, int64_t count, int64_t each) {
    return weights.reshape({count, each, weights.size(1)}).mean(1);
  };
  return at::matmul(at::matmul(mean_of(down, counts[1], samples[1]), map), mean_of(across, counts[0], samples[0]).t());
}

// The mean of linear samples in each cell of each region [R,4] (x1, y1, x2, y2), from the map of its picture [R].
void run_roi_align(OperatorCall& call) {
  const Tensor& x = call.input(0);
  const Tensor boxes = call.input(1).to(at::kCPU, at::kDouble).contiguous();
  const std::vector<int64_t> pictures = to_ints(call.input(2));
  if (choice_of(call, "mode", "avg", {{"avg", ""}, {"max", ""}}) == 1) {
    throw Error(ErrorKind::kUnsupported, "", "the largest value of regions is not supported",
                "export it with mean values");
  }
  if (x.dim() != 4 || x.numel() == 0 || boxes.dim() != 2 || boxes.size(1) != 4 ||
      static_cast<int64_t>(pictures.size()) != boxes.size(0)) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("reads regions [{}]", fmt::join(boxes.sizes(), ",")),
                "export the network again");
  }
  const bool old =
      choice_of(call, "coordinate_transformation_mode", call.node.version < 16 ? "output_half_pixel" : "half_pixel",
                {{"half_pixel", ""}, {"output_half_pixel", ""}}) == 1;
  const Regions regions{int_attribute(call.node, "output_height", 1, {1, 1 << 12}),
                        int_attribute(call.node, "output_width", 1, {1, 1 << 12}),
                        int_attribute(call.node, "sampling_ratio", 0, {0, 1 << 10}),
                        float_attribute(call.node, "spatial_scale", 1.0),
                        old ? 0.0 : 0.5,
                        old};
  const double cells = static_cast<double>(regions.height * regions.width);
  call.limits.check_elements(cells * static_cast<double>(boxes.size(0) * x.size(1)), x.element_size());
  call.limits.check_work(static_cast<double>(boxes.size(0)) * static_cast<double>(x[0].numel()) *
                         static_cast<double>(regions.height));
  std::vector<Tensor> made;
  for (int64_t i = 0; i < boxes.size(0); ++i) {
    const Tensor& map = x[pictures[static_cast<size_t>(i)]];
    made.push_back(read_region(call, map, boxes.data_ptr<double>() + 4 * i, regions));
  }
  call.outputs[0] =
      made.empty() ? at::zeros({0, x.size(1), regions.height, regions.width}, x.options()) : at::stack(made);
}

struct Box {
  double left, top, right, bottom;

  double area() const { return (right - left) * (bottom - top); }
  double overlap(const Box& other) const {
    const double wide = std::min(right, other.right) - std::max(left, other.left);
    const double high = std::min(bottom, other.bottom) - std::max(top, other.top);
    const double both = std::max(wide, 0.0) * std::max(high, 0.0);
    return both > 0 ? both / (area() + other.area() - both) : 0;
  }
};

std::vector<Box> boxes_of(const Tensor& given, bool centers) {  // [B,4], float64
  std::vector<Box> boxes;
  for (int64_t i = 0; i < given.size(0); ++i) {
    const double* b = given.data_ptr<double>() + 4 * i;
    if (centers) {
      boxes.push_back({b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2, b[1] + b[3] / 2});
    } else {
      boxes.push_back({std::min(b[1], b[3]), std::min(b[0], b[2]), std::max(b[1], b[3]), std::max(b[0], b[2])});
    }
  }
  return boxes;
}

double number_or(const OperatorCall& call, size_t i, double fallback) {
  return call.has(i) && call.inputs[i].numel() == 1 ? call.inputs[i].item<double>() : fallback;
}

// Of the boxes of one class, best first, those that overlap none kept before by more than allowed.
std::vector<int64_t> kept_boxes(const OperatorCall& call, const std::vector<Box>& boxes, const double* scores) {
  const double most = number_or(call, 2, 0), overlap = number_or(call, 3, 0);
  const double least = number_or(call, 4, -std::numeric_limits<double>::infinity());
  std::vector<int64_t> order, kept;
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (scores[i] > least) order.push_back(static_cast<int64_t>(i));
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  for (const int64_t i : order) {
    if (!(static_cast<double>(kept.size()) < most)) break;
    const Box& box = boxes[static_cast<size_t>(i)];
    const auto hides = [&](int64_t k) { return boxes[static_cast<size_t>(k)].overlap(box) > overlap; };
    if (std::ranges::none_of(kept, hides)) kept.push_back(i);
  }
  return kept;
}

// Rows (picture, class, box).
void run_non_max_suppression(OperatorCall& call) {
  const Tensor boxes = call.input(0).to(at::kCPU, at::kDouble).contiguous();
  const Tensor scores = call.input(1).to(at::kCPU, at::kDouble).contiguous();
  if (boxes.dim() != 3 || boxes.size(2) != 4 || scores.dim() != 3 || scores.size(0) != boxes.size(0) ||
      scores.size(2) != boxes.size(1)) {
    throw Error(ErrorKind::kCorrupt, "", fmt::format("keeps the best of boxes [{}]", fmt::join(boxes.sizes(), ",")),
                "export the network again");
  }
  call.limits.check_work(static_cast<double>(scores.numel()) * static_cast<double>(boxes.size(1)));
  std::vector<int64_t> rows;
  for (int64_t n = 0; n < boxes.size(0); ++n) {
    const std::vector<Box> found = boxes_of(boxes[n], int_attribute(call.node, "center_point_box", 0) != 0);
    for (int64_t c = 0; c < scores.size(1); ++c) {
      const double* own = scores.data_ptr<double>() + (n * scores.size(1) + c) * scores.size(2);
      for (const int64_t box : kept_boxes(call, found, own)) rows.insert(rows.end(), {n, c, box});
    }
  }
  call.outputs[0] = at::tensor(rows, at::kLong).reshape({static_cast<int64_t>(rows.size()) / 3, 3});
}

constexpr Operator kSamplingOperators[] = {
    {.name = "GridSample", .run = run_grid_sample, .window = everything},
    {.name = "AffineGrid", .run = run_affine_grid, .window = everything},
    {.name = "RoiAlign", .run = run_roi_align, .window = everything},
    {.name = "NonMaxSuppression", .run = run_non_max_suppression, .window = everything, .shape_follows = {0, 5}},
};

}  // namespace

extern const OperatorFamily sampling;
const OperatorFamily sampling{"sampling", kSamplingOperators};

}  // namespace microtome::operators
