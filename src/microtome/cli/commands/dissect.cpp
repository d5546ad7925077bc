// SPDX-License-Identifier: Apache-2.0
// microtome dissect: Network Dissection of layers against a concept set.
#include "microtome/cli/study_options.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  define_study(app, session, true, false);
  app.footer(
      "\nA unit's threshold is the exact level that the share --tail of its activations exceeds; its label is the "
      "concept\n"
      "whose pixels overlap best (IoU) with the pixels above that level.\n"
      "Example:\n  microtome dissect net.onnx --layers conv5 --concepts broden1_224\n");
}

}  // namespace

extern const Command dissect_command;
const Command dissect_command{"dissect", "Find the concept that each unit detects, and how well", define};

}  // namespace microtome::commands
