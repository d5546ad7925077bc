// SPDX-License-Identifier: Apache-2.0
// What NetDissect and its successors leave behind, of positive units: LAYER-result.csv, html/LAYER.html (needs nothing
// from the net), html/image/LAYER-bargraph.svg and for each unit with exemplars the strip html/image/LAYER-0012.jpg
// (tiles 3 px apart, as NetDissect's; counted from 0, while tables and pages count from 1); and LAYER-report.json in
// the form of David Bau's dissect ({"header", "units": [{"image", "unit", "iou", "label", "cat"}]}, units from 0).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/dissect/detectors.h"
#include "microtome/exchange/atlas_json.h"
#include "microtome/exchange/exemplar_view.h"
#include "microtome/exchange/exporter.h"
#include "microtome/exchange/file_name.h"
#include "microtome/exchange/folder_writer.h"
#include "microtome/exchange/netdissect_form.h"
#include "microtome/exchange/unit_rows.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"

namespace microtome::exporters {
namespace {

constexpr int kTilePx = 113, kGapPx = 3, kQuality = 90;

constexpr const char* kStyle =
    R"(body{font:15px/1.5 sans-serif;margin:2em auto;max-width:1150px;padding:0 1em;color:#222}
.unit{margin:1.2em 0}.unit h2{font-size:1em;margin:.2em 0}.unit small{font-weight:normal;color:#666}.lowscore{color:#888}
.strip{overflow-x:auto}.strip img,.graph img{display:block;max-width:none}.graph{overflow-x:auto}button{font:inherit})";
constexpr const char* kScript = R"(const list=document.getElementById('units');
for(const button of document.querySelectorAll('button'))button.onclick=()=>{
const key=Number(button.dataset.key);
[...list.children].sort((a,b)=>JSON.parse(a.dataset.order)[key]-JSON.parse(b.dataset.order)[key]).forEach(unit=>list.append(unit));};)";

// Places in the three orders of NetDissect's page: by label, by falling score, by unit.
std::vector<std::array<size_t, 3>> orders_of(const std::vector<UnitDissection>& units, const Vocabulary& vocabulary) {
  std::vector<std::array<size_t, 3>> places(units.size());
  std::vector<size_t> by(units.size());
  for (size_t i = 0; i < by.size(); ++i) by[i] = i, places[i][2] = i;
  std::stable_sort(by.begin(), by.end(), [&](size_t a, size_t b) { return units[a].best.iou > units[b].best.iou; });
  for (size_t i = 0; i < by.size(); ++i) places[by[i]][1] = i;
  const auto name = [&](size_t i) {
    return units[i].best.label == 0 ? "" : vocabulary.display_name(units[i].best.label);
  };
  std::stable_sort(by.begin(), by.end(), [&](size_t a, size_t b) {
    return std::pair(!is_detector(units[a]), name(a)) < std::pair(!is_detector(units[b]), name(b));
  });
  for (size_t i = 0; i < by.size(); ++i) places[by[i]][0] = i;
  return places;
}

class LayerExport {
 public:
  LayerExport(const Atlas& atlas, const Vocabulary& vocabulary, const AtlasLayer& layer)
      : atlas_(atlas),
        vocabulary_(vocabulary),
        layer_(layer),
        stem_(file_name_from_layer(layer.name)),
        units_(positive_units(atlas, layer.name, Detail::kFull)) {}

  size_t size() const { return units_.size(); }

  void write(Task& task, FolderWriter& files) const {
    files.write(stem_ + "-result.csv", netdissect_csv(units_, vocabulary_));
    files.write(fmt::format("html/image/{}-bargraph.svg", stem_), bar_graph(detector_bars(units_, vocabulary_)));
    for (const UnitDissection& unit : units_) {
      throw_if_stopped();
      if (!unit.top.empty()) files.write("html/" + strip_of(unit), strip(unit));
      task.advance();
    }
    files.write(fmt::format("html/{}.html", stem_), page());
    files.write(stem_ + "-report.json", json_text(report()));
  }

