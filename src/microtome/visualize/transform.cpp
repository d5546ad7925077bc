// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/transform.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "microtome/base/error.h"

namespace microtome {
namespace {

// Captum's sets: 0.995^n for n = -5..79 and twice 0.998^n for n = 20..39; degrees -20..19, -10..9, -5..4 and five 0.
constexpr std::string_view kCaptum =
    "pad/jitter/jitter/jitter/jitter/jitter/jitter/jitter/jitter/jitter/jitter/scale(factors=1.025/1."
    "02/1.015/1.01/1.005/1/0.995/0.99/0.9851/0.9801/0.9752/0.9704/0.9655/0.9607/0.9559/0.9511/0.9464/"
    "0.9416/0.9369/0.9322/0.9276/0.9229/0.9183/0.9137/0.9092/0.9046/0.9001/0.8956/0.8911/0.8867/0.882"
    "2/0.8778/0.8734/0.8691/0.8647/0.8604/0.8561/0.8518/0.8475/0.8433/0.8391/0.8349/0.8307/0.8266/0.8"
    "224/0.8183/0.8142/0.8102/0.8061/0.8021/0.7981/0.7941/0.7901/0.7862/0.7822/0.7783/0.7744/0.7705/0"
    ".7667/0.7629/0.759/0.7553/0.7515/0.7477/0.744/0.7403/0.7366/0.7329/0.7292/0.7256/0.7219/0.7183/0"
    ".7147/0.7112/0.7076/0.7041/0.7005/0.697/0.6936/0.6901/0.6866/0.6832/0.6798/0.6764/0.673/0.9608/0"
    ".9588/0.9569/0.955/0.9531/0.9512/0.9493/0.9474/0.9455/0.9436/0.9417/0.9398/0.9379/0.9361/0.9342/"
    "0.9323/0.9305/0.9286/0.9267/0.9249/0.9608/0.9588/0.9569/0.955/0.9531/0.9512/0.9493/0.9474/0.9455"
    "/0.9436/0.9417/0.9398/0.9379/0.9361/0.9342/0.9323/0.9305/0.9286/0.9267/0.9249)/rotate(angles=-20"
    "/-19/-18/-17/-16/-15/-14/-13/-12/-11/-10/-9/-8/-7/-6/-5/-4/-3/-2/-1/0/1/2/3/4/5/6/7/8/9/10/11/12"
    "/13/14/15/16/17/18/19/-10/-9/-8/-7/-6/-5/-4/-3/-2/-1/0/1/2/3/4/5/6/7/8/9/-5/-4/-3/-2/-1/0/1/2/3/"
    "4/0/0/0/0/0)/jitter(pixels=4)";

constexpr std::array<TransformPreset, 7> kPresets = {{
    {"lucid",
     "Lucid's standard set: small moves, scales of 0.9 to 1.1, turns up to 10 degrees. Here the picture keeps its size "
     "and turns are interpolated",
     "pad/jitter(pixels=8)/scale/rotate/jitter(pixels=4)"},
    {"distill",
     "Of the article \"Feature Visualization\" (2017): larger moves, finer scales, turns up to 5 degrees. Here the "
     "padding is never cropped off, as the picture keeps its size",
     "pad/jitter(pixels=16)/scale(factors=1/0.975/1.025/0.95/1.05)/rotate(degrees=5,rest=0)/jitter(pixels=8)"},
    {"captum",
     "Captum's TransformationRobustness: ten moves by up to 4 pixels, many scales of 0.67 to 1.03, turns up to 20 "
     "degrees. Here grey lies outside where Captum reflects the picture",
     kCaptum},
    {"captum-default",
     "Captum's default of its optimizer: five scales, moves by up to 16 pixels. Here the edge repeats where Captum "
     "reflects the picture",
     "scale(factors=1/0.975/1.025/0.95/1.05)/jitter(pixels=32)"},
    {"xplique",
     "Xplique's standard set: 0.37 of the picture's side, moved, mirrored and blurred. Here moves are shares of the "
     "side whatever the size, and black lies outside",
     "pad(level=0)/jitter(share=0.125)/jitter(share=0.125)/jitter(share=0.25)/jitter(share=0.25)/jitter(share=0.25)/"
     "jitter(share=0.0665)/jitter(share=0.0665)/scale(low=2.7,high=2.75)/blur(low=2.9,high=3.2)/mirror"},
    {"maco",
     "Of MACO's paper (2023): a part of 0.25 of the side, with noise; give several copies. Here parts stay inside the "
     "picture, and sizes do not shrink with the steps as in Xplique's code",
     "crop(low=0.25,high=0.25,side-sd=0.1)/noise(sd=0,uniform=0.1)"},
    {"none", "Nothing moves: the network always sees the same placement", ""},
}};

const TransformPreset* preset_of(const Call& call) {
  for (const TransformPreset& preset : kPresets) {
    if (preset.name != call.name) continue;
    if (!call.arguments.empty() || call.unnamed) {
      throw Error(ErrorKind::kUsage, call.where, "a preset takes no arguments",
                  std::string("write what it stands for: ") + std::string(preset.text));
    }
    return &preset;
  }
  return nullptr;
}

}  // namespace

std::span<const TransformPreset> transform_presets() { return kPresets; }

TransformList::TransformList(std::string_view text) {
  CallReader reader(text, "transforms");
  do {
    const Call call = reader.call();
    if (const TransformPreset* preset = preset_of(call)) {
      if (!preset->text.empty()) append(TransformList(preset->text));
    } else {
      kinds_.push_back(&find_kind(transforms::kinds(), call, "transform or preset"));
      transforms_.push_back(kinds_.back()->make(call));
    }
  } while (reader.accept('/'));
  if (!reader.at_end()) reader.fail("expected \"/\" or the end");
}

void TransformList::append(TransformList other) {
  kinds_.insert(kinds_.end(), other.kinds_.begin(), other.kinds_.end());
  for (auto& transform : other.transforms_) transforms_.push_back(std::move(transform));
}

void TransformList::require(Suits what) const {
  for (const TransformKind* kind : kinds_) {
    if (kind->suits >= what) continue;
    std::string others;
    for (const TransformKind* other : transforms::kinds()) {
      if (other->suits >= what) others += fmt::format("{}, ", other->name);
    }
    throw Error(ErrorKind::kUsage, "transforms",
                fmt::format("\"{}\" makes no sense for {}", kind->name,
                            what == Suits::kLines ? "values in a row" : "values without neighbours"),
                fmt::format("there are {}none", others));
  }
}

Draw TransformList::draw(Rng rng, int64_t height, int64_t width) const {
  Draw draw{.height = height, .width = width, .placement = {}, .retouch = {}};
  for (const auto& transform : transforms_) transform->draw(rng, draw);
  if (height == 1) draw.placement.y = 0;
  return draw;
}

at::Tensor apply(const at::Tensor& picture, std::span<const Draw> draws, const Aperture& window) {
  std::vector<Placement> placements;
  std::vector<Retouch> retouches;
  for (const Draw& draw : draws) {
    placements.push_back(draw.placement);
    retouches.push_back(draw.retouch);
  }
  return resample_and_retouch(picture, placements, retouches, window);
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
