// SPDX-License-Identifier: Apache-2.0
// microtome measure: the spectrum and the colours of your own pictures, for visualizations made of them.
#include <fmt/format.h>

#include <memory>

#include "microtome/cli/command.h"

#include "microtome/base/json.h"

namespace microtome::commands {
namespace {

void define(CLI::App& app, Session& session) {
  auto request = std::make_shared<MeasureRequest>();
  app.add_option("folder", request->folder, "Concept set, or a folder of JPEG and PNG files, searched through")
      ->required();
  bind(app, *request);
  add_common(app, session, true);
  app.footer(
      "\nA visualization of a network of X-rays should not have the spectrum and the colours of holiday snaps:\n"
      "  microtome measure my_pictures --colours c.npy\n"
      "  microtome measure my_pictures --colour c.npy --spectrum s.npy\n"
      "  microtome visualize net.onnx --layers conv5 --parametrization \"maco(spectrum=s.npy,colour=c.npy)\"\n");
  app.callback([request, &session] {
    const auto reporter = session.reporter();
    const Json answer = session.engine().measure(*request, session.thread_count(), *reporter);
    if (session.json) {
      print_json(answer);
      return;
    }
    const auto images = answer["images"].get<int64_t>();
    if (!request->spectrum.empty())
      print(fmt::format("wrote {}: magnitudes of {} pictures", request->spectrum, images));
    if (!request->colours.empty()) print(fmt::format("wrote {}: colours of {} pictures", request->colours, images));
  });
}

}  // namespace

extern const Command measure_command;
const Command measure_command{"measure", "Measure the spectrum and the colours of a folder of pictures", define};

}  // namespace microtome::commands
