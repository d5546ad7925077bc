// SPDX-License-Identifier: Apache-2.0
// What is a photo in which a layer sees more of what it sees?
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/image/codec.h"
#include "microtome/study/arguments.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/provenance.h"
#include "microtome/study/question.h"
#include "microtome/study/units.h"
#include "microtome/visualize/dream.h"
#include "microtome/visualize/dream_settings.h"

namespace microtome::questions {
namespace {

struct DreamRequest : LayerArguments, ThreadArguments {
  NetworkArguments network;
  std::string photo;
  std::string guide;   // a picture, empty = none
  std::string out;     // PNG
  std::string frames;  // folder, empty = none
  DreamSettings settings;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "photo",
           .help = "PNG, JPEG or WebP file of any size",
           .role = Role::kSubject,
           .positional = true,
           .required = true},
          s.photo);
    LayerArguments::fields(s, field);
    field({.name = "guide",
           .help = "Picture whose features the photo is drawn to, instead of its own",
           .role = Role::kFile},
          s.guide);
    field({.name = "out", .help = "PNG to write", .role = Role::kOut, .required = true}, s.out);
    field({.name = "frames", .help = "Folder for the picture after each step", .role = Role::kOut}, s.frames);
    NetworkArguments::input_fields(s.network, field);
    DreamSettings::fields(s.settings, field);
    ThreadArguments::fields(s, field);
  }
};

Json provenance_of(const DreamRequest& request, const Source& source, const std::string& layer) {
  Json record = {{"microtome", MICROTOME_VERSION}, {"network", source.network.facts().hash}, {"layer", layer}};
  if (!request.units.empty()) record["units"] = request.units;
  record["guided"] = !request.guide.empty();
  record["settings"] = settings_of(request, source, {all_settings(request.settings), {}, {}});
  return record;
}

// Writes request.out and the frames. Gives {"file","width","height","first","last","started"}: the objective before the
// first and the last step, and whether there was a gradient at all.
Json dream(const DreamRequest& request, const Bench& bench) {
  Reporter& reporter = bench.reporter;
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
  write_file(request.out, encode_png(picture.image, provenance_of(request, source, name).dump()));
  return {{"file", request.out},
          {"width", picture.image.width},
          {"height", picture.image.height},
          {"first", picture.curve.front()},
          {"last", picture.curve.back()},
          {"started", picture.started}};
}

}  // namespace

extern const QuestionKind dream_question;
const QuestionKind dream_question =
    make_question<DreamRequest, dream>("dream", "Let a network dream on a photo (DeepDream)", R"(
DeepDream: the photo is taken small at first; at each size the layer's own answer is raised step by step, and the
detail that grew is carried to the next size. Low layers give strokes, high ones eyes, animals and buildings.
A network that takes one size only is asked tile by tile. --threads helps with --tile.
Examples:
  microtome dream googlenet.onnx sky.jpg --layer inception_4c --preprocess caffe-bgr --out dream.png
  microtome dream googlenet.onnx sky.jpg --layer inception_3b --guide flowers.jpg --preprocess caffe-bgr --out d.png
)");

}  // namespace microtome::questions
