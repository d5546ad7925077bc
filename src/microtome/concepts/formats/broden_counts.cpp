// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/broden_counts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "microtome/base/file.h"
#include "microtome/concepts/formats/csv.h"

namespace microtome {
namespace {

// The categories of each label, in column order: those declared and those met.
std::vector<std::vector<int>> categories_by_label(const std::vector<Concept>& concepts, const BrodenCounts& counts) {
  std::vector<std::vector<int>> out(concepts.size());
  for (size_t label = 1; label < concepts.size(); ++label) {
    out[label] = concepts[label].categories;
    if (out[label].empty() && concepts[label].category >= 0) out[label] = {concepts[label].category};
  }
  for (const auto& [key, totals] : counts.by_label_and_category()) {
    out.at(static_cast<size_t>(key.first)).push_back(key.second);
  }
  for (std::vector<int>& list : out) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return out;
}

std::string label_table(const std::vector<std::string>& categories, const std::vector<Concept>& concepts,
                        const BrodenCounts& counts, const std::vector<std::vector<int>>& by_label) {
  std::string text = "number,name,category,frequency,coverage,syns\n";
  for (size_t label = 1; label < concepts.size(); ++label) {
    if (concepts[label].name.empty()) continue;
    std::string cell;
    for (const int category : by_label[label]) {
      const int64_t images = counts.of(category, static_cast<int>(label)).images;
      cell += fmt::format("{}{}({})", cell.empty() ? "" : ";", categories[static_cast<size_t>(category)], images);
    }
    const LabelTotals totals = counts.of_label(static_cast<int>(label));
    text +=
        fmt::format("{},{},{},{},{:.6f},{}\n", label, csv_field(concepts[label].name), csv_field(cell), totals.images,
                    totals.coverage, csv_field(fmt::format("{}", fmt::join(concepts[label].synonyms, ";"))));
  }
  return text;
}

// One c_*.csv: codes from 1 by falling frequency, then coverage, then by number.
std::string category_labels_table(int category, std::vector<int> labels, const std::vector<Concept>& concepts,
                                  const BrodenCounts& counts) {
  std::stable_sort(labels.begin(), labels.end(), [&](int a, int b) {
    const LabelTotals left = counts.of(category, a), right = counts.of(category, b);
    return std::pair(left.images, left.coverage) > std::pair(right.images, right.coverage);
  });
  std::string text = "code,number,name,frequency,coverage\n";
  int code = 0;
  for (const int label : labels) {
    const LabelTotals totals = counts.of(category, label);
    text += fmt::format("{},{},{},{},{:.6f}\n", ++code, label, csv_field(concepts[static_cast<size_t>(label)].name),
                        totals.images, totals.coverage);
  }
  return text;
}

}  // namespace

std::vector<LabelPixels> count_cell(int category, const std::vector<LabelMap>& planes,
                                    const std::vector<int>& whole_image, int64_t grid_pixels) {
  std::map<int, int64_t> pixels;
  for (const LabelMap& plane : planes) {
    // Masks are made of runs, so one look-up a run is enough.
    for (size_t i = 0; i < plane.labels.size();) {
      size_t end = i + 1;
      while (end < plane.labels.size() && plane.labels[end] == plane.labels[i]) ++end;
      pixels[plane.labels[i]] += static_cast<int64_t>(end - i);
      i = end;
    }
  }
  for (const int label : whole_image) pixels[label] += grid_pixels;
  pixels.erase(0);
  std::vector<LabelPixels> out;
  out.reserve(pixels.size());
  for (const auto& [label, count] : pixels) out.push_back({category, label, count});
  return out;
}

void BrodenCounts::add(const std::vector<LabelPixels>& image, int64_t grid_pixels) {
  for (const LabelPixels& item : image) {
    LabelTotals& totals = totals_[{item.label, item.category}];
    ++totals.images;
    totals.pixels += item.pixels;
    totals.coverage += static_cast<double>(item.pixels) / static_cast<double>(grid_pixels);
  }
}

LabelTotals BrodenCounts::of(int category, int label) const {
  const auto found = totals_.find({label, category});
  return found == totals_.end() ? LabelTotals{} : found->second;
}

LabelTotals BrodenCounts::of_label(int label) const {
  LabelTotals sum;
  for (auto item = totals_.lower_bound({label, 0}); item != totals_.end() && item->first.first == label; ++item) {
    sum.images += item->second.images;
    sum.pixels += item->second.pixels;
    sum.coverage += item->second.coverage;
  }
  return sum;
}

void write_broden_tables(const std::string& folder, const std::vector<std::string>& categories,
                         const std::vector<Concept>& concepts, const BrodenCounts& counts) {
  const std::vector<std::vector<int>> by_label = categories_by_label(concepts, counts);
  std::string category_table = "name,first,last,count,frequency\n";
  for (size_t category = 0; category < categories.size(); ++category) {
    std::vector<int> labels;
    int64_t frequency = 0;
    for (size_t label = 1; label < concepts.size(); ++label) {
      if (std::find(by_label[label].begin(), by_label[label].end(), category) == by_label[label].end()) continue;
      labels.push_back(static_cast<int>(label));
      frequency += counts.of(static_cast<int>(category), static_cast<int>(label)).images;
    }
    category_table +=
        fmt::format("{},{},{},{},{}\n", csv_field(categories[category]), labels.empty() ? 0 : labels.front(),
                    labels.empty() ? 0 : labels.back(), labels.size(), frequency);
    write_file(folder + "/c_" + categories[category] + ".csv",
               category_labels_table(static_cast<int>(category), labels, concepts, counts));
  }
  write_file(folder + "/category.csv", category_table);
  write_file(folder + "/label.csv", label_table(categories, concepts, counts, by_label));
}

}  // namespace microtome
