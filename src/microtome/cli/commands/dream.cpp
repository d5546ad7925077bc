// SPDX-License-Identifier: Apache-2.0
// microtome dream: a photo in which a layer sees more of what it sees.
#include <fmt/format.h>

#include <memory>

#include "microtome/cli/command.h"

#include "microtome/base/json.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  auto request = std::make_shared<DreamRequest>();
  app.add_option("network", request->network.file, "ONNX or microtome safetensors file")->required();
  app.add_option("photo", request->photo, "PNG, JPEG or WebP file of any size")->required();
  app.add_option("--layer", request->layer, "Layer by name or alias")->required();
  app.add_option("--basis", request->basis, "Units: identity, random:ALPHA:SEED or FILE.npy")->capture_default_str();
  app.add_option("--units", request->units, "Only these units of the layer: 0-15,40");
  app.add_option("--guide", request->guide, "Picture whose features the photo is drawn to, instead of its own");
  app.add_option("--out", request->out, "PNG to write")->required();
  app.add_option("--frames", request->frames, "Folder for the picture after each step");
  bind(app, request->network);
  bind(app, request->settings);
  add_common(app, session, true);
  app.footer(
      "\nDeepDream: the photo is taken small at first; at each size the layer's own answer is raised step by step, and "
      "the\n"
      "detail that grew is carried to the next size. Low layers give strokes, high ones eyes, animals and buildings.\n"
      "A network that takes one size only is asked tile by tile. --threads helps with --tile.\n"
      "Examples:\n"
      "  microtome dream googlenet.onnx sky.jpg --layer inception_4c --preprocess caffe-bgr --out dream.png\n"
      "  microtome dream googlenet.onnx sky.jpg --layer inception_3b --guide flowers.jpg --preprocess caffe-bgr --out "
      "d.png\n");
  app.callback([request, &session] {
    request->threads = session.thread_count();
    const auto reporter = session.reporter();
    const Json facts = session.engine().dream(*request, *reporter);
    if (session.json) {
      print_json(facts);
    } else {
      print(
          fmt::format("wrote {}: {} x {} pixels", request->out, facts["width"].get<int>(), facts["height"].get<int>()));
    }
  });
}

}  // namespace

extern const Command dream_command;
const Command dream_command{"dream", "Let a network dream on a photo (DeepDream)", define};

}  // namespace microtome::commands
