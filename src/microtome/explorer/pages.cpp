// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/pages.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/exchange/folder_writer.h"
#include "microtome/exchange/unit_rows.h"
#include "microtome/explorer/bundle.h"
#include "microtome/explorer/data_files.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

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

std::string media_type_of(std::string_view path) {
  static const std::map<std::string_view, std::string> types = {{"html", "text/html; charset=utf-8"},
                                                                {"js", "text/javascript; charset=utf-8"},
                                                                {"css", "text/css; charset=utf-8"},
                                                                {"svg", "image/svg+xml"},
                                                                {"png", "image/png"},
                                                                {"jpg", "image/jpeg"},
                                                                {"webp", "image/webp"}};
  return types.at(path.substr(path.rfind('.') + 1));
}

// The numbers of the pages that an atlas has of each form.
struct Contents {
  using List = std::vector<Numbers>;
  List one = {{}}, layers, units, positive, negative, further, visualizations, frames, png, jpg, webp;

  explicit Contents(const Atlas& atlas) {
    std::set<int64_t> images;
    for (const AtlasLayer& layer : atlas.studied_layers()) {
      layers.push_back({layer.id});
      FirstObjectives firsts;
      std::set<int64_t> shown;
      for (const auto& [of, row] : unit_rows(atlas, layer.name)) {
        if (units.empty() || units.back() != Numbers{layer.id, of.unit}) units.push_back({layer.id, of.unit});
        for (const AtlasPicture& picture : row.pictures) {
          List& places = of.sign == Sign::kPositive ? positive : negative;
          if (firsts.hold(picture))
            places.push_back({layer.id, of.unit, picture.variant});
          else
            further.push_back({picture.id});
          add_frames(picture);
          shown.insert(picture.id);
        }
        if (row.dissection) add_images(*row.dissection, images);
      }
      for (const AtlasPicture& picture : atlas.pictures_of_runs(layer.name, -1, Detail::kBrief)) {
        if (!shown.insert(picture.id).second) continue;
        further.push_back({picture.id});
        add_frames(picture);
      }
    }
    for (const AtlasPicture& picture : atlas.visualizations(Detail::kBrief)) {
      visualizations.push_back({picture.id});
      add_frames(picture);
    }
    for (const int64_t image : images) {
      const auto thumbnail = atlas.thumbnail(image);
      if (!thumbnail) continue;
      const std::string path = thumbnail_path(*thumbnail);
      (path.ends_with("png") ? png : path.ends_with("jpg") ? jpg : webp).push_back({image});
    }
  }

 private:
  void add_frames(const AtlasPicture& picture) {
    for (const AtlasFrame& frame : picture.frames) frames.push_back({picture.id, frame.step});
  }
  static void add_images(const UnitDissection& unit, std::set<int64_t>& images) {
    for (const auto* list : {&unit.top, &unit.bottom, &unit.typical}) {
      for (const Exemplar& exemplar : *list) images.insert(exemplar.image);
    }
  }
};

// A page, or many of one form. "#" in the shape stands for a number.
struct PageKind {
  std::string_view shape;
  Json (*data)(const PageContext& context, const Numbers& numbers) = nullptr;            // of a script, or
  std::string (*picture)(const PageContext& context, const Numbers& numbers) = nullptr;  // bytes; empty: none
  Contents::List Contents::*all = &Contents::one;
};

template <Sign kSign>
std::string first_picture(const PageContext& context, const Numbers& numbers) {
  FirstObjectives firsts;
  const std::string& layer = context.studied_layer(numbers[0]).name;
  for (AtlasPicture& one : context.atlas.pictures(layer, numbers[1], Detail::kFull)) {
    if (firsts.hold(one) && one.sign == kSign && one.variant == numbers[2]) return std::move(one.png);
  }
  return {};
}

std::string further_picture(const PageContext& context, const Numbers& numbers) {
  const std::optional<AtlasPicture> found = context.atlas.picture(numbers[0]);
  if (!found || found->layer.empty()) return {};
  FirstObjectives firsts;
  for (const AtlasPicture& one : context.atlas.pictures(found->layer, found->unit, Detail::kBrief)) {
    if (firsts.hold(one) && one.id == found->id) return {};  // It has a path that says whose it is.
  }
  return found->png;
}

std::string visualization(const PageContext& context, const Numbers& numbers) {
  const std::optional<AtlasPicture> found = context.atlas.picture(numbers[0]);
  return found && found->layer.empty() ? found->png : std::string();
}

std::string frame(const PageContext& context, const Numbers& numbers) {
  const AtlasPicture found = context.atlas.picture(numbers[0]).value_or(AtlasPicture{});
  const auto frame = std::ranges::find(found.frames, numbers[1], &AtlasFrame::step);
  return frame != found.frames.end() ? frame->webp : std::string();
}

