// SPDX-License-Identifier: Apache-2.0
// What does a step of the ascent cost beside forward and input-backward of the pruned network alone, and beside the
// habit of tools that run the whole network at its own size and keep the weights' gradients? All three take turns in
// one thread; ratios are medians over the rounds. Usage: bench_visualization [rounds [network...]]
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include "microtome/base/platform.h"
#include "microtome/base/workers.h"
#include "microtome/network/executor.h"
#include "microtome/network/threads.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/expression.h"
#include "microtome/visualize/prefix.h"
#include "microtome/visualize/render.h"
#include "networks.h"

namespace microtome {
namespace {

constexpr int64_t kSteps = 8, kSide = 224;

// CPU time of the calling thread: other work on the machine moves it little.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
double timed(Work&& work) {
  const double start = cpu_seconds();
  work();
  return cpu_seconds() - start;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// The pruned network, batch norm folded, all units of the target.
class Floor {
 public:
  Floor(const Network& network, const std::string& layer, int64_t unit, int64_t side)
      : unit_(unit), executor_(make_executor(network, {layer})), input_(at::randn({1, 3, side, side})) {}

  double step() const {
    const auto tape = executor_->record(input_);
    const at::Tensor& tap = tape->taps()[0];
    at::Tensor gradient = at::zeros_like(tap);
    gradient.select(1, unit_).fill_(1.0 / static_cast<double>(tap.select(1, unit_).numel()));
    tape->pull_back(std::span<const at::Tensor>(&gradient, 1));
    return tap.select(1, unit_).mean().item<double>();
  }
  const at::Tensor& input() const { return input_; }

 private:
  int64_t unit_;
  std::unique_ptr<Executor> executor_;
  at::Tensor input_;
};

// The whole network at its own size, gradients of all weights kept and added up.
class Habit {
 public:
  Habit(const Network& network, const std::string& layer, int64_t unit)
      : network_(network), unit_(unit), input_(at::randn({1, 3, kSide, kSide})) {
    weights_.resize(network.graph().values.size());
    for (size_t i = 0; i < weights_.size(); ++i) {
      const at::Tensor& constant = network.graph().values[i].constant;
      if (!constant.defined() || !constant.is_floating_point() || constant.dim() < 2) continue;
      weights_[i] = constant.detach().clone().requires_grad_();
    }
    wanted_ = {network.layer(layer).value, network.graph().outputs[0]};
  }
  void step() {
    const at::AutoGradMode with_gradients(true);
    at::Tensor leaf = input_.clone().requires_grad_();
    const auto values = evaluate(network_.graph(), leaf, wanted_, weights_);
    values[0].select(1, unit_).mean().backward();
  }

 private:
  const Network& network_;
  int64_t unit_;
  at::Tensor input_;
  std::vector<at::Tensor> weights_;
  std::vector<ValueIndex> wanted_;
};

class Ours {
 public:
  Ours(const Network& network, const std::string& layer, int64_t unit, int64_t side)
      : objective_(parse_objective(fmt::format("channel({}:{})", layer, unit), {network, preprocessing_, side, side})),
        transforms_("lucid") {
    settings_.steps = kSteps;
    trunk_ = std::make_unique<Trunk>(network, objective_.layers());
    const double start = cpu_seconds();
    stages_.push_back({{1, 3, side, side},
                       parse_parametrization("fft", {1, 3, side, side}),
                       std::make_shared<const Prefix>(*trunk_, objective_.reads, side, side),
                       kSteps});
    cut_seconds_ = cpu_seconds() - start;
  }

  // Steps in which the gradient was dead, and so taken twice.
  int64_t steps() const {
    const uint64_t key = 0;
    return ascend({objective_, stages_, transforms_, preprocessing_, settings_, std::span(&key, 1), {}})[0]
        .redirected_steps;
  }
  // The objective at an input, by the cut network.
  double score(const at::Tensor& input) const {
    const Prefix& prefix = *stages_[0].prefix;
    return objective_.score(prefix.view(prefix.executor().run(input))).item<double>();
  }
  double cut_seconds() const { return cut_seconds_; }

 private:
  Preprocessing preprocessing_;
  Objective objective_;
  TransformList transforms_;
  RenderSettings settings_;
  std::unique_ptr<Trunk> trunk_;
  std::vector<Stage> stages_;
  double cut_seconds_ = 0;
};

void report(const Network& network, const std::string& name, const std::string& layer, int64_t side, int rounds) {
  // Random weights leave some units dead: the first living one is measured.
  int64_t unit = 0;
  while (Ours(network, layer, unit, side).steps() > 0) ++unit;
  const Floor floor(network, layer, unit, side);
  const Ours ours(network, layer, unit, side);
  Habit habit(network, layer, unit);
  const double whole = floor.step(), cut = ours.score(floor.input());
  if (std::abs(whole - cut) > 1e-3 * std::abs(whole) + 1e-6) {
    fmt::print("{} {}: the cut network gives {}, the whole one {}\n", name, layer, cut, whole);
    std::exit(1);
  }
  habit.step();
  std::vector<double> floors, steps, habits, to_floor, to_habit;
  for (int round = 0; round < rounds; ++round) {
    const auto measure_floor = [&] {
      return timed([&] {
               for (int64_t i = 0; i < kSteps; ++i) floor.step();
             }) /
             kSteps;
    };
    const auto measure_ours = [&] { return timed([&] { ours.steps(); }) / kSteps; };
    const bool floor_first = round % 2 == 0;
    const double a = floor_first ? measure_floor() : measure_ours();
    const double b = floor_first ? measure_ours() : measure_floor();
    floors.push_back(floor_first ? a : b);
    steps.push_back(floor_first ? b : a);
    habits.push_back(timed([&] { habit.step(); }));
    to_floor.push_back(steps.back() / floors.back());
    to_habit.push_back(habits.back() / steps.back());
  }
  fmt::print("{:14} {:13} {:4} {:9.2f} {:9.2f} {:9.2f} {:9.3f} {:9.2f} {:8.1f}\n", name, layer, side,
             1e3 * median(floors), 1e3 * median(steps), 1e3 * median(habits), median(to_floor), median(to_habit),
             1e3 * ours.cut_seconds());
  std::fflush(stdout);
}

// Pictures a minute of a sweep over 512 units, two workers: from pictures of 64 steps, scaled to 512.
void sweep(const Network& network, const std::string& name, const std::string& layer) {
  constexpr int64_t kPictures = 8, kShort = 64, kLong = 512;
  RenderSettings settings;
  settings.size = 128;
  const auto run = [&](int64_t steps) {
    settings.steps = steps;
    const Renderer renderer(network, {}, settings);
    const auto start = std::chrono::steady_clock::now();
    parallel_for(2, kPictures, [&](int, int64_t i) {
      use_one_kernel_thread();
      renderer.render(fmt::format("channel({}:{})", layer, i), 0);
    });
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / kPictures;
  };
  run(1);
  const double fixed = run(1), more = run(kShort);
  const double picture = fixed + (more - fixed) / (kShort - 1) * (kLong - 1);
  fmt::print("{} {}, 128 px, 512 steps, two workers: {:.1f} pictures a minute, 512 units in {:.1f} min\n", name, layer,
             60 / picture, 512 * picture / 60);
}

}  // namespace
}  // namespace microtome

int main(int argc, char** argv) {
  using namespace microtome;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  use_one_kernel_thread();
  // As the command line does, for all three contenders alike.
  keep_the_heap();
  struct Case {
    std::string name;
    Network (*make)();
    std::vector<std::string> layers;
  };
  const Case cases[] = {{"SqueezeNet 1.1", bench::squeezenet, {"fire3", "fire6", "fire9"}},
                        {"GoogLeNet", bench::googlenet, {"inception_3a", "inception_4b", "inception_5a"}},
                        {"ResNet-50", bench::resnet50, {"layer1", "layer2", "layer3"}},
                        {"VGG-16", [] { return bench::vgg16(true); }, {"conv2_2", "conv3_3", "conv4_3"}}};
  fmt::print("CPU ms a step, one thread\n{:14} {:13} {:>4} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}\n", "network", "target",
             "px", "floor", "ours", "habit", "ours/fl.", "hab./ours", "cut, ms");
  for (const Case& item : cases) {
    bool wanted = argc <= 2;
    for (int i = 2; i < argc; ++i) wanted = wanted || item.name.find(argv[i]) == 0;
    if (!wanted) continue;
    const Network network = item.make();
    for (const int64_t side : {128, 224}) {
      for (const std::string& layer : item.layers) report(network, item.name, layer, side, rounds);
    }
    if (item.name.find("VGG") != 0) sweep(network, item.name, item.layers[1]);
  }
  return 0;
}
