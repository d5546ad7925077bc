// SPDX-License-Identifier: Apache-2.0
// explorer_pages_server FOLDER [ATLAS]: writes a large atlas into FOLDER (or takes one that is there), its static site
// into FOLDER/site, then serves it and prints the port, until standard input ends. The browser test looks at both.
#include <poll.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/testing/sample_atlas.h"
#include "microtome/base/json.h"
#include "microtome/base/rng.h"
#include "microtome/explorer/pages.h"
#include "microtome/explorer/serve.h"

namespace microtome {
namespace {

constexpr int kUnits = 1000;

constexpr int kVariants = 4;  // of the first unit's picture

// Some scores with wrong labels; the middle one does not notice them.
std::vector<ScoreTrial> trials() {
  return {{"iou", 0.3, 0.17, 0.2}, {"accuracy", 0.98, 0.99, 0.98}, {"auc", 0.93, 0.84, std::nan("")}};
}

// The sample's atlas with one more layer, of a thousand units, made of the units and pictures of its first.
void write_large_atlas(const std::string& path) {
  write_sample_atlas(path);
  Atlas atlas = Atlas::open(path, Atlas::Mode::kCreateOrWrite);
  const std::string source = "block/conv2", target = "logits";
  std::vector<AtlasLayer> layers = atlas.layers();
  for (AtlasLayer& layer : layers) {
    if (layer.name == target) layer.units = layer.shape[0] = kUnits;
  }
  atlas.put_network(*atlas.network(), layers);
  const std::vector<UnitDissection> units = atlas.units(source, Detail::kFull);
  const std::vector<AtlasPicture> pictures = atlas.pictures(source, -1, Detail::kFull);
  const auto info = atlas.dissection_info(source);
  LayerDissection dissection{target, info->map_width, info->map_height, info->tail, info->images, {}};
  const Provenance run{"dissect",
                       MICROTOME_VERSION,
                       std::string(64, 'a'),
                       std::string(64, 'c'),
                       Json{{"part", 2}, {"concepts", "/home/somebody/sets/large"}},
                       "microtome dissect /home/somebody/net.onnx"};
  const int64_t id = atlas.begin_run(run);
  Rng rng(5, "large sample");
  std::vector<AtlasPicture> copies;
  for (int unit = 0; unit < kUnits; ++unit) {
    const auto from = static_cast<size_t>(rng.below(static_cast<int64_t>(units.size() / 2))) * 2;
    UnitDissection copy = units[from];
    copy.unit = unit;
    if (unit == 0) copy.trials = trials();
    dissection.units.push_back(std::move(copy));
    AtlasPicture picture = pictures[from];
    picture.layer = target;
    picture.unit = unit;
    for (int variant = 0; variant < (unit == 0 ? kVariants : 1); ++variant) {
      picture.variant = variant;
      picture.facts.variants = unit == 0 ? kVariants : 1;
      copies.push_back(picture);
    }
  }
  atlas.put_dissection(id, dissection, {});
  for (const AtlasPicture& picture : copies) atlas.put_picture(id, picture);
  atlas.end_run(id);
}

bool input_ended() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char byte = 0;
  return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) == 0;
}

}  // namespace
}  // namespace microtome

int main(int count, char** words) {
  using namespace microtome;
  if (count < 2) return 2;
  const std::string folder = words[1];
  std::filesystem::create_directories(folder);
  const std::string path = count > 2 ? words[2] : folder + "/large.atlas";
  if (count <= 2) write_large_atlas(path);
  const auto reporter = make_silent_reporter();
  site_exporter.write(Atlas::open(path, Atlas::Mode::kRead), folder + "/site", Json::object(), *reporter);
  serve(
      path, 0,
      [](int port) {
        std::printf("%d\n", port);
        std::fflush(stdout);
      },
      input_ended);
  return 0;
}
