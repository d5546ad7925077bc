// SPDX-License-Identifier: Apache-2.0
// microtome atlas: the main job, from a trained network to a browsable atlas.
#include "microtome/cli/study_options.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  define_study(app, session, true, true);
  app.footer(
      "\nAn interrupted run continues with the same command line; more layers or units can be added later.\n"
      "Example:\n"
      "  microtome atlas googlenet.onnx --preprocess caffe-bgr --layers inception_4e --concepts broden1_224 --out "
      "g.atlas\n");
}

}  // namespace

extern const Command atlas_command;
const Command atlas_command{"atlas", "Dissect layers and render their units into one atlas", define};

}  // namespace microtome::commands
