// SPDX-License-Identifier: Apache-2.0
// microtome export: an atlas in other tools' formats, and as a static site.
#include "microtome/atlas/atlas.h"
#include "microtome/cli/command.h"
#include "microtome/exchange/exporter.h"
#include "microtome/explorer/pages.h"

namespace microtome::commands {
namespace {

struct Subject {
  std::string file;
  int64_t run = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "atlas", .help = "Atlas file", .role = Role::kAtlas, .positional = true, .required = true}, s.file);
    field({.name = "run", .help = "What this run found, where others found something else; 0: the best", .min = 0},
          s.run);
  }
};

std::vector<const Exporter*> known() {
  const auto files = exporters::kinds();
  std::vector<const Exporter*> out(files.begin(), files.end());
  out.push_back(&site_exporter);
  return out;
}

Json arguments() {
  Json out = describe_arguments<Subject>();
  for (Json& argument : export_arguments(known())) out.push_back(std::move(argument));
  return out;
}

void run_export(const Json& request, const Session& session) {
  Atlas atlas = Atlas::open(request.at("atlas"), Atlas::Mode::kRead);
  if (const int64_t run = request.value("run", int64_t{0}); run > 0) atlas.prefer(run);
  export_atlas(atlas, known(), request, *session.reporter());
}

}  // namespace

extern const Command export_command;
const Command export_command{"export",
                             "Write an atlas as csv, NetDissect's pages, charts, JSON, npy, images or a static site",
                             arguments, run_export, false};

}  // namespace microtome::commands
