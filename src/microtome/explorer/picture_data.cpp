// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>

#include "microtome/explorer/data_files.h"

#include "microtome/base/json.h"

namespace microtome {
namespace {

constexpr size_t kStrip = 8;  // objectives that stand for all on the network's page

}  // namespace

Json number(float value) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  double wide = 0;
  std::from_chars(text, end, wide);
  return wide;
}

Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(value * 1e6) / 1e6;
}

Json picture_data(const AtlasPicture& picture) {
  Json curve = Json::array(), frames = Json::array();
  for (const float value : picture.curve) curve.push_back(number(value));
  for (const AtlasFrame& frame : picture.frames) frames.push_back(frame.step);
  const auto known = [](const std::optional<double>& value) { return value ? rounded(*value) : Json(nullptr); };
  return {{"id", picture.id},
          {"sign", static_cast<int>(picture.sign)},
          {"variant", picture.variant},
          {"objective", picture.objective},
          {"width", picture.width},
          {"height", picture.height},
          {"curve", std::move(curve)},
          {"frames", std::move(frames)},
          {"score", rounded(picture.score)},
          {"activation", rounded(picture.activation)},
          {"best_exemplar", known(picture.best_exemplar)},
          {"activation_ratio", known(picture.activation_ratio)},
          {"status", picture.status},
          {"facts", picture.facts}};
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
    if (strip.size() < kStrip) strip.push_back({{"id", picture.id}, {"objective", picture.objective}});
  }
  return {{"count", count}, {"strip", std::move(strip)}};
}

}  // namespace microtome
