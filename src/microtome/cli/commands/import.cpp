// SPDX-License-Identifier: Apache-2.0
// microtome import: published tables of NetDissect, NetDissect-Lite and compexp as an atlas.
#include "microtome/exchange/import.h"

#include "microtome/cli/command.h"

namespace microtome::commands {
namespace {

struct ImportOptions : ImportRequest {
  std::string out;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    ImportRequest::fields(s, field);
    field({.name = "out", .help = "New atlas", .role = Role::kOut, .required = true}, s.out);
  }
};

void run_import(const ImportOptions& options, const Session& session) {
  ImportRequest request = options;
  request.command = session.typed;
  import_tables(request, options.out, *session.reporter());
  print("wrote " + options.out + "; look at it with: microtome explore " + options.out);
}

}  // namespace

extern const Command import_command;
const Command import_command = make_command<ImportOptions, run_import>(
    "import", "Read published tables of NetDissect, Lite or compexp into an atlas", false);

}  // namespace microtome::commands
