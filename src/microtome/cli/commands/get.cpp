// SPDX-License-Identifier: Apache-2.0
// microtome get: published networks and concept sets by name.
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/nearest.h"
#include "microtome/base/path.h"
#include "microtome/base/text_table.h"
#include "microtome/cli/command.h"
#include "microtome/fetch/cache.h"
#include "microtome/fetch/download.h"

namespace microtome::commands {
namespace {

struct GetOptions {
  std::vector<std::string> names;
  bool list = false, offline = false;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "names", .help = "What to fetch: resnet50, dtd ...", .positional = true}, s.names);
    field({.name = "list", .help = "List what can be fetched, with sizes and licences"}, s.list);
    field({.name = "offline", .help = "Fetch nothing; say where it is, or fail"}, s.offline);
  }
};

void list_published(const std::string& folder, const Session& session) {
  Json rows = Json::array();
  TextTable table;
  table.add_column("name", TextTable::Align::kLeft);
  table.add_column("what", TextTable::Align::kLeft);
  table.add_column("MB", TextTable::Align::kRight);
  table.add_column("here", TextTable::Align::kLeft);
  table.add_column("licence", TextTable::Align::kLeft, true);
  for (const PublishedFile& file : published_files()) {
    const std::string path = folder + "/" + file.file_name();
    const bool here = is_there(path);
    table.add_row({std::string(file.name), std::string(file.what), fmt::format("{}", file.megabytes), here ? "yes" : "",
                   std::string(file.licence)});
    rows.push_back({{"name", file.name},
                    {"what", file.what},
                    {"megabytes", file.megabytes},
                    {"licence", file.licence},
                    {"address", file.address},
                    {"digest", file.digest},
                    {"path", here ? path : ""}});
  }
  if (session.json) return print_json(rows);
  print(table.render(terminal_width()));
}

const PublishedFile& published_named(const std::string& name) {
  if (const PublishedFile* found = find_published(name)) return *found;
  std::vector<std::string> names;
  for (const PublishedFile& file : published_files()) names.emplace_back(file.name);
  throw Error(ErrorKind::kNotFound, name, "is nothing that can be fetched by name",
              fmt::format("did you mean {}? `list` shows all", nearest_name(name, names)));
}

void get(const GetOptions& options, const Session& session) {
  const std::string folder = cache_folder();
  if (options.list) return list_published(folder, session);
  if (options.names.empty())
    throw Error(ErrorKind::kUsage, "names", "says nothing to fetch", "`list` shows what can be");
  const auto reporter = session.reporter();
  std::vector<const PublishedFile*> files;
  for (const std::string& name : options.names) files.push_back(&published_named(name));
  Json rows = Json::array();
  for (const PublishedFile* file : files) {
    session.to_finish = true;
    const std::string path = fetch_published(*file, folder, options.offline, *reporter);
    if (file->digest.empty()) {
      reporter->warn(fmt::format("{}: its publisher gives no digest to verify it by; this file has {}", file->name,
                                 digest_of(path, "")));
    }
    if (!file->next.empty()) reporter->note(fmt::format("{}: {}", file->name, file->next));
    rows.push_back({{"name", file->name}, {"path", path}});
    if (!session.json) print(path);
  }
  if (session.json) print_json(rows);
}

}  // namespace

extern const Command get_command;
const Command get_command =
    make_command<GetOptions, get>("get",
                                  "Fetch published networks and concept sets by name; afterwards the name stands for "
                                  "the network's file");

}  // namespace microtome::commands
