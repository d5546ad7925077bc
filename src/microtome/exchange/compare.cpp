// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "microtome/base/error.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/import.h"
#include "microtome/exchange/netdissect_form.h"
#include "microtome/exchange/vocabulary.h"

namespace microtome {
namespace {

struct Side {
  std::vector<UnitDissection> units;
  const Vocabulary* names;

  std::string name_of(const ConceptScore& score) const {
    return score.label == 0 ? std::string() : names->name(score.label);
  }
  // The largest IoU that the concept of this name can have: its own where it is kept, else that of the last kept one.
  double at_most(const UnitDissection& unit, const std::string& name) const {
    for (const auto* scores : {&unit.by_category, &unit.top_concepts}) {
      for (const ConceptScore& score : *scores) {
        if (name_of(score) == name) return score.iou;
      }
    }
    return unit.top_concepts.empty() ? unit.best.iou : unit.top_concepts.back().iou;
  }
};

UnitChange change_of(const UnitDissection& a, const Side& before, const UnitDissection& b, const Side& after) {
  UnitChange out;
  out.unit = a.unit, out.sign = a.sign;
  out.before = before.name_of(a.best), out.after = after.name_of(b.best);
  out.iou_before = a.best.iou, out.iou_after = b.best.iou;
  out.deviation = ConceptMeasures::kUnknown;
  if (is_detector(a) && is_detector(b)) {
    out.fate = out.before == out.after ? UnitFate::kKept : UnitFate::kRelabelled;
  } else if (is_detector(a) || is_detector(b)) {
    out.fate = is_detector(b) ? UnitFate::kGained : UnitFate::kLost;
  }
  if (!a.interval || !b.interval) return out;
  out.deviation = std::hypot(a.interval->deviation, b.interval->deviation);
  // Deviations of other concepts than the best are not kept; they are taken to be no larger.
  const double noise = kNormalTail * out.deviation;
  if (out.before == out.after) {
    out.beyond_noise = std::abs(b.best.iou - a.best.iou) > noise;
  } else {
    out.beyond_noise = (a.best.label != 0 && a.best.iou - after.at_most(b, out.before) > noise) ||
                       (b.best.label != 0 && b.best.iou - before.at_most(a, out.after) > noise);
  }
  return out;
}

std::vector<UnitChange> changes_of(const Side& before, const Side& after) {
  std::map<SignedUnit, const UnitDissection*> first;
  for (const UnitDissection& unit : before.units) first[{unit.unit, unit.sign}] = &unit;
  std::map<SignedUnit, UnitChange> found;
  for (const UnitDissection& unit : after.units) {
    const auto was = first.find({unit.unit, unit.sign});
    if (was != first.end()) found[was->first] = change_of(*was->second, before, unit, after);
  }
  std::vector<UnitChange> out;
  for (auto& [of, change] : found) out.push_back(std::move(change));
  return out;
}

std::vector<ConceptChange> concepts_of(const Side& before, const Side& after) {
  std::map<std::pair<std::string, std::string>, ConceptChange> found;
  const auto add = [&](const Side& side, int ConceptChange::*units, double ConceptChange::*best) {
    for (const UnitDissection& unit : side.units) {
      if (unit.sign != Sign::kPositive || !is_detector(unit)) continue;
      const std::string &category = side.names->category(unit.best.category), &name = side.names->name(unit.best.label);
      ConceptChange& item = found[{category, name}];
      item.category = category, item.name = name;
      item.*units += 1;
      item.*best = std::max(item.*best, unit.best.iou);
    }
  };
  add(before, &ConceptChange::units_before, &ConceptChange::best_before);
  add(after, &ConceptChange::units_after, &ConceptChange::best_after);
  std::vector<ConceptChange> out;
  for (auto& [key, item] : found) out.push_back(std::move(item));
  std::stable_sort(out.begin(), out.end(), [](const ConceptChange& a, const ConceptChange& b) {
    const auto place = [](const ConceptChange& c) {
      return std::tuple(netdissect_rank(c.category), c.category, -(c.units_before + c.units_after));
    };
    return place(a) < place(b);
  });
  return out;
}

// Counts by category in the order of `categories`.
DetectorCount count_in_order(const Side& side, const std::vector<std::string>& categories) {
  DetectorCount count = count_of_sign(side.units, Sign::kPositive, *side.names);
  std::vector<DetectorCount::Category> ordered(categories.size());
  for (size_t i = 0; i < side.names->categories().size(); ++i) {
    const auto at = std::find(categories.begin(), categories.end(), side.names->categories()[i]) - categories.begin();
    ordered[static_cast<size_t>(at)] = count.by_category.at(i);
  }
  count.by_category = std::move(ordered);
  return count;
}

bool share_a_name(const AtlasLayer& a, const AtlasLayer& b) {
  const auto known_as = [](const AtlasLayer& layer, const std::string& name) {
    return layer.name == name || std::ranges::find(layer.aliases, name) != layer.aliases.end();
  };
  return known_as(a, b.name) || known_as(b, a.name);
}

// Whether unit k of one can be what became of unit k of the other.
bool one_place(const AtlasLayer& a, const AtlasLayer& b) {
  const bool told = a.op != kImportedOp && b.op != kImportedOp;
  return share_a_name(a, b) && a.units == b.units && (!told || a.op == b.op);
}

std::vector<DetectorCurvePoint> positive_curve(std::vector<UnitDissection> units) {
  std::erase_if(units, [](const UnitDissection& unit) { return unit.sign != Sign::kPositive; });
  return detector_curve(units);
}

class Comparer {
 public:
  Comparer(const Atlas& before, const Atlas& after)
      : before_(before), after_(after), names_before_(before), names_after_(after) {
    for (const Vocabulary* names : {&names_before_, &names_after_}) {
      for (const std::string& category : names->categories()) {
        if (std::find(categories_.begin(), categories_.end(), category) == categories_.end()) {
          categories_.push_back(category);
        }
      }
    }
  }

