// SPDX-License-Identifier: Apache-2.0
// Draws a concept set, dissects a layer of a network against it and reads what each unit detects: consumer NETWORK
// FOLDER.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/reporter.h"
#include "microtome/concepts/diorama/diorama.h"
#include "microtome/study/client.h"

namespace {

int run(const std::string& network, const std::string& folder) {
  using namespace microtome;
  const auto reporter = make_silent_reporter();
  diorama::DioramaSettings drawing;
  drawing.images = 60;
  diorama::write_dioramas(folder + "/set", drawing, 2, *reporter);

  const Client& client = Client::instance();
  const Json info = client.ask("info", {{"network", network}}, *reporter);
  const std::string file = folder + "/consumer.atlas";
  client.ask("dissect",
             {{"network", network},
              {"layers", Json::array({"conv4"})},
              {"concepts", folder + "/set"},
              {"min-images", 3},
              {"out", file}},
             *reporter);

  const Atlas atlas = Atlas::open(file, Atlas::Mode::kRead);
  int64_t labelled = 0, units = 0;
  for (const AtlasLayer& layer : atlas.studied_layers()) {
    for (int unit = 0; unit < static_cast<int>(layer.units); ++unit, ++units) {
      if (atlas.unit(layer.name, unit, Sign::kPositive)) ++labelled;
    }
  }
  fmt::print("{} layers, {} units, {} dissected\n", info.at("layers").size(), units, labelled);
  return units > 0 && labelled == units ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    return run(argv[1], argv[2]);
  } catch (const microtome::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
