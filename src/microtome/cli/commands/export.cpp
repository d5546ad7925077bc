// SPDX-License-Identifier: Apache-2.0
// microtome export: an atlas in other tools' formats, and as a static site.
#include <memory>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/cli/command.h"
#include "microtome/exchange/export.h"
#include "microtome/explorer/pages.h"

namespace microtome::commands {
namespace {

struct Options {
  std::string file, csv, netdissect, charts, json, npy, images, sprites, site;
  std::vector<std::string> views;
};

void define(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  app.add_option("atlas", options->file, "Atlas file")->required();
  app.add_option("--csv", options->csv, "Folder for tables in NetDissect's columns, one a layer, and units.csv");
  app.add_option("--netdissect", options->netdissect,
                 "Folder for NetDissect's LAYER-result.csv, html page and strips, and dissect's report.json");
  app.add_option("--charts", options->charts, "Folder for bar graphs of detectors and curves over cut-offs as SVG");
  app.add_option("--json", options->json, "File for everything but the pictures");
  app.add_option("--npy", options->npy, "Folder for thresholds, IoU and histograms as NumPy arrays");
  auto* images =
      app.add_option("--images", options->images, "Folder for pictures, exemplar strips and contact sheets as PNG");
  app.add_option(
         "--views", options->views,
         "With --images, further sheets of top, typical and bottom exemplars for each unit: mask, outline, heat, "
         "field (cut to the receptive field), plain")
      ->delimiter(',')
      ->needs(images);
  app.add_option("--sprites", options->sprites,
                 "Folder for one image of all pictures of each layer and sign, without gaps, with a JSON index");
  app.add_option("--site", options->site, "Folder for the explorer's pages: open index.html, or put it on any host");
  add_common(app, session, false);
  app.callback([options, &session] {
    const Options& o = *options;
    if (o.csv.empty() && o.netdissect.empty() && o.charts.empty() && o.json.empty() && o.npy.empty() &&
        o.images.empty() && o.sprites.empty() && o.site.empty()) {
      throw Error(ErrorKind::kUsage, "microtome export", "nothing to write",
                  "name at least one of --csv, --netdissect, --charts, --json, --npy, --images, --sprites, --site");
    }
    std::vector<ExemplarView> views;
    for (const std::string& view : o.views) views.push_back(view_from_text(view));
    const Atlas atlas = Atlas::open(o.file, Atlas::Mode::kRead);
    const auto reporter = session.reporter();
    if (!o.csv.empty()) export_csv(atlas, o.csv);
    if (!o.netdissect.empty()) export_netdissect(atlas, o.netdissect, *reporter);
    if (!o.charts.empty()) export_charts(atlas, o.charts);
    if (!o.json.empty()) write_file(o.json, json_text(atlas_json(atlas, {}, JsonDetail::kFull)));
    if (!o.npy.empty()) export_npy(atlas, o.npy);
    if (!o.images.empty()) {
      export_images(atlas, o.images, views, *reporter);
      export_visualizations(atlas, o.images);
    }
    if (!o.sprites.empty()) export_sprites(atlas, o.sprites, *reporter);
    if (!o.site.empty()) write_site(atlas, o.site, *reporter);
  });
}

}  // namespace

extern const Command export_command;
const Command export_command{
    "export", "Write an atlas as csv, NetDissect's pages, charts, JSON, npy, images or a static site", define};

}  // namespace microtome::commands
