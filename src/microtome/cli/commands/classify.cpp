// SPDX-License-Identifier: Apache-2.0
// microtome classify: what does the network itself say of a picture?
#include <memory>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/cli/command.h"
#include "microtome/cli/tables.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  auto request = std::make_shared<ClassifyRequest>();
  app.add_option("network", request->network.file, "ONNX or microtome safetensors file")->required();
  app.add_option("images", request->images, "PNG, JPEG or WebP files")->required();
  bind(app, request->network);
  bind(app, *request);
  add_common(app, session, true);
  app.footer(
      "\nThe short side is scaled (antialiased) and the centre cropped. A wrong range is the most common silent "
      "mistake:\n"
      "check here that the network is right about a few pictures before you trust anything else.\n"
      "Example:\n  microtome classify googlenet.onnx cat.jpg --preprocess caffe-bgr --labels labels.txt\n");
  app.callback([request, &session] {
    const auto reporter = session.reporter();
    const Json answer = session.engine().classify(*request, session.thread_count(), *reporter);
    if (session.json) {
      print_json(answer);
    } else {
      print(classes_table(answer));
    }
    for (const Json& image : answer["images"]) {
      if (image.contains("error")) throw Error(ErrorKind::kCorrupt, "", "some images could not be classified");
    }
  });
}

}  // namespace

extern const Command classify_command;
const Command classify_command{"classify", "Name what a network sees in pictures", define};

}  // namespace microtome::commands
