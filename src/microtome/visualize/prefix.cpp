// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/prefix.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "microtome/base/rng.h"
#include "microtome/network/passes.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

// A smaller part is not worth the odd sizes; a value further off than rounding means that the cut was wrong.
constexpr double kWorthwhile = 0.75, kRounding = 1e-3;

// Of one axis: where the part begins, how long it is, and which cell of the whole map its map begins with.
struct PrefixSpan {
  int64_t begin = 0, length = 0, origin = 0;
};

// The pixels that cell p of a map can see, on an axis of `size` pixels. The part begins at a whole step, so that every
// stride on the way falls where it did.
PrefixSpan prefix_span_of(const ReceptiveField& field, size_t axis, int64_t p, int64_t size) {
  const int64_t step = field.step[axis], first = field.start[axis] + p * step;
  const int64_t begin = std::max<int64_t>(first, 0) / step * step;
  const int64_t end = std::min(first + field.size[axis], size);
  return {begin, end - begin, begin / step};
}

at::Tensor noise(int64_t channels, int64_t height, int64_t width) {
  at::Tensor out = at::empty({1, channels, height, width}, at::kFloat);
  Rng rng(0, "cut");
  float* values = out.data_ptr<float>();
  for (int64_t i = 0; i < out.numel(); ++i) values[i] = static_cast<float>(rng.normal());
  return out;
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  const double scale = a.abs().max().item<double>();
  return (a - b).abs().max().item<double>() <= kRounding * scale;
}

}  // namespace

Trunk::Trunk(const Network& network, std::vector<std::string> layers) : layers_(std::move(layers)) {
  if (layers_.empty()) return;
  const Network pruned = prune_to(network, layers_);
  for (const std::string& layer : layers_) fields_.push_back(pruned.layer(layer).receptive_field);
  free_size_ = pruned.free_size();
  own_size_ = {network.height(), network.width()};
  graph_ = folded_batch_norm(pruned.graph(), pruned.graph().outputs);
  executor_ = make_executor(graph_, layers_);
}

std::array<int64_t, 2> Trunk::input_size(int64_t side) const {
  if (free_size_ || layers_.empty()) return {side, side};
  return own_size_;
}

Prefix::Prefix(const Trunk& trunk, const Reads& reads, int64_t height, int64_t width)
    : aperture_{.height = height, .width = width}, graph_(trunk.graph()) {
  for (const std::string& layer : trunk.layers()) cuts_.push_back({.layer = layer, .units = {}});
  if (cuts_.empty()) return;
  const bool alone = cuts_.size() == 1;
  if (alone) cut_units(reads.layers[0]);
  executor_ = make_executor(graph_, trunk.layers());
  if (alone && reads.layers[0].position) cut_input(trunk.receptive_field(0), *reads.layers[0].position);
}

void Prefix::cut_units(const LayerReads& reads) {
  if (!reads.units || reads.units->empty()) return;
  const ValueIndex sliced = add_slice(graph_, graph_.outputs[0], *reads.units);
  if (sliced < 0) return;
  graph_ = pruned_graph(graph_, std::span(&sliced, 1));
  cuts_[0].units = *reads.units;
}

void Prefix::cut_input(const ReceptiveField& field, std::array<int64_t, 2> position) {
  if (field.step[0] < 1 || field.step[1] < 1) return;
  const int64_t channels = graph_.values[static_cast<size_t>(graph_.input)].shape[1];
  const at::Tensor whole_input = noise(channels, aperture_.height, aperture_.width);
  const std::vector<at::Tensor> whole = executor_->run(whole_input);
  if (whole[0].dim() != 4) return;
  const std::array<int64_t, 2> map = {whole[0].size(3), whole[0].size(2)};
  for (size_t axis = 0; axis < 2; ++axis) {
    if (position[axis] < 0) position[axis] = map[axis] / 2;
    if (position[axis] >= map[axis]) return;  // View::column() refuses it
  }
  const PrefixSpan x = prefix_span_of(field, 0, position[0], aperture_.width),
                   y = prefix_span_of(field, 1, position[1], aperture_.height);
  const auto all = static_cast<double>(aperture_.width * aperture_.height);
  if (x.length < 1 || y.length < 1 || static_cast<double>(x.length * y.length) > kWorthwhile * all) return;
  const Aperture part{aperture_.height, aperture_.width, y.begin, x.begin, y.length, x.length};
  Cut cut = cuts_[0];
  cut.origin = {x.origin, y.origin};
  cut.size = map;
  const at::Tensor expected = view(whole).column(cut.layer, position[0], position[1]);
  const std::vector<at::Tensor> cropped =
      executor_->run(whole_input.narrow(2, y.begin, y.length).narrow(3, x.begin, x.length).contiguous());
  if (cropped[0].size(3) <= position[0] - x.origin || cropped[0].size(2) <= position[1] - y.origin) return;
  std::swap(cuts_[0], cut);
  if (same(expected, view(cropped).column(cut.layer, position[0], position[1]))) {
    aperture_ = part;
  } else {
    std::swap(cuts_[0], cut);
  }
}

const Executor& Prefix::redirected() const {
  const std::scoped_lock lock(mutex_);
  if (!redirected_) redirected_ = make_executor(redirected_graph(graph_), executor_->taps());
  return *redirected_;
}

View Prefix::view(const std::vector<at::Tensor>& taps) const {
  View view;
  for (size_t i = 0; i < cuts_.size() && i < taps.size(); ++i) {
    const Cut& cut = cuts_[i];
    view.add(cut.layer, taps[i], cut.units, cut.origin, cut.size);
  }
  return view;
}

}  // namespace microtome
