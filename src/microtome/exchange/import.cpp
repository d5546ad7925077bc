// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include "microtome/atlas/new_atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/hash.h"
#include "microtome/base/json.h"
#include "microtome/base/path.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/import_table.h"

namespace microtome {
namespace {

struct NamedTable {
  std::string file, layer;
  Sign sign = Sign::kPositive;
};

NamedTable named_table(const std::string& table) {
  constexpr std::string_view kNegative = ".negative";
  std::error_code unreadable;
  const size_t at = std::filesystem::exists(table, unreadable) ? std::string::npos : table.find('=');
  NamedTable out;
  out.file = at == std::string::npos ? table : table.substr(at + 1);
  std::string name = std::filesystem::path(out.file).stem().string();
  if (name.starts_with("tally_")) name.erase(0, 6);
  if (name.ends_with("-result")) name.resize(name.size() - 7);
  if (name.ends_with(kNegative)) {
    name.resize(name.size() - kNegative.size());
    out.sign = Sign::kNegative;
  }
  if (at != std::string::npos) out.layer = table.substr(0, at);
  if (!out.layer.empty()) return out;
  out.layer = layer_from_file_name(name);
  if (name.empty() || name == "tally" || name == "result") {
    throw Error(ErrorKind::kUsage, out.file, "the file's name does not say which layer it is of",
                "name it: LAYER=" + out.file);
  }
  return out;
}

// The names that tables use, numbered.
class Names {
 public:
  void add(const std::string& category, const std::string& label) {
    const std::string in = category.empty() ? std::string("concept") : category;
    if (std::find(categories_.begin(), categories_.end(), in) == categories_.end()) categories_.push_back(in);
    if (!label.empty()) ++uses_[label][in];
  }
  void add_category(const std::string& category) { add(category, {}); }

  AtlasConcepts finish() {
    AtlasConcepts out;
    out.categories = categories_;
    std::vector<Concept> concepts(1);
    Sha256 hash;
    for (const auto& [name, counts] : uses_) {
      Concept item{static_cast<int>(concepts.size()), name, -1, {}};
      int most = 0;
      for (const std::string& category : categories_) {
        const auto found = counts.find(category);
        if (found == counts.end()) continue;
        item.categories.push_back(category_of(category));
        if (found->second > most) item.category = item.categories.back(), most = found->second;
      }
      numbers_[name] = item.number;
      hash.add(name + "\n");
      concepts.push_back(std::move(item));
    }
    const ConceptIndex index(categories_, concepts);
    for (int label = 0; label <= index.max_label(); ++label) out.display_names.push_back(index.display_name(label));
    out.concepts = std::move(concepts);
    out.hash = hash.hex();
    return out;
  }

  int label(const std::string& name) const { return name.empty() ? 0 : numbers_.at(name); }
  int category_of(const std::string& category) const {
    const std::string in = category.empty() ? std::string("concept") : category;
    return static_cast<int>(std::find(categories_.begin(), categories_.end(), in) - categories_.begin());
  }
  size_t category_count() const { return categories_.size(); }

