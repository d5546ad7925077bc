// SPDX-License-Identifier: Apache-2.0
// Which concepts of several sets are one.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "microtome/concepts/merge.h"

namespace microtome {
namespace {

class Unifier {
 public:
  Unifier(const std::vector<SourceLabel>& labels, const MergeRules& rules) : labels_(labels), rules_(rules) {}

  UnifiedLabels run() {
    std::vector<int> order(labels_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return std::pair(of(a).images, of(a).coverage) > std::pair(of(b).images, of(b).coverage);
    });
    for (const int label : order) place(label);
    return numbered();
  }

 private:
  struct Claim {
    std::string name;
    std::set<std::string> names;  // With the synonyms of its first member.
    std::vector<int> members;
    int64_t images = 0;
    double coverage = 0;
    double mean_size() const { return images > 0 ? coverage / static_cast<double>(images) : 0; }
  };

  const SourceLabel& of(int label) const { return labels_[static_cast<size_t>(label)]; }

  bool kept_apart(const std::string& a, const std::string& b) const {
    return std::any_of(rules_.apart.begin(), rules_.apart.end(), [&](const auto& pair) {
      return (pair.first == a && pair.second == b) || (pair.first == b && pair.second == a);
    });
  }

  bool holds_sibling(const Claim& claim, int label) const {
    return std::any_of(claim.members.begin(), claim.members.end(), [&](int member) {
      return of(member).set == of(label).set && of(member).category == of(label).category;
    });
  }

  void place(int label) {
    const std::vector<std::string>& names = of(label).names;
    const auto same = by_name_.find(names.front());
    if (same != by_name_.end() && !holds_sibling(claims_[same->second], label)) return join(same->second, label);
    std::vector<size_t> candidates;
    for (size_t claim = 0; claim < claims_.size() && same == by_name_.end(); ++claim) {
      const Claim& item = claims_[claim];
      if (!item.names.contains(names.front()) || kept_apart(item.name, names.front())) continue;
      if (!holds_sibling(item, label)) candidates.push_back(claim);
    }
    if (!candidates.empty()) return join(closest(candidates, label), label);
    for (const std::string& name : names) {
      if (by_name_.contains(name)) continue;
      by_name_[name] = claims_.size();
      claims_.push_back({name, {names.begin(), names.end()}, {}, 0, 0});
      return join(claims_.size() - 1, label);
    }
    for (const std::string& name : names) candidates.push_back(by_name_.at(name));
    join(closest(candidates, label), label);
  }

  // Claims stand in the order of falling frequency of their first member: of equals the first is the more frequent.
  size_t closest(const std::vector<size_t>& candidates, int label) const {
    const double size = of(label).images > 0 ? of(label).coverage / static_cast<double>(of(label).images) : 0;
    return *std::min_element(candidates.begin(), candidates.end(), [&](size_t a, size_t b) {
      const auto distance = [&](size_t claim) { return std::abs(claims_[claim].mean_size() - size); };
      return std::pair(distance(a), a) < std::pair(distance(b), b);
    });
  }

  void join(size_t claim, int label) {
    claims_[claim].members.push_back(label);
    claims_[claim].images += of(label).images;
    claims_[claim].coverage += of(label).coverage;
  }

  UnifiedLabels numbered() {
    std::erase_if(claims_, [&](const Claim& claim) {
      return claim.images < std::max<int64_t>(1, rules_.min_images) || claim.coverage < rules_.min_coverage;
    });
    std::stable_sort(claims_.begin(), claims_.end(), [](const Claim& a, const Claim& b) {
      return std::pair(a.images, a.coverage) > std::pair(b.images, b.coverage);
    });
    UnifiedLabels out;
    out.concept_of.assign(labels_.size(), -1);
    for (Claim& claim : claims_) {
      for (const int member : claim.members) {
        out.concept_of[static_cast<size_t>(member)] = static_cast<int>(out.names.size());
      }
      out.names.push_back(std::move(claim.name));
      out.members.push_back(std::move(claim.members));
    }
    return out;
  }

  const std::vector<SourceLabel>& labels_;
  const MergeRules& rules_;
  std::vector<Claim> claims_;
  std::map<std::string, size_t> by_name_;
};

}  // namespace

UnifiedLabels unify_labels(const std::vector<SourceLabel>& labels, const MergeRules& rules) {
  return Unifier(labels, rules).run();
}

}  // namespace microtome
