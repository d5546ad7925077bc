// SPDX-License-Identifier: Apache-2.0
// Adversarial examples: pictures that hardly differ from a given one and that a network calls something else. They are
// visualizations that may not go far: the same ascent on the same objectives, held in a ball (visualize/ball.h).
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "microtome/explain/attack_settings.h"
#include "microtome/image/image.h"
#include "microtome/network/classify.h"
#include "microtome/network/network.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/prefix.h"

namespace microtome {

// A number, or a fraction of two: "0.03", "8/255". Throws Error(kUsage) naming `where` on another text, on numbers
// below 0 and such that are not finite.
double parse_fraction(const std::string& text, const std::string& where);

struct AttackResult {
  Image original;                // what of the picture the network looks at, in 8 bits
  Image found;                   // the same size, 8 bits: what is stored is what was judged
  bool success = false;          // the class is another one, or the one asked for, or the objective rose
  double distance = 0;           // of the two pictures as stored, in the norm
  Guess from, to;                // likeliest classes of both
  double before = 0, after = 0;  // the objective of both
  bool noise = false;  // whether noise of the same size (+-eps in each value, or a random direction) succeeds too
};

// Thread-safe; attack() runs in the calling thread. Deterministic.
class Attacker {
 public:
  // What to raise: `target` >= 0 the log-probability of that class; `objective` any other; neither: what lowers that of
  // the class that the network sees. Throws Error(kUsage) for settings that make no sense, a class that is not there,
  // eps larger than the range that a pixel has (linf), or both a target and an objective; Error(kUnsupported) for a
  // network that is no classifier.
  Attacker(const Network& network, const Preprocessing& preprocessing, const AttackSettings& settings,
           int64_t target = -1, std::string objective = {});

  // The best of the restarts: one that succeeds, then the highest objective, each judged on the picture rounded to 8
  // bits and held within eps again (linf: no value moves further than eps; l2: values are rounded towards the original
  // where rounding to the nearest would go too far).
  AttackResult attack(const Image& image) const { return attack(image, eps_, 0); }
  // The same with another eps; `image_number` separates the random numbers of images.
  AttackResult attack(const Image& image, double eps, uint64_t image_number) const;
  // The smallest eps that succeeds, to 1/255 (linf) or one part in a hundred (l2), by bisection between 0 and the eps
  // of the settings; nothing when that does not succeed.
  std::optional<AttackResult> smallest(const Image& image, uint64_t image_number) const;

  double eps() const { return eps_; }

 private:
  std::string goal(int64_t seen) const;
  bool succeeded(const AttackResult& result) const;
  Image climb(const at::Tensor& centre, const Objective& objective, double eps, uint64_t key) const;
  Image held(const Image& original, const Image& found, double eps) const;
  double distance(const Image& a, const Image& b) const;

  Network network_;
  Preprocessing preprocessing_;
  AttackSettings settings_;
  Classifier classifier_;
  int64_t target_;
  std::string objective_;
  double eps_;
  std::shared_ptr<const Trunk> trunk_;  // what every ascent is cut from
};

}  // namespace microtome
