// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/convention.h"

#include <fmt/format.h>

#include <string>

#include "microtome/base/error.h"

namespace microtome {
namespace {

// Both read percentile 994 of 999, see the threshold section of docs/numerics.md.
constexpr double kReadout = 5.0 / 999;

std::vector<Convention> make_conventions() {
  std::vector<Convention> out;
  out.push_back({"default", "exact quantile, half-pixel centres, no label 0"});
  out.back().mask_at_top = true;
  out.push_back({"netdissect", "NetDissect (Caffe): receptive-field centres, label 0 is a nameless texture", kReadout,
                 false, Upsampling::kField, UnionRule::kCategory, RepeatRule::kPairs, ZeroRule::kNameless, true, 1});
  out.push_back({"lite", "NetDissect-Lite: Pillow's resize, union by what the mask touches, label 0 joins the last one",
                 kReadout, false, Upsampling::kPillow, UnionRule::kMaskCategory, RepeatRule::kPairs,
                 ZeroRule::kLastUnion, true, 1});
  out.push_back({"quick", "quick-netdissect: shifted and stretched grid, a repeated label counts once in I",
                 kPublishedTail, false, Upsampling::kQuick, UnionRule::kCategory, RepeatRule::kTruthOnly,
                 ZeroRule::kIgnored, false, 1});
  out.push_back({"dissect", "dissect (PNAS 2020): top 1 % of upsampled pixels, zeros outside the map, union over all",
                 0.01, true, Upsampling::kZero, UnionRule::kEverything, RepeatRule::kOnce, ZeroRule::kEverything, false,
                 1});
  out.push_back({"compexp", "compositional explanations: Pillow's resize, union over all images", kReadout, false,
                 Upsampling::kPillow, UnionRule::kEverything, RepeatRule::kOnce, ZeroRule::kIgnored, false, 1});
  return out;
}

}  // namespace

const std::vector<Convention>& conventions() {
  static const std::vector<Convention> all = make_conventions();
  return all;
}

const Convention& convention_named(std::string_view name) {
  std::string names;
  for (const Convention& convention : conventions()) {
    if (convention.name == name) return convention;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", convention.name);
  }
  throw Error(ErrorKind::kUsage, "compat", fmt::format("there is no convention \"{}\"", name),
              "choose one of " + names);
}

}  // namespace microtome
