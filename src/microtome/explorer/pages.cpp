// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/pages.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <regex>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/workers.h"
#include "microtome/explorer/bundle.h"
#include "microtome/explorer/data_files.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

using Match = std::match_results<std::string_view::const_iterator>;

constexpr const char* kScript = "text/javascript; charset=utf-8";

[[noreturn]] void no_such_page(std::string_view path) {
  throw Error(ErrorKind::kNotFound, std::string(path), "the explorer has no such page");
}

std::span<const BundleFile> built_bundle() {
  const auto files = bundle_files();
  if (files.empty()) {
    throw Error(ErrorKind::kUnsupported, "explorer", "this microtome was built without the explorer's pages",
                "build it again with -DMICROTOME_EXPLORER=ON; that needs npm");
  }
  return files;
}

int64_t integer(const Match& match, size_t group) {
  int64_t value = 0;
  const std::string text = match[group].str();
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

AtlasLayer studied_layer(const Atlas& atlas, const Match& match) {
  const int64_t id = integer(match, 1);
  for (AtlasLayer& layer : atlas.studied_layers()) {
    if (layer.id == id) return std::move(layer);
  }
  no_such_page(match.str());
}

Page answer_atlas(const Atlas& atlas, const Match&) { return {kScript, data_script("atlas", atlas_data(atlas))}; }

Page answer_concepts(const Atlas& atlas, const Match&) {
  return {kScript, data_script("concepts", concept_data(atlas))};
}

Page answer_layer(const Atlas& atlas, const Match& match) {
  return {kScript, data_script("layer-" + match[1].str(), layer_data(atlas, studied_layer(atlas, match)))};
}

Page answer_unit(const Atlas& atlas, const Match& match) {
  const AtlasLayer layer = studied_layer(atlas, match);
  const int unit = static_cast<int>(integer(match, 2));
  return {kScript, data_script("unit-" + match[1].str() + "-" + match[2].str(), unit_data(atlas, layer, unit))};
}

Page answer_picture(const Atlas& atlas, const Match& match) {
  const AtlasLayer layer = studied_layer(atlas, match);
  PicturePaths paths(layer.id);
  for (AtlasPicture& picture : atlas.pictures(layer.name, static_cast<int>(integer(match, 2)), true)) {
    if (paths.of(picture) == match.str()) return {"image/png", std::move(picture.png)};
  }
  no_such_page(match.str());
}

// Of a further objective.
Page answer_further_picture(const Atlas& atlas, const Match& match) {
  std::optional<AtlasPicture> picture = atlas.picture(integer(match, 1));
  if (!picture || picture->layer.empty()) no_such_page(match.str());
  const auto layers = atlas.layers();
  const auto layer = std::ranges::find(layers, picture->layer, &AtlasLayer::name);
  PicturePaths paths(layer->id);
  for (const AtlasPicture& one : atlas.pictures(picture->layer, picture->unit, false)) {
    if (paths.of(one) == match.str()) return {"image/png", std::move(picture->png)};
  }
  no_such_page(match.str());
}

std::string visualization_path(const AtlasPicture& picture) {
  return "images/visualization-" + std::to_string(picture.id) + ".png";
}

std::string frame_path(const AtlasPicture& picture, const AtlasFrame& frame) {
  return "images/frame-" + std::to_string(picture.id) + "-" + std::to_string(frame.step) + ".webp";
}

Page answer_visualizations(const Atlas& atlas, const Match&) {
  return {kScript, data_script("visualizations", visualizations_data(atlas))};
}

Page answer_visualization(const Atlas& atlas, const Match& match) {
  std::optional<AtlasPicture> picture = atlas.picture(integer(match, 1));
  if (!picture || !picture->layer.empty()) no_such_page(match.str());
  return {"image/png", std::move(picture->png)};
}

Page answer_frame(const Atlas& atlas, const Match& match) {
  std::optional<AtlasPicture> picture = atlas.picture(integer(match, 1));
  if (!picture) no_such_page(match.str());
  for (AtlasFrame& frame : picture->frames) {
    if (frame.step == integer(match, 2)) return {"image/webp", std::move(frame.webp)};
  }
  no_such_page(match.str());
}

Page answer_thumbnail(const Atlas& atlas, const Match& match) {
  std::optional<Atlas::Thumbnail> thumbnail = atlas.thumbnail(integer(match, 1));
  if (!thumbnail || thumbnail_path(*thumbnail) != match.str()) no_such_page(match.str());
  return {std::string(media_type(thumbnail->bytes)), std::move(thumbnail->bytes)};
}

// "#" stands for a number. Numbers have one spelling, so that a page has one path, and too few digits to overflow.
std::regex page_regex(const std::string& shape) {
  std::string pattern;
  for (const char letter : shape)
    pattern += letter == '#' ? std::string("(0|[1-9][0-9]{0,8})") : std::string(1, letter);
  return std::regex(pattern);
}

struct Pattern {
  std::regex path;
  Page (*answer)(const Atlas& atlas, const Match& match);
};
const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> all = {
      {page_regex(R"(data/atlas\.js)"), answer_atlas},
      {page_regex(R"(data/concepts\.js)"), answer_concepts},
      {page_regex(R"(data/visualizations\.js)"), answer_visualizations},
      {page_regex(R"(data/layer-#\.js)"), answer_layer},
      {page_regex(R"(data/unit-#-#\.js)"), answer_unit},
      {page_regex(R"(images/picture-#-#-[pn]-#\.png)"), answer_picture},
      {page_regex(R"(images/picture-#\.png)"), answer_further_picture},
      {page_regex(R"(images/visualization-#\.png)"), answer_visualization},
      {page_regex(R"(images/frame-#-#\.webp)"), answer_frame},
      {page_regex(R"(images/thumb-#\.(png|jpg|webp))"), answer_thumbnail},
  };
  return all;
}

