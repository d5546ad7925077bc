// SPDX-License-Identifier: Apache-2.0
#include "microtome/explain/attack.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/params.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/explain/subject.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/ball.h"

namespace microtome {
namespace {

constexpr double kLevels = 255;     // steps of a stored value
constexpr double kReach = 2.5;      // all steps together, of eps (Madry et al. 2018)
constexpr double kRounding = 1e-6;  // of a level

double plain_number(std::string_view text, const std::string& whole, const std::string& where) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value >= 0) return value;
  throw Error(ErrorKind::kUsage, where, fmt::format("\"{}\" is no number from 0 on", whole), "0.03 or 8/255");
}

int64_t steps_of(const AttackSettings& settings) {
  if (settings.steps > 0) return settings.steps;
  return settings.method == "fgsm" ? 1 : settings.method == "bim" ? 10 : 40;
}

}  // namespace

double parse_fraction(const std::string& text, const std::string& where) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return plain_number(text, text, where);
  const double below = plain_number(std::string_view(text).substr(slash + 1), text, where);
  if (below == 0) throw Error(ErrorKind::kUsage, where, fmt::format("\"{}\" divides by zero", text), "8/255");
  return plain_number(std::string_view(text).substr(0, slash), text, where) / below;
}

Attacker::Attacker(const Network& network, const Preprocessing& preprocessing, const AttackSettings& settings,
                   int64_t target, std::string objective)
    : network_(network),
      preprocessing_(preprocessing),
      settings_(settings),
      classifier_(network, preprocessing),
      target_(target),
      objective_(std::move(objective)),
      eps_(parse_fraction(settings.eps, "eps")) {
  check_ranges(settings, "attack");
  if (settings_.method != "fgsm" && settings_.method != "bim" && settings_.method != "pgd") {
    throw Error(ErrorKind::kUsage, "method", fmt::format("there is no \"{}\"", settings_.method), "fgsm, bim or pgd");
  }
  if (settings_.norm != "linf" && settings_.norm != "l2") {
    throw Error(ErrorKind::kUsage, "norm", fmt::format("there is no \"{}\"", settings_.norm), "linf or l2");
  }
  if (classifier_.by_position()) {
    throw Error(ErrorKind::kUnsupported, network.facts().file, "gives a class for each position, not one a picture",
                "raise a unit of it instead: objective");
  }
  if (settings_.method == "fgsm" && settings_.steps > 1) {
    throw Error(ErrorKind::kUsage, "steps", fmt::format("fgsm takes one step, not {}", settings_.steps), "bim or pgd");
  }
  if (settings_.restarts > 1 && settings_.method != "pgd") {
    throw Error(ErrorKind::kUsage, "restarts", fmt::format("{} always starts from the picture", settings_.method),
                "pgd");
  }
  if (settings_.norm == "linf" && eps_ > 1) {
    throw Error(ErrorKind::kUsage, "eps", fmt::format("{} is more than a pixel has: 0..1", eps_), "8/255");
  }
  if (target_ >= 0 && !objective_.empty()) {
    throw Error(ErrorKind::kUsage, "target", "is an objective already", "give one of `target` and `objective`");
  }
  const std::string asked = target_ >= 0 || !objective_.empty() ? goal(0) : "evidence(unit=0)";
  // All goals read the same layers.
  trunk_ = std::make_shared<const Trunk>(network_, Subject(network_, preprocessing_, asked).objective().layers());
}

std::string Attacker::goal(int64_t seen) const {
  if (!objective_.empty()) return objective_;
  return target_ >= 0 ? fmt::format("evidence(unit={})", target_) : fmt::format("-evidence(unit={})", seen);
}

bool Attacker::succeeded(const AttackResult& result) const {
  if (!objective_.empty()) return result.after > result.before;
  return target_ >= 0 ? result.to.index == target_ : result.to.index != result.from.index;
}

