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

std::string picture_path(int64_t layer, const AtlasPicture& picture, bool first) {
  if (!first) return "images/picture-" + std::to_string(picture.id) + ".png";
  return "images/picture-" + std::to_string(layer) + "-" + std::to_string(picture.unit) +
         (picture.sign == Sign::kPositive ? "-p-" : "-n-") + std::to_string(picture.variant) + ".png";
}

Json picture_data(const PageContext& context, const AtlasPicture& picture) {
  Json out = {{"id", picture.id}, {"sign", static_cast<int>(picture.sign)}};
  out.update(finding_json(picture, {.rounded = true},
                          {"variant", "objective", "width", "height", "curve", "score", "activation", "best_exemplar",
                           "activation_ratio", "status", "facts"}));
  out["objective"] = context.shown(picture.objective);
  out["frames"] = steps_json(picture);
  return out;
}

Json visualizations_data(const PageContext& context, const Numbers&) {
  Json out = Json::array();
  std::string last;
  for (const AtlasPicture& picture : context.atlas.visualizations(Detail::kFull)) {
    if (out.empty() || last != picture.objective) {
      out.push_back({{"objective", context.shown(picture.objective)}, {"pictures", Json::array()}});
    }
    last = picture.objective;
    out.back()["pictures"].push_back(picture_data(context, picture));
  }
  return out;
}

Json visualizations_strip(const PageContext& context) {
  int64_t count = 0;
  Json strip = Json::array();
  std::string last;
  for (const AtlasPicture& picture : context.atlas.visualizations(Detail::kBrief)) {
    if (count > 0 && picture.objective == last) continue;
    last = picture.objective;
    ++count;
    if (strip.size() < kPictureStrip)
      strip.push_back({{"id", picture.id}, {"objective", context.shown(picture.objective)}});
  }
  return {{"count", count}, {"strip", std::move(strip)}};
}

}  // namespace microtome