std::string thumbnail(const PageContext& context, const Numbers& numbers) {
  return context.atlas.thumbnail(numbers[0]).value_or(Atlas::Thumbnail{}).bytes;
}

constexpr PageKind kKinds[] = {
    {.shape = "data/atlas.js", .data = atlas_data},
    {.shape = "data/concepts.js", .data = concept_data},
    {.shape = "data/visualizations.js", .data = visualizations_data},
    {.shape = "data/layer-#.js", .data = layer_data, .all = &Contents::layers},
    {.shape = "data/unit-#-#.js", .data = unit_data, .all = &Contents::units},
    {.shape = "images/picture-#-#-p-#.png", .picture = first_picture<Sign::kPositive>, .all = &Contents::positive},
    {.shape = "images/picture-#-#-n-#.png", .picture = first_picture<Sign::kNegative>, .all = &Contents::negative},
    {.shape = "images/picture-#.png", .picture = further_picture, .all = &Contents::further},
    {.shape = "images/visualization-#.png", .picture = visualization, .all = &Contents::visualizations},
    {.shape = "images/frame-#-#.webp", .picture = frame, .all = &Contents::frames},
    {.shape = "images/thumb-#.png", .picture = thumbnail, .all = &Contents::png},
    {.shape = "images/thumb-#.jpg", .picture = thumbnail, .all = &Contents::jpg},
    {.shape = "images/thumb-#.webp", .picture = thumbnail, .all = &Contents::webp},
};

std::string path_of(std::string_view shape, const Numbers& numbers) {
  std::string path;
  size_t next = 0;
  for (const char letter : shape) path += letter == '#' ? std::to_string(numbers[next++]) : std::string(1, letter);
  return path;
}

// The numbers in a path of this shape. They have one spelling, so that a page has one path, and too few digits to
// overflow.
std::optional<Numbers> numbers_in(std::string_view path, std::string_view shape) {
  constexpr size_t kDigits = 9;
  Numbers numbers;
  for (const char letter : shape) {
    size_t taken = 1;
    if (letter == '#') {
      taken = std::min(path.find_first_not_of("0123456789"), path.size());
      if (taken == 0 || taken > kDigits || (path[0] == '0' && taken > 1)) return {};
      std::from_chars(path.data(), path.data() + taken, numbers.emplace_back());
    } else if (path.empty() || path[0] != letter) {
      return {};
    }
    path.remove_prefix(taken);
  }
  return path.empty() ? std::optional(std::move(numbers)) : std::nullopt;
}

std::string bytes_of(const PageKind& kind, const PageContext& context, const Numbers& numbers, std::string_view path) {
  if (kind.picture) {
    std::string bytes = kind.picture(context, numbers);
    if (bytes.empty() || media_type(bytes) != media_type_of(path)) no_such_page(path);
    return bytes;
  }
  constexpr size_t kFolder = sizeof("data/") - 1, kSuffix = sizeof(".js") - 1;
  return data_script(path.substr(kFolder, path.size() - kFolder - kSuffix), kind.data(context, numbers));
}

Page page_at(const PageContext& context, std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) path = "index.html";
  for (const BundleFile& file : built_bundle()) {
    if (file.path == path) return {media_type_of(path), std::string(file.bytes)};
  }
  for (const PageKind& kind : kKinds) {
    if (const auto numbers = numbers_in(path, kind.shape)) {
      // A data file is a script only on a disk: what is served runs nowhere, and a browser that obeys nosniff hands it
      // to no foreign page.
      return {kind.data ? "text/plain; charset=utf-8" : media_type_of(path), bytes_of(kind, context, *numbers, path)};
    }
  }
  no_such_page(path);
}

std::vector<std::string> write_site(const Atlas& atlas, const std::string& folder, const Json&, Reporter& reporter) {
  std::vector<std::string> paths = page_paths(atlas);
  std::stable_partition(paths.begin(), paths.end(), [](const std::string& path) { return path != "index.html"; });
  Task task(reporter, "site", std::ssize(paths), "pages");
  const PageContext context(atlas);
  FolderWriter files(folder);
  for (const std::string& path : paths) {
    throw_if_stopped();
    files.write(path, page_at(context, path).bytes);
    task.advance();
  }
  return files.take_paths();
}

}  // namespace

std::vector<std::string> page_paths(const Atlas& atlas) {
  std::vector<std::string> paths;
  for (const BundleFile& file : built_bundle()) paths.emplace_back(file.path);
  const Contents contents(atlas);
  for (const PageKind& kind : kKinds) {
    for (const Numbers& numbers : contents.*kind.all) paths.push_back(path_of(kind.shape, numbers));
  }
  return paths;
}

Page answer(const Atlas& atlas, std::string_view path) { return page_at(PageContext(atlas), path); }

const Exporter site_exporter{"site", "Folder for the explorer's pages: open index.html, or put it on any host",
                             write_site};

}  // namespace microtome