Image Attacker::climb(const at::Tensor& centre, const Objective& objective, double eps, uint64_t key) const {
  const int64_t height = centre.size(2), width = centre.size(3);
  RenderSettings settings;
  settings.seed = settings_.seed;
  settings.steps = steps_of(settings_);
  const double part = settings_.step > 0    ? settings_.step
                      : settings.steps == 1 ? 1.0
                                            : kReach / static_cast<double>(settings.steps);
  settings.lr = part * eps;
  settings.transforms = "none";
  std::vector<Stage> stages(1);
  stages[0].canvas = {1, centre.size(1), height, width};
  stages[0].parametrization =
      make_ball(centre, {.norm = settings_.norm, .eps = eps, .random = settings_.method == "pgd"});
  stages[0].prefix = std::make_shared<const Prefix>(*trunk_, objective.reads, height, width);
  stages[0].steps = settings.steps;
  const TransformList transforms(settings.transforms);
  const Ascent ascent{objective, stages, transforms, preprocessing_, settings, {&key, 1}, std::nullopt};
  return ascend(ascent)[0].image;
}

// Rounding to 8 bits may have gone beyond eps.
Image Attacker::held(const Image& original, const Image& found, double eps) const {
  Image out = found;
  const bool box = settings_.norm == "linf";
  const int most = static_cast<int>(std::floor(eps * kLevels + kRounding));
  const double stretch = box ? 1 : distance(original, found) / std::max(eps, 1e-12);
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    const int away = out.pixels[i] - original.pixels[i];
    const int kept = box           ? std::clamp(away, -most, most)
                     : stretch > 1 ? static_cast<int>(std::trunc(away / stretch))
                                   : away;
    out.pixels[i] = static_cast<uint8_t>(original.pixels[i] + kept);
  }
  return out;
}

double Attacker::distance(const Image& a, const Image& b) const {
  double largest = 0, squares = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const double away = std::abs(a.pixels[i] - b.pixels[i]) / kLevels;
    largest = std::max(largest, away);
    squares += away * away;
  }
  return settings_.norm == "linf" ? largest : std::sqrt(squares);
}

AttackResult Attacker::attack(const Image& image, double eps, uint64_t image_number) const {
  AttackResult base;
  base.original = to_image(classifier_.pixels(image));
  base.from = likeliest(classifier_.probabilities(base.original), 1)[0];
  const Subject subject(network_, preprocessing_, goal(base.from.index));
  base.before = subject.value(from_image(base.original));
  const auto judged = [&](const Image& found) {
    AttackResult result = base;
    result.found = held(base.original, found, eps);
    result.to = likeliest(classifier_.probabilities(result.found), 1)[0];
    result.after = subject.value(from_image(result.found));
    result.distance = distance(result.original, result.found);
    result.success = succeeded(result);
    return result;
  };
  const at::Tensor centre = from_image(base.original);
  std::optional<AttackResult> best;
  for (int64_t restart = 0; restart < settings_.restarts; ++restart) {
    throw_if_stopped();
    const uint64_t key = image_number * 1000003 + static_cast<uint64_t>(restart);
    const AttackResult result = judged(climb(centre, subject.objective(), eps, key));
    const auto better = [](const AttackResult& a, const AttackResult& b) {
      return a.success != b.success ? a.success : a.after > b.after;
    };
    if (!best || better(result, *best)) best = result;
  }
  const uint64_t key = image_number;
  BallSettings noise{.norm = settings_.norm, .eps = eps, .random = true};
  Rng rng(settings_.seed, "noise", image_number);
  Image noisy = base.original;
  if (noise.norm == "linf") {
    const int most = static_cast<int>(std::floor(eps * kLevels + kRounding));
    for (uint8_t& value : noisy.pixels) {
      value = static_cast<uint8_t>(std::clamp(value + (rng.chance(0.5) ? most : -most), 0, 255));
    }
  } else {
    noisy = to_image(make_ball(centre, noise)->start(settings_.seed, {&key, 1}, 1)[0]);
  }
  best->noise = judged(noisy).success;
  return *best;
}

std::optional<AttackResult> Attacker::smallest(const Image& image, uint64_t image_number) const {
  AttackResult best = attack(image, eps_, image_number);
  if (!best.success) return std::nullopt;
  const bool box = settings_.norm == "linf";
  double below = 0, above = eps_;
  const auto close = [&] { return box ? above - below <= 1.0 / kLevels + kRounding : above - below <= 0.01 * above; };
  while (!close()) {
    throw_if_stopped();
    double middle = (below + above) / 2;
    if (box) middle = std::round(middle * kLevels) / kLevels;
    if (middle <= below || middle >= above) break;
    AttackResult result = attack(image, middle, image_number);
    if (result.success) {
      best = std::move(result);
      above = middle;
    } else {
      below = middle;
    }
  }
  return best;
}

}  // namespace microtome
