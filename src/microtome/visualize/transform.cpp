// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/transform.h"

#include <array>
#include <vector>

namespace microtome {
namespace {

constexpr std::array<TransformPreset, 3> kPresets = {{
    {"lucid", "Lucid's standard set: small moves, scales of 0.9 to 1.1, turns up to 10 degrees",
     "pad/jitter(pixels=8)/scale/rotate/jitter(pixels=4)"},
    {"distill", "Of the article \"Feature Visualization\" (2017): larger moves, finer scales, turns up to 5 degrees",
     "pad/jitter(pixels=16)/scale(factors=1/0.975/1.025/0.95/1.05)/rotate(degrees=5,rest=0)/jitter(pixels=8)"},
    {"none", "Nothing moves: the network always sees the same placement", ""},
}};

}  // namespace

std::span<const TransformPreset> transform_presets() { return kPresets; }

TransformList::TransformList(std::string_view text) {
  for (const TransformPreset& preset : kPresets) {
    if (preset.name != text) continue;
    text = preset.text;
    if (text.empty()) return;
    break;
  }
  CallReader reader(text, "transforms");
  do {
    const Call call = reader.call();
    transforms_.push_back(find_kind(transforms::kinds(), call, "transform or preset").make(call));
  } while (reader.accept('/'));
  if (!reader.at_end()) reader.fail("expected \"/\" or the end");
}

Draw TransformList::draw(Rng rng) const {
  Draw draw;
  for (const auto& transform : transforms_) transform->draw(rng, draw);
  return draw;
}

at::Tensor apply(const at::Tensor& picture, std::span<const Draw> draws, const Aperture& window) {
  std::vector<Placement> placements;
  for (const Draw& draw : draws) placements.push_back(draw.placement);
  return resample(picture, placements, window);
}

std::string TransformList::to_string() const {
  if (empty()) return "none";
  std::string out;
  for (const auto& transform : transforms_) {
    if (!out.empty()) out += '/';
    out += transform->to_string();
  }
  return out;
}

}  // namespace microtome
