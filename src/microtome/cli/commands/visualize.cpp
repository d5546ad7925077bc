// SPDX-License-Identifier: Apache-2.0
// microtome visualize: feature visualization of units.
#include "microtome/cli/study_options.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  define_study(app, session, false, true);
  app.footer(
      "\nAn interrupted run continues with the same command line.\n"
      "Examples:\n"
      "  microtome visualize net.onnx --layers conv5 --units 0-15 --steps 256\n"
      "  microtome visualize net.onnx --layers conv4,conv5 --variants 4 --dry-run\n"
      "  microtome visualize net.onnx --layers conv5 --objective \"{sign}channel({layer}:{unit}) - 0.1*tv\"\n"
      "  microtome visualize net.onnx --objective \"channel(conv4:7) + channel(conv5:31)\"\n");
}

}  // namespace

extern const Command visualize_command;
const Command visualize_command{"visualize", "Render the pictures that drive units most and least", define};

}  // namespace microtome::commands