std::string bundle_media_type(std::string_view path) {
  static const std::map<std::string_view, std::string> types = {{"html", "text/html; charset=utf-8"},
                                                                {"js", kScript},
                                                                {"css", "text/css; charset=utf-8"},
                                                                {"svg", "image/svg+xml"}};
  return types.at(path.substr(path.rfind('.') + 1));
}

void add_layer_paths(const Atlas& atlas, const AtlasLayer& layer, std::vector<std::string>& paths,
                     std::set<int64_t>& images) {
  const std::string id = std::to_string(layer.id);
  paths.push_back("data/layer-" + id + ".js");
  int last = -1;
  for (const auto& row : unit_rows(atlas, layer.name)) {
    if (unit_of(row) != last) paths.push_back("data/unit-" + id + "-" + std::to_string(last = unit_of(row)) + ".js");
    if (!row.second.dissection) continue;
    for (const Exemplar& exemplar : row.second.dissection->top) images.insert(exemplar.image);
    for (const Exemplar& exemplar : row.second.dissection->bottom) images.insert(exemplar.image);
    for (const Exemplar& exemplar : row.second.dissection->typical) images.insert(exemplar.image);
  }
  PicturePaths picture_paths(layer.id);
  for (const AtlasPicture& picture : atlas.pictures(layer.name, -1, false)) {
    paths.push_back(picture_paths.of(picture));
    for (const AtlasFrame& frame : picture.frames) paths.push_back(frame_path(picture, frame));
  }
}

}  // namespace

std::vector<std::string> page_paths(const Atlas& atlas) {
  std::vector<std::string> paths;
  for (const BundleFile& file : built_bundle()) paths.emplace_back(file.path);
  paths.emplace_back("data/atlas.js");
  paths.emplace_back("data/concepts.js");
  paths.emplace_back("data/visualizations.js");
  std::set<int64_t> images;
  for (const AtlasLayer& layer : atlas.studied_layers()) add_layer_paths(atlas, layer, paths, images);
  for (const AtlasPicture& picture : atlas.visualizations(false)) {
    paths.push_back(visualization_path(picture));
    for (const AtlasFrame& frame : picture.frames) paths.push_back(frame_path(picture, frame));
  }
  for (const int64_t image : images) {
    if (const auto thumbnail = atlas.thumbnail(image)) paths.push_back(thumbnail_path(*thumbnail));
  }
  return paths;
}

Page answer(const Atlas& atlas, std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) path = "index.html";
  for (const BundleFile& file : built_bundle()) {
    if (file.path == path) return {bundle_media_type(path), std::string(file.bytes)};
  }
  // std::regex recurses once a character: a long path must not reach it.
  constexpr size_t kLongestPath = 100;
  if (path.size() > kLongestPath) no_such_page(path);
  for (const Pattern& pattern : patterns()) {
    Match match;
    if (std::regex_match(path.begin(), path.end(), match, pattern.path)) return pattern.answer(atlas, match);
  }
  no_such_page(path);
}

void write_site(const Atlas& atlas, const std::string& folder, Reporter& reporter) {
  std::vector<std::string> paths = page_paths(atlas);
  std::ranges::stable_partition(paths, [](const std::string& path) { return path != "index.html"; });
  Task task(reporter, "site", static_cast<int64_t>(paths.size()), "pages");
  for (const std::string& path : paths) {
    throw_if_stopped();
    write_file(folder + "/" + path, answer(atlas, path).bytes);
    task.advance();
  }
}

}  // namespace microtome
