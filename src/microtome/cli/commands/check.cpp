// SPDX-License-Identifier: Apache-2.0
// microtome check: whether an atlas is whole.
#include "microtome/atlas/check.h"

#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/cli/command.h"
#include "microtome/exchange/finding_json.h"

namespace microtome::commands {
namespace {

struct AtlasCheckOptions {
  std::string file, rescue;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "atlas", .help = "Atlas file", .role = Role::kAtlas, .positional = true, .required = true}, s.file);
    field({.name = "rescue", .help = "New atlas for everything that is whole", .role = Role::kOut}, s.rescue);
  }
};

void check_file(const AtlasCheckOptions& options, const Session& session) {
  const AtlasCheck found = check_atlas(options.file, options.rescue, *session.reporter());
  const size_t faults = found.faults.size() + static_cast<size_t>(found.further_faults);
  if (session.json) {
    print_json(finding_json(found));
  } else {
    for (const std::string& fault : found.faults) print(fault);
    print(fmt::format("{} dissections with {} units, {} pictures and {} thumbnails are whole", found.dissections,
                      found.units, found.pictures, found.thumbnails));
  }
  if (faults > 0) {
    throw Error(
        ErrorKind::kCorrupt, options.file, fmt::format("is damaged: {} faults", faults),
        options.rescue.empty() ? "--rescue NEW.atlas writes what is whole" : "what is whole is in " + options.rescue);
  }
}

}  // namespace

extern const Command check_command;
const Command check_command = make_command<AtlasCheckOptions, check_file>(
    "check", "Verify an atlas: structure, hashes, references; rescue what is whole");

}  // namespace microtome::commands
