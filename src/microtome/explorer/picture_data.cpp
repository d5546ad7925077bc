// SPDX-License-Identifier: Apache-2.0
// What the pages know of a picture.
#include "microtome/explorer/data_files.h"

#include "microtome/base/json.h"
#include "microtome/exchange/finding_json.h"

namespace microtome {
namespace {

constexpr size_t kPictureStrip = 8;  // objectives that stand for all on the network's page

}  // namespace

Json rounded(double value) { return number_json(value, {.rounded = true}); }

std::string PicturePaths::of(const AtlasPicture& picture) {
  const auto first = first_.try_emplace({picture.unit, picture.sign}, picture.objective).first;
  if (first->second != picture.objective) return "images/picture-" + std::to_string(picture.id) + ".png";
  return "images/picture-" + std::to_string(layer_) + "-" + std::to_string(picture.unit) +
         (picture.sign == Sign::kPositive ? "-p-" : "-n-") + std::to_string(picture.variant) + ".png";
}

Json picture_data(const AtlasPicture& picture) {
  Json out = {{"id", picture.id}, {"sign", static_cast<int>(picture.sign)}};
  out.update(finding_json(picture, {.rounded = true}, {"variant", "objective", "width", "height", "curve"}));
  Json& frames = out["frames"] = Json::array();
  for (const AtlasFrame& frame : picture.frames) frames.push_back(frame.step);
  out.update(finding_json(picture, {.rounded = true},
                          {"score", "activation", "best_exemplar", "activation_ratio", "status", "facts"}));
  return out;
}

Json visualizations_data(const Atlas& atlas) {
  Json out = Json::array();
  for (const AtlasPicture& picture : atlas.visualizations(true)) {
    if (out.empty() || out.back()["objective"] != picture.objective) {
      out.push_back({{"objective", picture.objective}, {"pictures", Json::array()}});
    }
    out.back()["pictures"].push_back(picture_data(picture));
  }
  return out;
}

Json visualizations_strip(const Atlas& atlas) {
  int64_t count = 0;
  Json strip = Json::array();
  std::string last;
  for (const AtlasPicture& picture : atlas.visualizations(false)) {
    if (count > 0 && picture.objective == last) continue;
    last = picture.objective;
    ++count;
    if (strip.size() < kPictureStrip) strip.push_back({{"id", picture.id}, {"objective", picture.objective}});
  }
  return {{"count", count}, {"strip", std::move(strip)}};
}

}  // namespace microtome