 private:
  std::string strip(const UnitDissection& unit) const {
    const auto tiles = exemplar_tiles(atlas_, layer_, unit, ExemplarList::kTop, ExemplarView::kMask, kTilePx);
    return encode_jpeg(contact_sheet(tiles, static_cast<int>(tiles.size()), kTilePx, kGapPx), kQuality);
  }
  std::string strip_of(const UnitDissection& unit) const { return fmt::format("image/{}-{:04}.jpg", stem_, unit.unit); }
  std::string label_of(const UnitDissection& unit) const {
    return unit.best.label == 0 ? std::string() : vocabulary_.display_name(unit.best.label);
  }
  std::string category_of(const UnitDissection& unit) const {
    return unit.best.label == 0 ? std::string() : vocabulary_.category(unit.best.category);
  }

  Json report() const {
    Json units = Json::array();
    for (const UnitDissection& unit : units_) {
      units.push_back({{"image", unit.top.empty() ? Json() : Json("html/" + strip_of(unit))},
                       {"unit", unit.unit},
                       {"iou", unit.best.iou},
                       {"label", label_of(unit)},
                       {"cat", category_of(unit)}});
    }
    return {{"header", {{"name", layer_.name}, {"image", fmt::format("html/image/{}-bargraph.svg", stem_)}}},
            {"units", std::move(units)}};
  }

  std::string page() const {
    const DetectorCount count = count_of_sign(units_, Sign::kPositive, vocabulary_);
    std::string html = fmt::format(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\">\n"
        "<title>{0}</title>\n<style>{1}</style>\n<h1>{0}</h1>\n<div class=\"graph\"><img src=\"{2}\" alt=\"detectors "
        "of each concept\"></div>\n"
        "<p>{3}/{4} units covering {5} concepts with IoU ≥ {6:g}</p>\n<p>Sort by <button data-key=\"0\">label</button> "
        "<button data-key=\"1\">score</button> <button data-key=\"2\">unit</button></p>\n<div id=\"units\">\n",
        escaped_markup(layer_.name), kStyle, escaped_markup(as_link(fmt::format("image/{}-bargraph.svg", stem_))),
        count.detectors, count.units, count.unique, kDetectorCut);
    const auto places = orders_of(units_, vocabulary_);
    std::vector<size_t> by_score(units_.size());
    for (size_t i = 0; i < units_.size(); ++i) by_score[places[i][1]] = i;
    for (const size_t i : by_score) {
      const UnitDissection& unit = units_[i];
      html += fmt::format(
          "<div class=\"unit{}\" data-order=\"[{},{},{}]\"><h2>{} <small>{}unit {} · IoU {:.3f}</small></h2>",
          is_detector(unit) ? "" : " lowscore", places[i][0], places[i][1], places[i][2],
          unit.best.label == 0 ? "no concept" : escaped_markup(label_of(unit)),
          unit.best.label == 0 ? "" : escaped_markup(category_of(unit)) + " · ", unit.unit + 1, unit.best.iou);
      if (!unit.top.empty()) {
        html += fmt::format("<div class=\"strip\"><img loading=\"lazy\" src=\"{}\" alt=\"\"></div>",
                            escaped_markup(as_link(strip_of(unit))));
      }
      html += "</div>\n";
    }
    return html + fmt::format("</div>\n<script>{}</script>\n</html>\n", kScript);
  }

  // File names hold "%" where layer names hold slashes.
  static std::string as_link(const std::string& path) {
    std::string out;
    for (const char c : path) out += c == '%' ? std::string("%25") : std::string(1, c);
    return out;
  }

  const Atlas& atlas_;
  const Vocabulary& vocabulary_;
  const AtlasLayer& layer_;
  std::string stem_;
  std::vector<UnitDissection> units_;
};

std::vector<std::string> write_netdissect(const Atlas& atlas, const std::string& folder, const Json&,
                                          Reporter& reporter) {
  const Vocabulary vocabulary(atlas);
  FolderWriter files(folder);
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    const LayerExport writer(atlas, vocabulary, layer);
    if (writer.size() == 0) continue;
    Task task(reporter, "writing pages of " + layer.name, static_cast<int64_t>(writer.size()), "units");
    writer.write(task, files);
  }
  return files.take_some_paths();
}

}  // namespace

extern const Exporter netdissect;
const Exporter netdissect{
    "netdissect", "Folder for NetDissect's LAYER-result.csv, html page and strips, and dissect's LAYER-report.json",
    write_netdissect};

}  // namespace microtome::exporters
