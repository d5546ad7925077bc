// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/dream_photo.h"

#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/image/codec.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/provenance.h"
#include "microtome/study/units.h"
#include "microtome/visualize/dream.h"

namespace microtome {
namespace {

Json provenance_of(const DreamRequest& request, const Network& network, const std::string& layer) {
  KnownSettings known{to_json(request.settings), {}, fields_of<NetworkArguments>()};
  Json record = {{"microtome", MICROTOME_VERSION}, {"network", network.facts().hash}, {"layer", layer}};
  if (!request.units.empty()) record["units"] = request.units;
  record["guided"] = !request.guide.empty();
  record["settings"] = settings_of(request, std::move(known));
  return record;
}

}  // namespace

Json dream_photo(const DreamRequest& request, Reporter& reporter) {
  const Image photo = load_image(request.photo, &reporter);
  Source source = open_source(request.network);
  const std::string name = derive_layer(source, request.layer, request.basis, nullptr, request.threads, reporter);
  const Layer& layer = source.network.layer(name);
  warn_of_assumed_range(source, reporter);
  DreamTask task{.network = source.network,
                 .preprocessing = source.preprocessing,
                 .layer = layer.name,
                 .units = {},
                 .guide = {},
                 .settings = request.settings,
                 .threads = request.threads};
  if (!request.units.empty()) task.units = parse_units(request.units, layer.units, layer.name);
  if (!request.guide.empty()) task.guide = load_image(request.guide, &reporter);
  std::function<void(int64_t, const Image&)> frame;
  if (!request.frames.empty()) {
    frame = [&](int64_t number, const Image& picture) {
      write_file(fmt::format("{}/{:05}.png", request.frames, number), encode_png(picture));
    };
  }
  const DreamPicture picture = dream(photo, task, reporter, frame);
  if (!picture.started) {
    reporter.warn(fmt::format("the dream did not start: what was asked of layer \"{}\" has no gradient on {}", name,
                              request.photo));
  }
  write_file(request.out, encode_png(picture.image, provenance_of(request, source.network, name).dump()));
  return {{"file", request.out},
          {"width", picture.image.width},
          {"height", picture.image.height},
          {"first", picture.curve.front()},
          {"last", picture.curve.back()},
          {"started", picture.started}};
}

}  // namespace microtome
