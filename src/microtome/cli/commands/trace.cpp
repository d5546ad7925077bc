// SPDX-License-Identifier: Apache-2.0
// microtome trace: which pixels of an image drive a unit?
#include <fmt/format.h>

#include <memory>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/cli/command.h"

namespace microtome::commands {
namespace {

struct Counts {
  int64_t files = 0, unreadable = 0, traces = 0, silent = 0;
};

Counts count(const Json& facts) {
  Counts counts;
  for (const Json& unit : facts["units"]) {
    counts.files += !unit["file"].is_null();
    for (const Json& trace : unit["traces"]) {
      const bool unreadable = trace.contains("error");
      counts.unreadable += unreadable;
      counts.traces += !unreadable;
      counts.silent += !unreadable && trace["silent"].get<bool>();
    }
  }
  return counts;
}

void run(TraceRequest& request, Session& session) {
  request.threads = session.thread_count();
  const auto reporter = session.reporter();
  const Json facts = session.engine().trace(request, *reporter);
  const Counts counts = count(facts);
  if (session.json) {
    print_json(facts);
  } else {
    print(fmt::format("wrote {} pictures of {} traces to {}", counts.files, counts.traces, request.out));
    if (counts.silent > 0) print(fmt::format("{} traces are grey: the unit is silent there", counts.silent));
  }
  if (counts.unreadable > 0) throw Error(ErrorKind::kCorrupt, "", "some images could not be read");
}

void define(CLI::App& app, Session& session) {
  auto request = std::make_shared<TraceRequest>();
  app.add_option("network", request->network.file, "ONNX or microtome safetensors file")->required();
  app.add_option("images", request->images, "PNG, JPEG or WebP files");
  app.add_option("--layer", request->layer, "Layer by name or alias")->required();
  app.add_option("--basis", request->basis, "Units to trace: identity, pca, nmf:K, random:ALPHA:SEED or FILE.npy")
      ->capture_default_str();
  app.add_option("--units", request->units, "Units: 0-15,40 (all when left out)");
  app.add_option("--atlas", request->atlas, "Instead of images: the exemplars that this atlas holds");
  app.add_option("--concepts", request->concepts, "The concept set that the exemplars are from");
  app.add_option("--out", request->out, "Folder for one PNG a unit")->required();
  bind(app, request->network);
  bind(app, request->settings);
  bind(app, *request);
  add_common(app, session, true);
  app.footer(
      "\nFor each unit and image: the part of the image that the unit's strongest position sees, and beside it how\n"
      "its pixels drive that position. Grey is nothing, brighter and darker are more of a colour and less.\n"
      "Examples:\n"
      "  microtome trace googlenet.onnx dog.jpg --layer inception_4c --units 0-15 --preprocess caffe-bgr --out traces\n"
      "  microtome trace net.onnx --atlas net.atlas --concepts scenes --layer conv5 --out traces\n");
  app.callback([request, &session] { run(*request, session); });
}

}  // namespace

extern const Command trace_command;
const Command trace_command{"trace", "Show which pixels of an image drive a unit: guided backprop, deconvolution",
                            define};

}  // namespace microtome::commands