 private:
  std::vector<std::string> categories_;
  std::map<std::string, std::map<std::string, int>> uses_;
  std::map<std::string, int> numbers_;
};

UnitDissection unit_of(const SaidUnit& said, Sign sign, const Names& names) {
  UnitDissection out;
  out.unit = said.unit, out.sign = sign;
  out.threshold = out.minimum = out.maximum = std::numeric_limits<float>::quiet_NaN();
  out.by_category.resize(names.category_count());
  for (const auto& [category, from] : said.by_category) {
    out.on_pixels = std::max(out.on_pixels, from.activation);
    if (from.label.empty()) continue;
    ConceptScore& score = out.by_category[static_cast<size_t>(names.category_of(category))];
    score.label = names.label(from.label), score.category = names.category_of(category);
    score.truth = from.truth, score.activation = from.activation, score.intersection = from.intersection;
    score.iou = from.iou;
    const auto larger = static_cast<double>(std::max(from.truth, from.activation));
    score.ceiling = larger > 0 ? static_cast<double>(std::min(from.truth, from.activation)) / larger
                               : std::numeric_limits<double>::quiet_NaN();
    out.top_concepts.push_back(score);
  }
  std::stable_sort(out.top_concepts.begin(), out.top_concepts.end(),
                   [](const ConceptScore& a, const ConceptScore& b) { return a.iou > b.iou; });
  if (!said.label.empty()) {
    const int category = names.category_of(said.category);
    out.best = out.by_category[static_cast<size_t>(category)];
    if (out.best.label == 0) {  // Compositional tables hold no counts.
      out.best.label = names.label(said.label), out.best.category = category;
      out.best.iou = said.score, out.best.ceiling = std::numeric_limits<double>::quiet_NaN();
      out.by_category[static_cast<size_t>(category)] = out.best;
      out.top_concepts.push_back(out.best);
    }
  }
  if (said.formula) out.formulas.push_back(*said.formula);
  return out;
}

void warn_of_nameless(const std::string& file, const std::vector<SaidUnit>& units, Reporter& reporter) {
  const auto left_out = std::ranges::count_if(units, [](const SaidUnit& unit) {
    return std::ranges::any_of(unit.by_category,
                               [](const auto& item) { return item.second.label.empty() && item.second.iou > 0; });
  });
  if (left_out > 0) {
    reporter.warn(fmt::format("{}: {} of {} units have scores of a concept without a name, which are left out", file,
                              left_out, units.size()));
  }
}

// What goes into the atlas, all of it checked.
class Import {
 public:
  Import(const ImportRequest& request, Reporter& reporter) : request_(request) {
    if (request.tables.empty()) throw Error(ErrorKind::kUsage, "tables", "name at least one");
    for (const std::string& table : request.tables) add(named_table(table), reporter);
    concepts_ = names_.finish();
    concepts_.images = request.images;
  }

  void write(Atlas& atlas, const std::string& network) {
    const std::string digest = hash_.hex();
    std::vector<AtlasLayer> layers;
    for (const auto& said : said_) {
      AtlasLayer& layer = layers.emplace_back();
      layer.name = said.layer, layer.op = kImportedOp, layer.units = said.units;
      layer.shape = {layer.units};
    }
    atlas.put_network({digest, kImportedOp, network, Json::object(), {}}, layers);
    atlas.put_concepts(concepts_);
    const int64_t run = atlas.begin_run({"import",
                                         MICROTOME_VERSION,
                                         digest,
                                         concepts_.hash,
                                         {{"tail", request_.tail}, {"images", request_.images}},
                                         request_.command});
    for (const auto& said : said_) {
      LayerDissection dissection{said.layer, 0, 0, request_.tail, request_.images, {}};
      for (const auto& [of, unit] : said.rows) dissection.units.push_back(unit_of(unit, of.sign, names_));
      atlas.put_dissection(run, dissection, {});
    }
    atlas.end_run(run);
  }

 private:
  struct SaidLayer {
    std::string layer;
    int64_t units = 0;
    std::map<SignedUnit, SaidUnit> rows;
  };

  void add(const NamedTable& table, Reporter& reporter) {
    const std::string bytes = read_file(table.file);
    const SaidTable said = read_said_table(bytes, table.file);
    hash_.add(bytes);
    for (const std::string& category : said.categories) names_.add_category(category);
    warn_of_nameless(table.file, said.units, reporter);
    auto layer = std::ranges::find(said_, table.layer, &SaidLayer::layer);
    if (layer == said_.end()) layer = said_.insert(said_.end(), {table.layer, 0, {}});
    for (const SaidUnit& unit : said.units) {
      if (!unit.label.empty()) names_.add(unit.category, unit.label);
      for (const auto& [category, score] : unit.by_category) names_.add(category, score.label);
      layer->units = std::max<int64_t>(layer->units, unit.unit + 1);
      if (!layer->rows.emplace(SignedUnit{unit.unit, table.sign}, unit).second) {
        throw Error(ErrorKind::kUsage, table.file, fmt::format("layer \"{}\" has a table already", table.layer),
                    "name another layer: LAYER=" + table.file);
      }
    }
  }

  const ImportRequest& request_;
  Names names_;
  Sha256 hash_;
  std::vector<SaidLayer> said_;
  AtlasConcepts concepts_;
};

}  // namespace

void import_tables(const ImportRequest& request, const std::string& out, Reporter& reporter) {
  if (is_there(out)) throw Error(ErrorKind::kUsage, out, "is there already", "name a new file in `out`");
  Import content(request, reporter);
  const std::string network = std::filesystem::path(out).stem().string();
  write_new_atlas(out,
                  [&](Atlas& atlas) { content.write(atlas, request.network.empty() ? network : request.network); });
}

}  // namespace microtome