  LayerComparison pair(const AtlasLayer& a, const AtlasLayer& b) const {
    const Side first = side(before_, {a}, names_before_), second = side(after_, {b}, names_after_);
    LayerComparison out = compare(first, second, a.name, b.name);
    out.unit_by_unit = one_place(a, b);
    if (out.unit_by_unit) out.units = changes_of(first, second);
    return out;
  }

  LayerComparison together(const std::vector<AtlasLayer>& a, const std::vector<AtlasLayer>& b) const {
    const auto joined = [](const std::vector<AtlasLayer>& layers) {
      std::string text;
      for (const AtlasLayer& layer : layers) text += (text.empty() ? "" : ",") + layer.name;
      return text;
    };
    return compare(side(before_, a, names_before_), side(after_, b, names_after_), joined(a), joined(b));
  }

 private:
  static Side side(const Atlas& atlas, const std::vector<AtlasLayer>& layers, const Vocabulary& names) {
    Side out{{}, &names};
    for (const AtlasLayer& layer : layers) {
      std::vector<UnitDissection> units = atlas.units(layer.name, Detail::kBrief);
      out.units.insert(out.units.end(), std::make_move_iterator(units.begin()), std::make_move_iterator(units.end()));
    }
    return out;
  }

  LayerComparison compare(const Side& before, const Side& after, const std::string& a, const std::string& b) const {
    LayerComparison out;
    out.before = a, out.after = b;
    out.categories = categories_;
    out.count_before = count_in_order(before, categories_);
    out.count_after = count_in_order(after, categories_);
    out.curve_before = positive_curve(before.units);
    out.curve_after = positive_curve(after.units);
    out.concepts = concepts_of(before, after);
    return out;
  }

