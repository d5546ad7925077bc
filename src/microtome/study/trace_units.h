// SPDX-License-Identifier: Apache-2.0
// Units traced back to the pixels of images: of files, or of the exemplars in an atlas.
#pragma once
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/study/arguments.h"
#include "microtome/visualize/trace_settings.h"

namespace microtome {

struct TraceRequest : LayerArguments, ThreadArguments {
  NetworkArguments network;
  std::vector<std::string> images;
  std::string atlas, concepts;  // instead of images: the atlas and the concept set that its exemplars are from
  std::string out;              // folder
  TraceSettings settings;
  int64_t exemplars = 9;
  int64_t tile = 224;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "images", .help = "PNG, JPEG or WebP files", .role = Role::kSubject, .positional = true}, s.images);
    LayerArguments::fields(s, field);
    field({.name = "atlas", .help = "Instead of images: the exemplars that this atlas holds", .role = Role::kAtlas},
          s.atlas);
    field({.name = "concepts", .help = "The concept set that the exemplars are from", .role = Role::kConcepts},
          s.concepts);
    field({.name = "out", .help = "Folder for one PNG a unit", .role = Role::kOut, .required = true}, s.out);
    NetworkArguments::input_fields(s.network, field);
    TraceSettings::fields(s.settings, field);
    field({.name = "exemplars",
           .help = "Exemplars of each unit, with --atlas",
           .min = 1,
           .max = 1000,
           .role = Role::kSubject},
          s.exemplars);
    field({.name = "tile", .help = "Side of a crop in the picture written, in pixels", .min = 8, .max = 2048}, s.tile);
    ThreadArguments::fields(s, field);
  }
};

// Writes request.out/LAYER/UNIT.png: each image's crop with the trace beside it. Gives
// {"layer","method","sign","units":[{"unit","file","traces":[{"image","activation","x","y","left","top","silent"}]}]};
// an image that cannot be read is warned of and carries "error". Throws Error(kUsage) unless there are images or an
// atlas with its concept set, and when the atlas is of another network or concept set.
Json trace_units(const TraceRequest& request, Reporter& reporter);

}  // namespace microtome
