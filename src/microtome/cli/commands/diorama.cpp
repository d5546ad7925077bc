// SPDX-License-Identifier: Apache-2.0
// microtome diorama: draw our own concept set.
#include "microtome/concepts/diorama/diorama.h"

#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/command.h"
#include "microtome/dissect/findings.h"

namespace microtome::commands {
namespace {

struct DioramaOptions {
  std::string folder;
  diorama::DioramaSettings settings;
  bool stats = false;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "folder", .help = "Folder to write, in Broden's layout", .role = Role::kOut, .positional = true},
          s.folder);
    field({.name = "stats", .help = "Print how often each concept occurs and the largest IoU that this permits"},
          s.stats);
    diorama::DioramaSettings::fields(s.settings, field);
  }
};

void print_shares(const DioramaOptions& options, const Session& session, Reporter& reporter) {
  const auto shares = diorama::diorama_shares(options.settings, kPublishedTail, session.thread_count(), reporter);
  if (session.json) {
    Json rows = Json::array();
    for (const diorama::ConceptShare& share : shares) {
      rows.push_back({{"name", share.name},
                      {"category", share.category},
                      {"images", share.images},
                      {"share", share.share},
                      {"ceiling", share.ceiling}});
    }
    print_json(Json{{"concepts", rows}});
    return;
  }
  TextTable table;
  table.add_column("concept", TextTable::Align::kLeft, true);
  table.add_column("category", TextTable::Align::kLeft);
  table.add_column("images", TextTable::Align::kRight);
  table.add_column("share", TextTable::Align::kRight);
  table.add_column("IoU ceiling", TextTable::Align::kRight);
  for (const diorama::ConceptShare& share : shares) {
    table.add_row({share.name, share.category, fmt::format("{}", share.images),
                   fmt::format("{:.3f} %", 100 * share.share), fmt::format("{:.3f}", share.ceiling)});
  }
  print(table.render(terminal_width()));
}

void draw(const DioramaOptions& options, const Session& session) {
  if (options.folder.empty() && !options.stats) throw Error(ErrorKind::kUsage, "folder", "is required");
  const auto reporter = session.reporter();
  if (!options.folder.empty()) {
    diorama::write_dioramas(options.folder, options.settings, session.thread_count(), *reporter);
    if (!options.stats) print(fmt::format("wrote {} dioramas to {}", options.settings.images, options.folder));
  }
  if (options.stats) print_shares(options, session, *reporter);
}

}  // namespace

extern const Command diorama_command;
const Command diorama_command = make_command<DioramaOptions, draw>(
    "diorama", "Draw a labelled concept set of little scenes", true,
    "\nDioramas are procedurally drawn scenes in which every pixel's scene, object, part, material, texture and "
    "colour is\n"
    "known. The same seed gives the same bytes. With --stats alone nothing is written.\n"
    "Example:\n  microtome diorama scenes --images 1000 --seed 7\n");

}  // namespace microtome::commands