  const Atlas &before_, &after_;
  Vocabulary names_before_, names_after_;
  std::vector<std::string> categories_;
};

std::vector<AtlasLayer> dissected(const Atlas& atlas, const std::string& which) {
  std::vector<AtlasLayer> out;
  for (AtlasLayer& layer : atlas.studied_layers()) {
    if (atlas.dissection_info(layer.name)) out.push_back(std::move(layer));
  }
  if (out.empty()) throw Error(ErrorKind::kUsage, which, "the atlas holds no dissection", "run: microtome dissect");
  return out;
}

AtlasLayer dissected_layer(const Atlas& atlas, const std::string& name) {
  AtlasLayer layer = chosen_layers(atlas, name).at(0);
  if (!atlas.dissection_info(layer.name)) {
    throw Error(ErrorKind::kNotFound, "layer \"" + name + "\"", "the atlas holds no dissection of it");
  }
  return layer;
}

using Truths = std::map<std::pair<std::string, std::string>, int64_t>;  // Pixels by category and name.

Truths truths_of(const Atlas& atlas, const std::vector<AtlasLayer>& layers) {
  const Vocabulary names(atlas);
  Truths out;
  for (const AtlasLayer& layer : layers) {
    for (const UnitDissection& unit : atlas.units(layer.name, Detail::kBrief)) {
      for (const ConceptScore& score : unit.by_category) {
        if (score.label != 0) out[{names.category(score.category), names.name(score.label)}] = score.truth;
      }
    }
  }
  return out;
}

// Tables do not say which concept set they are of; sizes of concepts tell.
void compare_concepts(const Atlas& before, const Atlas& after, const std::vector<AtlasLayer>& first,
                      const std::vector<AtlasLayer>& second, AtlasComparison& out) {
  const auto imported = [](const AtlasLayer& layer) { return layer.op == kImportedOp; };
  int shared = 0, equal = 0;
  if (std::ranges::any_of(first, imported) || std::ranges::any_of(second, imported)) {
    const Truths sizes = truths_of(before, first);
    for (const auto& [name, truth] : truths_of(after, second)) {
      const auto found = sizes.find(name);
      if (found != sizes.end()) ++shared, equal += found->second == truth;
    }
  }
  const auto a = before.concepts(), b = after.concepts();
  out.same_concepts = shared > 0 ? equal == shared : a && b && a->hash == b->hash;
  if (out.same_concepts) return;
  out.warnings.push_back(
      "the two were dissected against different concept sets" +
      (shared > 0 ? fmt::format(" ({} of {} concepts that both name differ in size)", shared - equal, shared) : "") +
      ": scores depend on which images and labels there are");
}

std::string images_text(int64_t images) { return images > 0 ? fmt::format("{} images", images) : "unknown images"; }

void warn_of_layer(const Atlas& before, const Atlas& after, const LayerComparison& layer, AtlasComparison& out) {
  const auto first = before.dissection_info(layer.before), second = after.dissection_info(layer.after);
  const bool known = first && second && first->images > 0 && second->images > 0;
  if (first && second && (first->tail != second->tail || (known && first->images != second->images))) {
    out.warnings.push_back(fmt::format("{}: the top {:g} % of {} against the top {:g} % of {}", layer.before,
                                       100 * first->tail, images_text(first->images), 100 * second->tail,
                                       images_text(second->images)));
  }
  if (!layer.unit_by_unit) return;
  const auto both = std::ranges::count(layer.units, Sign::kPositive, &UnitChange::sign);
  const auto alone = layer.count_before.units + layer.count_after.units - 2 * both;
  if (alone > 0) {
    out.warnings.push_back(fmt::format("{}: {} units are dissected in one atlas only", layer.before, alone));
  }
}

}  // namespace

std::string_view fate_text(UnitFate fate) {
  constexpr std::string_view kTexts[] = {"neither", "kept", "relabelled", "gained", "lost"};
  return kTexts[static_cast<size_t>(fate)];
}

AtlasComparison compare_atlases(const Atlas& before, const Atlas& after,
                                const std::vector<std::pair<std::string, std::string>>& pairs) {
  AtlasComparison out;
  out.before = before.network().value_or(AtlasNetwork{}).name;
  out.after = after.network().value_or(AtlasNetwork{}).name;
  const std::vector<AtlasLayer> first = dissected(before, "first atlas"), second = dissected(after, "second atlas");
  compare_concepts(before, after, first, second, out);
  const Comparer comparer(before, after);
  for (const auto& [a, b] : pairs) {
    out.layers.push_back(comparer.pair(dissected_layer(before, a), dissected_layer(after, b)));
  }
  std::vector<const AtlasLayer*> left;
  for (const AtlasLayer& b : second) left.push_back(&b);
  std::vector<std::string> alone;
  for (const AtlasLayer& a : first) {
    if (!pairs.empty()) break;
    const auto b = std::ranges::find_if(left, [&](const AtlasLayer* item) { return share_a_name(a, *item); });
    if (b == left.end()) {
      alone.push_back(a.name + " (first)");
      continue;
    }
    out.layers.push_back(comparer.pair(a, **b));
    left.erase(b);
  }
  if (out.layers.empty()) {
    out.layers.push_back(comparer.together(first, second));
  } else if (pairs.empty()) {
    for (const AtlasLayer* b : left) alone.push_back(b->name + " (second)");
    if (!alone.empty()) out.warnings.push_back(fmt::format("in one atlas only: {}", fmt::join(alone, ", ")));
  }
  for (const LayerComparison& layer : out.layers) warn_of_layer(before, after, layer, out);
  return out;
}

}  // namespace microtome
